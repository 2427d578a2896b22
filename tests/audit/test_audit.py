"""The audit: what is in it stays as it is, and whoever gets around that is found out."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Table
from sqlalchemy.exc import IntegrityError

from audit import entries, heads, trimming, verification
from audit.entries import Action, Entry, Written, hash_of
from audit.records import audit_entries, audit_heads, audit_trimmings
from audit.trimming import AuditBroken
from storage import chain
from storage.chain import NOTHING, Chain, Head
from storage.database import Database

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
ANNA, OTHER = "a" * 64, "b" * 64
TRIGGERS = ("audit_entries_stand", "audit_entries_stay")
LENGTH = 5


def an_entry(number: int, person: str | None = ANNA) -> Entry:
    """One entry a minute."""
    at = NOW + timedelta(minutes=number)
    return Entry(at, "maria", Action.RECORDING_PLAYED, f"recording:{number}", person, f"{number} s")


def fill(database: Database, number: int = LENGTH) -> None:
    """Write so many entries, the odd ones about Anna."""
    with database.writing() as connection:
        for count in range(1, number + 1):
            entries.append(connection, an_entry(count, ANNA if count % 2 else None))


def verified(database: Database, *known: Head) -> Chain:
    """What becomes of checking it."""
    with database.reading() as connection:
        return verification.verify(connection, known)


def read(database: Database) -> list[Written]:
    """Everything in it."""
    with database.reading() as connection:
        return list(entries.everything(connection))


def head(database: Database) -> Head:
    """How far it reaches."""
    with database.reading() as connection:
        return entries.head(connection)


def meddle(database: Database, statement: str) -> None:
    """Change what is in it, by somebody who owns the database and so can take its triggers away."""
    with database.writing() as connection:
        for trigger in TRIGGERS:
            on = " ON audit_entries" if connection.dialect.name == "postgresql" else ""
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}{on}")
        connection.exec_driver_sql(statement)


def keep_head(database: Database) -> Head:
    """As the job does each night."""
    with database.writing() as connection:
        return heads.keep(connection, NOW)


def trim(database: Database, before: datetime, most: int = 100) -> int:
    """Take out what is older."""
    with database.writing() as connection:
        return trimming.trim(connection, before, most, "audit: 6 years", NOW)


def test_entries_are_read_as_they_were_written(database: Database) -> None:
    """In their order, all of them, those about a person, and those about a thing."""
    fill(database)
    assert [f"recording:{number}" for number in range(1, LENGTH + 1)] == [one.object for one in read(database)]
    with database.reading() as connection:
        assert [1, 3, 5] == [one.number for one in entries.of_person(connection, ANNA)]
        assert [] == list(entries.of_person(connection, OTHER))
        (second,) = entries.of_object(connection, "recording:2")
    assert an_entry(2, None) == Entry(
        second.at, second.actor, Action(second.action), second.object, second.person, second.details
    )
    assert Chain(head(database)) == verified(database)


def test_what_has_no_room_is_refused_before_it_is_written() -> None:
    """SQLite would take any length, and PostgreSQL would not."""
    with pytest.raises(ValueError, match="longer than 300 characters"):
        Entry(NOW, "maria", Action.RECORDING_PLAYED, "recording:1", None, "x" * 301)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET actor = 'nobody' WHERE number = 2",
        "DELETE FROM audit_entries WHERE number = 2",
        "DELETE FROM audit_entries",
        "INSERT INTO audit_entries SELECT * FROM audit_entries WHERE number = 2",
        "UPDATE audit_trimmings SET number = 9",
        "DELETE FROM audit_trimmings",
        f"INSERT INTO audit_trimmings VALUES (4, '{'f' * 64}', 'none', '2026-01-01 00:00:00')",
        "UPDATE audit_heads SET number = 9",
        "DELETE FROM audit_heads",
    ],
)
def test_the_database_refuses_to_change_what_is_in_it(database: Database, statement: str) -> None:
    """Whoever asks it, our own programs included."""
    fill(database)
    trim(database, NOW + timedelta(seconds=90))
    keep_head(database)
    before = read(database)
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.exec_driver_sql(statement)
    assert (before, True) == (read(database), verified(database).whole)


def test_the_database_refuses_to_replace_or_empty_it(database: Database) -> None:
    """SQLite replaces rows without asking the trigger on deletion, PostgreSQL empties tables so."""
    fill(database)
    sqlite = database.engine.dialect.name == "sqlite"
    replacing = "INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries WHERE number = 2"
    with pytest.raises(IntegrityError, match="append-only"), database.writing() as connection:
        connection.exec_driver_sql(replacing if sqlite else "TRUNCATE audit_entries")
    assert verified(database).whole


@pytest.mark.parametrize(
    ("statement", "broken", "why"),
    [
        ("UPDATE audit_entries SET actor = 'nobody' WHERE number = 2", 2, "changed"),
        ("UPDATE audit_entries SET person = NULL WHERE number = 3", 3, "changed"),
        ("DELETE FROM audit_entries WHERE number = 2", 2, "missing"),
        ("DELETE FROM audit_entries WHERE number = 1", 1, "missing"),
    ],
)
def test_who_gets_around_that_is_found_out(database: Database, statement: str, broken: int, why: str) -> None:
    """By the first entry that is not as it was."""
    fill(database)
    meddle(database, statement)
    found = verified(database)
    assert (broken, why) == (found.broken, found.why)


def test_an_end_that_was_cut_off_is_found_by_who_knows_how_far_it_reached(database: Database) -> None:
    """For everybody else it is whole."""
    fill(database)
    known = head(database)
    meddle(database, "DELETE FROM audit_entries WHERE number > 3")
    assert (None, 4) == (verified(database).broken, verified(database, known).broken)


def test_an_end_that_was_cut_off_since_the_last_night_is_missed(database: Database) -> None:
    """By everybody: the job has kept how far it reached. What was kept once is not kept again."""
    fill(database)
    assert head(database) == keep_head(database) == keep_head(database)
    assert verified(database).whole
    meddle(database, "DELETE FROM audit_entries WHERE number > 3")
    assert (4, f"missing: the chain has reached {LENGTH} before") == (verified(database).broken, verified(database).why)


def test_what_is_over_is_taken_out_with_the_heads_that_were_kept_of_it(database: Database) -> None:
    """Nobody misses what was taken out in order."""
    fill(database, LENGTH - 1)
    keep_head(database)
    fill(database, 1)
    trim(database, NOW + timedelta(days=1))
    assert (verified(database).head, True) == (keep_head(database), verified(database).whole)


def test_what_is_over_is_taken_out_and_the_rest_stays_verifiable(database: Database) -> None:
    """In steps of any size; later entries go on from there, even when none was left."""
    fill(database)
    old, new = read(database)[0], head(database)
    before = NOW + timedelta(minutes=4)
    assert [2, 1, 0] == [trim(database, before, 2) for _ in range(3)]
    assert ([4, 5], Chain(new)) == ([one.number for one in read(database)], verified(database, new))
    # A head from before the beginning cannot be checked any more, and is no fault.
    assert verified(database, Head(old.number, "0" * 64)).whole
    assert 2 == trim(database, NOW + timedelta(days=1))
    assert ([], new) == (read(database), head(database))
    with database.writing() as connection:
        assert LENGTH + 1 == entries.append(connection, an_entry(LENGTH + 1)).number
    assert verified(database).whole


def test_only_the_oldest_are_taken_out(database: Database) -> None:
    """An entry that a clock that was wrong put behind newer ones waits for them."""
    with database.writing() as connection:
        for number in (1, 9, 2):
            entries.append(connection, an_entry(number))
    assert (1, [2, 3]) == (trim(database, NOW + timedelta(minutes=5)), [one.number for one in read(database)])


def test_what_was_meddled_with_is_not_taken_out(database: Database) -> None:
    """It is evidence now."""
    fill(database)
    with database.writing() as connection:
        postgresql = connection.dialect.name == "postgresql"
        connection.exec_driver_sql(f"DROP TRIGGER audit_entries_stand{' ON audit_entries' if postgresql else ''}")
        connection.exec_driver_sql("UPDATE audit_entries SET actor = 'nobody' WHERE number = 2")
    with pytest.raises(AuditBroken, match=r"entry 2 \(changed\)"):
        trim(database, NOW + timedelta(days=1))
    assert LENGTH == len(read(database))


def test_what_fails_leaves_no_entry(database: Database) -> None:
    """An entry is written with what it tells of, or not at all."""

    def fail() -> None:
        with database.writing() as connection:
            entries.append(connection, an_entry(1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert NOTHING == head(database)


def test_many_write_at_once(database: Database) -> None:
    """Nobody's entry is lost, and the chain does not fork."""

    def write(writer: int) -> None:
        for number in range(10):
            with database.writing() as connection:
                entries.append(connection, an_entry(writer * 10 + number))

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (40, True) == (head(database).number, verified(database).whole)


TEXTS = st.text(max_size=5)


@given(st.tuples(TEXTS, TEXTS, TEXTS, st.none() | TEXTS), st.tuples(TEXTS, TEXTS, TEXTS, st.none() | TEXTS))
def test_no_two_entries_have_one_hash(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    """Wherever a text ends and the next begins; about nobody is not about somebody without a name."""
    bare = Written(1, NOW, "", "", "", None, "", NOTHING.hash, "")

    def hashed(texts: tuple[str, ...]) -> str:
        actor, action, object, person = texts
        return hash_of(replace(bare, actor=actor, action=action, object=object, person=person))

    assert (hashed(one) == hashed(other)) == (one == other)


@given(st.integers(0, 20), st.integers(0, 20))
def test_a_chain_goes_on_from_wherever_it_was_trimmed(length: int, trimmed: int) -> None:
    """And from nowhere else."""
    whole, last = [], NOTHING
    for number in range(1, length + 1):
        bare = Written(number, NOW, "", "", "", None, "", last.hash, "")
        whole.append(replace(bare, hash=hash_of(bare)))
        last = Head(number, whole[-1].hash)
    begin = ([NOTHING] + [Head(one.number, one.hash) for one in whole])[min(trimmed, length)]
    rest = whole[begin.number :]
    assert Chain(last) == chain.check(rest, hash_of, [last], begin)
    elsewhere = Head(begin.number, "f" * 64)
    assert chain.check(rest, hash_of, (), elsewhere).whole == (not rest)


@pytest.mark.parametrize("table", [audit_entries, audit_trimmings, audit_heads], ids=str)
def test_the_tables_are_the_audits_own(table: Table) -> None:
    """They refer to nobody else's rows: erasing a call never meets a refusal."""
    assert set() == table.foreign_keys
