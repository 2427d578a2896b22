"""The chain of tombstones: whoever changes, removes or moves one is found out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from recordings import tombstones
from recordings.catalogue import Decided
from recordings.tombstones import Tombstone, hash_of
from storage import chain as chains
from storage.chain import NOTHING, Chain, Head
from storage.database import Database
from tests.recordings.conftest import NOW
from tests.recordings.kept import ENDED, a_recording, id_of

LENGTH = 5
ANOTHER: dict[type, Any] = {int: 10, str: "x", datetime: timedelta(microseconds=1), date: timedelta(days=1)}
"""What is added to a value of that type to make another one."""


def check(chain: Iterable[Tombstone], known: Iterable[Head] = ()) -> Chain:
    """What becomes of checking tombstones."""
    return chains.check(chain, hash_of, known)


def a_chain(length: int = LENGTH) -> list[Tombstone]:
    """A good chain."""
    chain: list[Tombstone] = []
    for number in range(1, length + 1):
        one, previous = a_recording(number), chain[-1].hash if chain else NOTHING.hash
        bare = Tombstone(
            number, one.id, one.sha256, one.policy, "decided", one.ended_at, one.keep_until, NOW, previous, ""
        )
        chain.append(replace(bare, hash=hash_of(bare)))
    return chain


def changed(stone: Tombstone, field: str) -> Tombstone:
    """Another value in one field."""
    value = getattr(stone, field)
    return replace(stone, **{field: value + ANOTHER[type(value)]})


@given(st.integers(0, 20))
def test_a_chain_that_nobody_touched_is_whole(length: int) -> None:
    """Of any length; its head is its last one."""
    chain = a_chain(length)
    assert Chain(chain[-1].head if chain else NOTHING) == check(chain)


@given(st.integers(1, LENGTH), st.sampled_from([field.name for field in fields(Tombstone)]))
def test_any_field_that_is_changed_is_found(number: int, field: str) -> None:
    """By the number of its tombstone, whatever else is right."""
    chain = a_chain()
    chain[number - 1] = changed(chain[number - 1], field)
    found = check(chain)
    assert (number, Head(number - 1, ([NOTHING, *(stone.head for stone in a_chain())][number - 1]).hash)) == (
        found.broken,
        found.head,
    )


@given(st.integers(1, LENGTH - 1), st.sampled_from([field.name for field in fields(Tombstone) if field.name != "hash"]))
def test_a_change_with_a_hash_that_fits_is_found_behind_it(number: int, field: str) -> None:
    """Who recomputes one hash would have to recompute all that follow."""
    chain = a_chain()
    forged = changed(chain[number - 1], field)
    chain[number - 1] = replace(forged, hash=hash_of(forged))
    assert check(chain).broken in (number, number + 1)


@given(st.integers(1, LENGTH))
def test_one_that_is_removed_is_found(number: int) -> None:
    """The last one too, by whoever knows how long the chain was."""
    whole = a_chain()
    cut = [stone for stone in whole if stone.number != number]
    found = check(cut, [whole[-1].head])
    assert (number, True) == (found.broken, found.why.startswith("missing"))


@given(st.integers(1, LENGTH), st.integers(1, LENGTH))
def test_two_that_changed_places_are_found(one: int, other: int) -> None:
    """With their numbers or without them."""
    chain = a_chain()
    first, second = min(one, other), max(one, other)
    chain[one - 1], chain[other - 1] = chain[other - 1], chain[one - 1]
    assert check(chain).broken == (None if one == other else first)
    renumbered = [replace(stone, number=number) for number, stone in enumerate(chain, 1)]
    assert check(renumbered).broken == (None if one == other else first)
    assert first <= second


def test_a_chain_that_was_made_anew_is_found_by_who_knows_a_head() -> None:
    """Every hash of it fits, and it is another one."""
    whole = a_chain()
    head, forged = NOTHING, []
    for stone in [replace(whole[0], policy="another"), *whole[1:]]:
        made = replace(stone, previous=head.hash)
        forged.append(replace(made, hash=hash_of(made)))
        head = forged[-1].head
    assert check(forged).whole
    assert (3, "another one than was there before") == (
        check(forged, [whole[2].head]).broken,
        check(forged, [whole[2].head]).why,
    )


@given(st.lists(st.text(max_size=5), min_size=4, max_size=4), st.lists(st.text(max_size=5), min_size=4, max_size=4))
def test_no_text_runs_into_the_next(one: list[str], other: list[str]) -> None:
    """Different fields have different hashes, wherever a text ends and the next begins."""

    def hashed(texts: list[str]) -> str:
        sha, policy, decision, previous = texts
        return hash_of(replace(a_chain(1)[0], sha256=sha, policy=policy, decision=decision, previous=previous))

    assert (hashed(one) == hashed(other)) == (one == other)


def decided(number: int, ended: datetime = ENDED) -> Decided:
    """A recording whose destruction is decided."""
    one = a_recording(number, ended)
    return Decided(one.id, one.origin, one.call_id, one.sha256, one.policy, "decided", one.ended_at, one.keep_until)


def test_the_chain_in_a_database(database: Database) -> None:
    """What is read is what was hashed, moments of any zone included; nobody is buried twice."""
    for number in (1, 2, 3):
        with database.writing() as connection:
            ended = datetime(2023, 1, number, 1, 2, 3, 456789, tzinfo=UTC)
            tombstones.append(connection, [decided(number, ended)], NOW)
    with database.reading() as connection:
        chain = tombstones.verify(connection)
        second = tombstones.find(connection, id_of(2))
        assert tombstones.find(connection, id_of(9)) is None
        assert chain.head == tombstones.head(connection)
    assert second is not None
    assert (True, 3, 2) == (chain.whole, chain.head.number, second.number)
    with pytest.raises(IntegrityError), database.writing() as connection:
        tombstones.append(connection, [decided(2)], NOW)


def test_one_that_is_meddled_with_in_the_database_is_named(database: Database) -> None:
    """By its number."""
    with database.writing() as connection:
        for number in (1, 2, 3):
            tombstones.append(connection, [decided(number)], NOW)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE tombstones SET decision = 'none' WHERE number = 2")
    with database.reading() as connection:
        found = tombstones.verify(connection)
    assert (2, "changed") == (found.broken, found.why)
