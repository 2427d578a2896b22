"""Each class of rows goes on the day after its last one, and what must be kept of it is kept."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from audit import entries, verification
from auth_pin.buckets import SERVICE, auth_buckets
from auth_pin.failures import auth_failures
from auth_pin.mandates import mandates
from auth_pin.profiles import State, profiles
from ivr.calls import TERMINAL, calls
from personal_data import expiry, ledger
from personal_data.expiry import Day
from personal_data.kinds import Kind
from recordings import holds, purge
from recordings.catalogue import recordings as recordings_table
from recordings.holds import Hold
from recordings.parts import recording_parts
from recordings.purge import Places
from recordings.records import (
    held_recordings,
    legal_holds,
    recording_samples,
    recording_scores,
    rejected_recordings,
    sampled_recordings,
)
from recordings.retention import parse_term
from recordings.wanted import Wanted
from routing.agent_states import agent_changes, current
from routing.callbacks import callbacks
from storage.database import Database
from tests.personal_data.made import (
    ENTRIES,
    NIGHT,
    NUMBER,
    TODAY,
    a_call,
    a_failure,
    a_hold,
    a_mandate,
    a_mandate_of,
    a_profile,
    a_score,
    an_entry,
    at_the_end_of,
    change,
    changes_state,
    days,
    expires,
    hanging,
    left,
)
from tests.recordings.conftest import NOW
from tests.recordings.kept import WARSAW, a_recording, id_of, keep

MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize("kind", ENTRIES, ids=str)
@pytest.mark.parametrize("term", ["3 years", "18 months", "90 days", "1 day"])
def test_what_has_had_its_last_day_goes_and_nothing_else(database: Database, kind: Kind, term: str) -> None:
    """The last moment of one day in Warsaw and the first of the next have a day between their ends."""
    last = at_the_end_of(parse_term(term).first_kept(TODAY) - days(1))
    # All that is told of the call here happened five minutes before its end.
    shift = timedelta() if kind in (Kind.CALLS, Kind.TURNS, Kind.CALLBACKS) else timedelta(minutes=5)
    a_call(database, "over", last + shift)
    a_call(database, "kept", last + MOMENT + shift)
    expires(database, kind, term)
    assert ["kept"] == left(database, kind)
    expires(database, kind, term, TODAY + days(1))
    assert [] == left(database, kind)


def test_a_call_goes_with_all_that_hangs_on_it(database: Database) -> None:
    """What has a term of its own stays as long as that says, with another call's things."""
    a_call(database, "over", NIGHT - days(1200))
    a_call(database, "kept", NIGHT - days(1000))
    whole = hanging(database, "kept")
    expires(database, Kind.CALLS, "3 years")
    assert ["consents", "auth_attempts", "callbacks"] == hanging(database, "over")
    assert whole == hanging(database, "kept")
    with database.reading() as connection:
        origins = connection.execute(select(rejected_recordings.c.origin)).scalars().all()
    assert ["call:kept/1"] == origins


def test_as_many_go_as_there_are(database: Database) -> None:
    """In batches of two, also where many ended at the same moment; they are counted with the day."""
    for number in range(7):
        a_call(database, f"call {number}", NIGHT - days(1200))
    expires(database, Kind.CALLS, "3 years")
    expires(database, Kind.CONSENTS, "3 years")
    expires(database, Kind.CALLS, "3 years")
    assert [] == left(database, Kind.CALLS)
    with database.reading() as connection:
        assert {Kind.CALLS: 7, Kind.CONSENTS: 7} == ledger.counted(connection, TODAY)


def test_a_call_that_lasts_is_kept(database: Database) -> None:
    """However long ago it began; a rehearsal whose terminal was closed has ended with it."""
    long_ago = {"started_at": NIGHT - days(9000)}
    change(database, calls, a_call(database, "lasting", None), **long_ago)
    change(database, calls, a_call(database, "left", None, TERMINAL), **long_ago)
    for kind in (Kind.TURNS, Kind.CALLS):
        expires(database, kind, "3 years")
        assert ["lasting"] == left(database, kind)


def test_a_call_whose_callback_waits_is_kept(database: Database) -> None:
    """So is one whose callback has a line that is still to be told of; the callback itself, too."""
    a_call(database, "over", NIGHT - days(1200))
    change(database, callbacks, a_call(database, "waiting", NIGHT - days(1200)), state="waiting", over_at=None)
    change(database, callbacks, a_call(database, "in line", NIGHT - days(1200)), line_at=NIGHT)
    for kind in (Kind.CALLBACKS, Kind.CALLS):
        expires(database, kind, "3 years")
        assert ["in line", "waiting"] == left(database, kind)


@pytest.mark.parametrize("kind", [Kind.CALLS, Kind.CONSENTS], ids=str)
def test_what_a_recording_needs_is_kept_with_it(places: Places, kind: Kind) -> None:
    """While it is in the catalogue, being destroyed, in the quarantine, or still to be taken in."""
    database, long_ago = places.database, NIGHT - days(1200)
    for number in (1, 2, 3, 4, 5):
        a_call(database, id_of(1000 + number), long_ago)
    keep(places, a_recording(1), a_recording(2))
    change(database, recordings_table, id_of(1002), state="purging")
    change(database, recording_parts, id_of(1003), settled_at=None)
    with database.writing() as connection:
        mine = rejected_recordings.c.origin == f"call:{id_of(1004)}/1"
        connection.execute(rejected_recordings.update().where(mine).values(quarantined=True, keep_until=TODAY))
    expires(database, kind, "1 year")
    assert [id_of(1000 + number) for number in (1, 2, 3, 4)] == left(database, kind)


def test_a_hold_keeps_all_of_its_call(places: Places) -> None:
    """Until it is lifted: then each class is due by its own term."""
    database, call = places.database, a_call(places.database, id_of(1001), NIGHT - days(1200))
    keep(places, a_recording(1))
    with database.writing() as connection:
        holds.place(connection, Hold("h", "II K 1/26", "a complaint", "anna", NOW), Wanted(id=id_of(1)))
    whole = hanging(database, call)
    for kind in ENTRIES:
        expires(database, kind, "1 day")
    assert whole == hanging(database, call)
    with database.writing() as connection:
        holds.lift(connection, "II K 1/26", "jan", NOW)
    for kind in (Kind.TURNS, Kind.CALLBACKS, Kind.AUTH_ATTEMPTS, Kind.SURVEYS):
        expires(database, kind, "1 day")
        assert [] == left(database, kind)
    assert [call] == left(database, Kind.CONSENTS)


def test_the_state_in_which_a_consultant_comes_into_the_time_that_is_kept_stays(database: Database) -> None:
    """Reports of its first day tell of it; who was logged out by then is forgotten altogether."""
    begin = datetime.combine(parse_term("1 year").first_kept(TODAY), datetime.min.time(), WARSAW)
    for agent in ("1701", "1702"):
        changes_state(database, agent, "available", begin - days(9))
        changes_state(database, agent, "on_break", begin - days(8))
    changes_state(database, "1702", "logged_out", begin - MOMENT)
    changes_state(database, "1703", "logged_out", begin)
    expires(database, Kind.AGENT_CHANGES, "1 year")
    with database.reading() as connection:
        kept = connection.execute(select(agent_changes.c.agent, agent_changes.c.state)).all()
        known = [one.agent for one in current(connection)]
    assert {("1701", "on_break"), ("1703", "logged_out")} == {tuple(row) for row in kept}
    assert ["1701", "1703"] == known


def test_scores_and_samples_go_with_what_was_drawn(database: Database) -> None:
    """A later score of the same conversation, and a later sample, stay with what is theirs."""
    begin = datetime.combine(parse_term("1 year").first_kept(TODAY), datetime.min.time(), WARSAW)
    for number, at in ((1, begin - MOMENT), (2, begin)):
        a_score(database, "a", number, at)
        with database.writing() as connection:
            drawn = {"id": str(number), "drawn_at": at, "drawn_by": "jan", "each": 1, "shortest": 30, "seed": "1"}
            span = {"first_day": begin.date(), "last_day": begin.date()}
            connection.execute(insert(recording_samples), drawn | span)
            connection.execute(insert(sampled_recordings), {"sample_id": str(number), "recording_id": "a"})
    expires(database, Kind.SCORES, "1 year")
    with database.reading() as connection:
        kept = [
            connection.execute(select(column)).scalars().all()
            for column in (recording_scores.c.number, recording_samples.c.id, sampled_recordings.c.sample_id)
        ]
        assert {Kind.SCORES: 2} == ledger.counted(connection, TODAY)
    assert [[2], ["2"], ["2"]] == kept


def test_holds_go_after_their_end_with_what_they_held(database: Database) -> None:
    """Since they were lifted, or their last day; those that stand have no end."""
    first, placed = parse_term("6 years").first_kept(TODAY), NIGHT - days(9000)
    begin = datetime.combine(first, datetime.min.time(), WARSAW)
    a_hold(database, "lifted", placed, lifted_at=begin - MOMENT)
    a_hold(database, "lifted later", placed, lifted_at=begin, until=first - days(9))
    a_hold(database, "over", placed, until=first - days(1))
    a_hold(database, "over later", placed, until=first)
    a_hold(database, "standing", placed)
    expires(database, Kind.HOLDS, "6 years")
    with database.reading() as connection:
        kept = [
            sorted(connection.execute(select(one)).scalars()) for one in (legal_holds.c.id, held_recordings.c.hold_id)
        ]
    assert [["lifted later", "over later", "standing"]] * 2 == kept


def test_mandates_go_after_their_last_day(database: Database) -> None:
    """Those without one stay; that all go at once, at the end of a year, stops nothing."""
    first = parse_term("30 days").first_kept(TODAY)
    for name, last in (("over", first - days(1)), ("kept", first), ("without end", None)):
        a_mandate(database, name, last)
    expires(database, Kind.MANDATES, "30 days")
    with database.reading() as connection:
        assert ["kept", "without end"] == sorted(connection.execute(select(mandates.c.reference)).scalars())


def test_profiles_that_nobody_confirmed_go_after_a_week(database: Database) -> None:
    """With their mandates; what was confirmed meanwhile, or blocked, is none of them, however old."""
    first = parse_term("7 days").first_kept(TODAY)
    ages = {"over": at_the_end_of(first - days(1)), "kept": datetime.combine(first, time(), WARSAW)}
    for name, created_at in ages.items():
        for state in State:
            a_profile(database, f"{name} {state}", state, created_at)
            a_mandate_of(database, f"{name} {state}")
    expires(database, Kind.UNCONFIRMED_PROFILES, "7 days")
    everybody = {f"{name} {state}" for name in ages for state in State}
    with database.reading() as connection:
        for column in (profiles.c.subject, mandates.c.subject):
            assert everybody - {"over unconfirmed"} == set(connection.execute(select(column)).scalars())


def test_limits_on_guessing_go_when_they_are_of_no_use(database: Database) -> None:
    """Failures since the last one, buckets since they were full; that of the service stays."""
    first = datetime.combine(TODAY - days(1), time(), WARSAW)
    ages = {"over": first - timedelta(microseconds=1), "kept": first}
    for name, at in ages.items():
        a_failure(database, name, at)
    with database.writing() as connection:
        for name, at in (*ages.items(), (SERVICE, ages["over"])):
            connection.execute(insert(auth_buckets), {"name": name, "full_at": at})
    expires(database, Kind.AUTH_LIMITS, "1 day")
    with database.reading() as connection:
        assert ["kept"] == list(connection.execute(select(auth_failures.c.claim)).scalars())
        assert ["kept", SERVICE] == sorted(connection.execute(select(auth_buckets.c.name)).scalars())


def test_why_nothing_was_taken_in_goes_where_the_call_has_gone(database: Database) -> None:
    """After the term of calls, unless its files may still lie somewhere; a call that is there keeps it."""
    long_ago = NIGHT - days(1200)
    a_call(database, "0f5a2f60-8a0b-4d60-9d3e-000000000123", NIGHT)
    waits = "0f5a2f60-8a0b-4d60-9d3e-000000000124"
    with database.writing() as connection:
        told = [(f"call:0f5a2f60-8a0b-4d60-9d3e-000000000123/{seq}", long_ago) for seq in (2, 30)]
        told += [("call:erased/10", long_ago), ("call:erased/9", NIGHT), (f"call:{waits}/1", long_ago)]
        for origin, at in told:
            row = {"origin": origin, "at": at, "reason": "erased at the wish of the person", "quarantined": False}
            connection.execute(insert(rejected_recordings), row)
        part = {"call_id": waits, "seq": 1, "agent": "1701", "caller_file": "a", "agent_file": "b"}
        connection.execute(insert(recording_parts), part | {"started_at": long_ago, "ended_at": long_ago})
    expires(database, Kind.CALLS, "3 years")
    with database.reading() as connection:
        kept = set(connection.execute(select(rejected_recordings.c.origin)).scalars())
    assert {origin for origin, _ in told} - {"call:erased/10"} == kept - {f"{told[0][0][:-2]}/1"}


def test_the_audit_is_trimmed_and_stays_whole(database: Database) -> None:
    """The oldest entries go, batch by batch; the chain is verified from there."""
    begin = datetime.combine(parse_term("6 years").first_kept(TODAY), datetime.min.time(), WARSAW)
    for number in range(5, 0, -1):
        an_entry(database, begin - number * MOMENT)
    an_entry(database, begin)
    day = Day(TODAY, WARSAW, 2, lambda _: frozenset())
    expiry.trim_audit(database, parse_term("6 years"), day, NIGHT, purge.unwatched)
    with database.reading() as connection:
        assert [6] == [one.number for one in entries.everything(connection)]
        assert verification.verify(connection).whole
        assert {Kind.AUDIT: 5} == ledger.counted(connection, TODAY)


def test_what_goes_leaves_nothing_of_the_caller_in_the_file(database: Database) -> None:
    """Rows that are removed are overwritten in SQLite's file and its log."""
    for number in range(30):
        a_call(database, f"call {number}", NIGHT - days(1200))
    for kind in (Kind.CALLBACKS, Kind.CALLS):
        expires(database, kind, "3 years")
    purge.forget_rows(database)
    if database.engine.dialect.name == "sqlite":
        file = Path(str(database.engine.url.database))
        files = [path for path in file.parent.iterdir() if path.name.startswith(file.name)]
        assert [] == [path.name for path in files if NUMBER.encode() in path.read_bytes()]
    assert [] == left(database, Kind.CALLS)


def test_moments_in_any_zone_are_of_their_day_in_warsaw(database: Database) -> None:
    """23:30 in universal time is the next day there, in winter and in summer."""
    for month, hour in ((1, 23), (7, 22)):
        first = datetime(2025, month, 10, hour, 0, tzinfo=UTC)
        a_call(database, f"{month} before", first - MOMENT)
        a_call(database, f"{month} after", first)
        expires(database, Kind.CALLS, "1 year", datetime(2026, month, 11).date())
        assert [f"{month} after"] == [id for id in left(database, Kind.CALLS) if id.startswith(str(month))]
