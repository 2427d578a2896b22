from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from auth_pin import identifiers, pins, profiles
from auth_pin.faults import IdentifierFault, PinFault, ProfileExists, ProfileUnreadable
from auth_pin.profiles import State
from storage.database import Database
from tests.auth_pin.conftest import KEYS, NOON
from tests.auth_pin.people import BLOCKED, CLOSED, EWA, STRANGER, SUSPENDED, UNCONFIRMED


def test_the_operator_reads_what_was_added(populated: Database) -> None:
    """Every profile with its identifier, its state and the moment that it was made."""
    expected = {
        (EWA.identifier, State.CONFIRMED, NOON),
        (UNCONFIRMED.identifier, State.UNCONFIRMED, NOON),
        (SUSPENDED.identifier, State.SUSPENDED, NOON),
        (BLOCKED.identifier, State.BLOCKED, NOON),
        (CLOSED.identifier, State.CLOSED, NOON),
    }
    found = profiles.everyone(populated, KEYS.identifier)
    assert expected == {(profile.identifier, profile.state, profile.created_at) for profile in found}


def test_profiles_are_listed_from_the_oldest(database: Database) -> None:
    """Whatever the order they were added in."""
    ages = {"123456": 1, "234567": 3, "345678": 2}
    for identifier, days in ages.items():
        profiles.add(database, KEYS, identifier, EWA.pin, State.CONFIRMED, NOON - timedelta(days=days))
    listed = [profile.identifier for profile in profiles.everyone(database, KEYS.identifier)]
    assert ["234567", "345678", "123456"] == listed


def test_a_profile_is_found_by_its_claim(database: Database) -> None:
    """Its credentials are the subject that was given out, the hash of the PIN, and the state."""
    subject = profiles.add(database, KEYS, EWA.identifier, EWA.pin, State.CONFIRMED, NOON)
    with database.reading() as connection:
        found = profiles.find(connection, identifiers.claim(KEYS.identifier, EWA.identifier))
    assert found is not None
    assert (subject, State.CONFIRMED, NOON) == (found.subject, found.state, found.created_at)
    claim = identifiers.claim(KEYS.identifier, EWA.identifier)
    assert pins.matches(KEYS.pin, KEYS.seal.open(found.pin_hash, claim), EWA.pin)


def test_a_claim_without_a_profile_finds_nothing(populated: Database) -> None:
    """A stranger's, and one that is none."""
    with populated.reading() as connection:
        for claim in (identifiers.claim(KEYS.identifier, STRANGER.identifier), "", EWA.identifier):
            assert profiles.find(connection, claim) is None


def test_the_identifier_of_a_usable_profile_can_be_shown(database: Database) -> None:
    """By its subject."""
    subject = profiles.add(database, KEYS, EWA.identifier, EWA.pin, State.CONFIRMED, NOON)
    assert EWA.identifier == profiles.identifier_of(database, KEYS.identifier, subject)


@pytest.mark.parametrize("state", [state for state in State if state is not State.CONFIRMED])
def test_the_identifier_of_any_other_profile_is_shown_to_nobody(database: Database, state: State) -> None:
    """Nor of one that is not there."""
    subject = profiles.add(database, KEYS, EWA.identifier, EWA.pin, state, NOON)
    assert profiles.identifier_of(database, KEYS.identifier, subject) is None
    assert profiles.identifier_of(database, KEYS.identifier, "nobody") is None


def test_an_identifier_has_one_profile(populated: Database) -> None:
    """One person has one profile: a second is refused, and the first stays as it was."""
    before = list(profiles.everyone(populated, KEYS.identifier))
    with pytest.raises(ProfileExists, match="has a profile already"):
        profiles.add(populated, KEYS, EWA.identifier, STRANGER.pin, State.CLOSED, NOON)
    assert before == list(profiles.everyone(populated, KEYS.identifier))


def test_of_two_who_add_one_identifier_at_once_one_is_refused(database: Database) -> None:
    """No race makes two profiles, or an error that people cannot read."""

    def add(_: int) -> bool:
        try:
            profiles.add(database, KEYS, EWA.identifier, EWA.pin, State.CONFIRMED, NOON)
        except ProfileExists:
            return False
        return True

    with ThreadPoolExecutor(4) as operators:
        assert [False, False, False, True] == sorted(operators.map(add, range(4)))


def test_nothing_malformed_is_added(database: Database) -> None:
    """Neither a short identifier, nor a long or guessable PIN."""
    with pytest.raises(IdentifierFault):
        profiles.add(database, KEYS, "12345", EWA.pin, State.CONFIRMED, NOON)
    for pin in ("4711555", "123456"):
        with pytest.raises(PinFault):
            profiles.add(database, KEYS, EWA.identifier, pin, State.CONFIRMED, NOON)
    assert [] == list(profiles.everyone(database, KEYS.identifier))


def test_another_key_lists_nothing(populated: Database) -> None:
    """Whoever has the database without the key cannot read one identifier."""
    with pytest.raises(ProfileUnreadable):
        list(profiles.everyone(populated, bytes(32)))


def test_a_listing_is_read_in_portions(database: Database) -> None:
    """More profiles than one portion are listed, each once."""
    numbers = [f"{number:06}" for number in range(2500)]
    pin_hash = pins.hashed(KEYS.pin, EWA.pin)
    entries = [
        profiles.Entry(identifiers.claim(KEYS.identifier, number), number, pin_hash, State.CLOSED, datetime.now(UTC))
        for number in numbers
    ]
    with database.writing() as connection:
        profiles.store(connection, KEYS, entries)
    assert numbers == sorted(profile.identifier for profile in profiles.everyone(database, KEYS.identifier))
