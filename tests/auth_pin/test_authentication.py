from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select

from auth_pin import pins
from auth_pin.attempts import Outcome, auth_attempts
from auth_pin.authentication import Authenticator
from auth_pin.profiles import State
from auth_pin.verdicts import Accepted, Refused, Verdict
from centrala.pin_keys import open_profile_keys
from storage.database import Database
from storage.installation import open_installation
from tests.auth_pin.conftest import KEYS, NOON
from tests.auth_pin.counting import Watched
from tests.auth_pin.people import BLOCKED, CLOSED, EVERYBODY, EWA, STRANGER, SUSPENDED, UNCONFIRMED, UNUSABLE, Person


def test_a_confirmed_profile_and_its_pin_lead_to_its_subject(authenticator: Authenticator) -> None:
    """The subject is the same each time and says nothing of the identifier."""
    first = _verify(authenticator, EWA, EWA.pin, seq=1)
    assert isinstance(first, Accepted)
    assert first == _verify(authenticator, EWA, EWA.pin, seq=2)
    assert first.subject != authenticator.claim(EWA.identifier)


@pytest.mark.parametrize("pin", ["471156", "", "47115", "4711555", "471155#", "４７１１５５", "4" * 60, "\udc80"])
def test_any_other_pin_is_refused(authenticator: Authenticator, pin: str) -> None:
    """Wrong, short, long, or nothing that a telephone can send."""
    assert Refused() == _verify(authenticator, EWA, pin)


@pytest.mark.parametrize("person", UNUSABLE)
def test_only_a_confirmed_profile_is_accepted(authenticator: Authenticator, person: Person) -> None:
    """Unconfirmed, suspended, blocked and closed ones are refused with the right PIN."""
    assert Refused() == _verify(authenticator, person, person.pin)


def test_an_unknown_identifier_is_refused(authenticator: Authenticator) -> None:
    """Whatever is keyed as its PIN."""
    assert Refused() == _verify(authenticator, STRANGER, STRANGER.pin)


@pytest.mark.parametrize("keyed", ["", "1", "12345", "1" * 60, "abc"])
def test_what_is_no_identifier_has_a_claim_that_fits_nobody(authenticator: Authenticator, keyed: str) -> None:
    """A caller may key anything; nothing raises."""
    claim = authenticator.claim(keyed)
    assert Refused() == authenticator.verify(claim, EWA.pin, call_id="call", seq=1, at=NOON, caller="")


def test_each_attempt_is_kept_with_how_it_ended(authenticator: Authenticator, populated: Database) -> None:
    """One row per attempt; why it was refused is not in it."""
    _verify(authenticator, EWA, "926600", seq=3)
    _verify(authenticator, STRANGER, EWA.pin, seq=5)
    _verify(authenticator, BLOCKED, BLOCKED.pin, seq=7)
    _verify(authenticator, EWA, EWA.pin, seq=9)
    ewa, stranger, blocked = (authenticator.claim(person.identifier) for person in (EWA, STRANGER, BLOCKED))
    expected = [
        ("call", 3, ewa, NOON, "refused"),
        ("call", 5, stranger, NOON, "refused"),
        ("call", 7, blocked, NOON, "refused"),
        ("call", 9, ewa, NOON, "accepted"),
    ]
    assert expected == _attempts(populated)


def test_an_attempt_is_counted_before_the_pin_is_looked_at(
    authenticator: Authenticator, populated: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another connection sees the row while the hash is still being computed."""
    seen: list[str] = []
    monkeypatch.setattr(pins, "ARGON2ID", Watched(lambda: seen.extend(row[4] for row in _attempts(populated))))
    _verify(authenticator, EWA, EWA.pin)
    assert [Outcome.PENDING] == seen


def test_an_attempt_that_a_crash_cut_short_counts_once(
    authenticator: Authenticator, populated: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies over the hash; another verifies the same turn again: one row, with its own outcome."""
    with monkeypatch.context() as dying:
        dying.setattr(pins, "ARGON2ID", Watched(_die))
        with pytest.raises(_ProcessDied):
            _verify(authenticator, EWA, "926600", seq=4)
    assert [(4, "pending")] == [(row[1], row[4]) for row in _attempts(populated)]

    another = Authenticator(populated, KEYS, pytest.fail)
    assert isinstance(_verify(another, EWA, EWA.pin, seq=4), Accepted)
    assert [(4, "accepted")] == [(row[1], row[4]) for row in _attempts(populated)]


def test_a_turn_that_is_verified_again_is_pending_again(
    authenticator: Authenticator, populated: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is known of it from the first time, its claim among it, gives way to the second."""
    _verify(authenticator, EWA, EWA.pin, seq=4)
    seen: list[tuple[Any, ...]] = []
    monkeypatch.setattr(pins, "ARGON2ID", Watched(lambda: seen.extend(_attempts(populated))))
    _verify(authenticator, STRANGER, EWA.pin, seq=4)
    assert [("call", 4, authenticator.claim(STRANGER.identifier), NOON, "pending")] == seen


def test_the_same_turn_of_another_call_is_another_attempt(authenticator: Authenticator, populated: Database) -> None:
    """Turn numbers repeat from call to call."""
    _verify(authenticator, EWA, EWA.pin, call_id="one")
    _verify(authenticator, EWA, EWA.pin, call_id="two")
    assert ["one", "two"] == [row[0] for row in _attempts(populated)]


def test_two_calls_may_log_in_to_one_profile_at_once(authenticator: Authenticator, populated: Database) -> None:
    """Neither waits for the other's hash, and each attempt is kept."""
    with ThreadPoolExecutor(2) as calls:
        verdicts = list(calls.map(lambda number: _verify(authenticator, EWA, EWA.pin, call_id=f"{number}"), range(2)))
    assert isinstance(verdicts[0], Accepted)
    assert 1 == len(set(verdicts))
    assert ["accepted"] * 2 == [row[4] for row in _attempts(populated)]


# What the audit takes; in PostgreSQL with its turn first.
TOLD = {"sqlite": ("SELECT", "INSERT"), "postgresql": ("SELECT", "SELECT", "INSERT")}


def test_nobody_learns_why_from_the_work_done(
    authenticator: Authenticator, populated: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown identifier, wrong PIN, unusable profile, and success: the same statements and one hash each."""
    situations = {
        "success": (EWA, EWA.pin),
        "wrong PIN": (EWA, "926600"),
        "unknown identifier": (STRANGER, EWA.pin),
        "unconfirmed": (UNCONFIRMED, UNCONFIRMED.pin),
        "suspended": (SUSPENDED, SUSPENDED.pin),
        "blocked": (BLOCKED, BLOCKED.pin),
        "closed": (CLOSED, CLOSED.pin),
        "closed and wrong PIN": (CLOSED, "926600"),
    }
    # An audit that is empty is asked where it begins.
    _verify(authenticator, EWA, EWA.pin, seq=len(situations))
    work = {}
    for seq, (situation, (person, pin)) in enumerate(situations.items()):
        watched = Watched()
        monkeypatch.setattr(pins, "ARGON2ID", watched)
        with _statements(populated) as statements:
            _verify(authenticator, person, pin, seq=seq)
        work[situation] = (tuple(statements), len(watched.verified), watched.hashed)
    statements_of_success, verified, hashed = work["success"]
    assert {work["success"]} == set(work.values())
    assert (1, 0) == (verified, hashed)
    counted = ["INSERT", "SELECT", "SELECT", "INSERT", "INSERT", "INSERT", "SELECT", "COMMIT"]
    assert [*counted, "DELETE", "UPDATE", *TOLD[populated.engine.dialect.name], "COMMIT"] == [
        statement.split()[0] for statement in statements_of_success if not statement.startswith("BEGIN")
    ]


def test_the_decoy_costs_what_a_real_hash_costs(authenticator: Authenticator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its hash is of the same form, so that the verification takes as long."""
    watched = Watched()
    monkeypatch.setattr(pins, "ARGON2ID", watched)
    _verify(authenticator, EWA, "926600", seq=1)
    _verify(authenticator, STRANGER, "926600", seq=2)
    real, decoy = watched.verified
    assert real != decoy
    assert pins.is_hash(real)
    assert pins.is_hash(decoy)


def test_the_decoy_has_no_pin(authenticator: Authenticator, monkeypatch: pytest.MonkeyPatch) -> None:
    """No PIN of anybody logs a stranger in, even if the decoy's hash matched."""
    monkeypatch.setattr(pins, "matches", lambda *_: True)
    assert Refused() == _verify(authenticator, STRANGER, "926600")
    assert Refused() == _verify(authenticator, BLOCKED, "926600", seq=2)
    assert isinstance(_verify(authenticator, EWA, "926600", seq=3), Accepted)


def test_a_profile_blocked_between_identifier_and_pin_is_refused(
    authenticator: Authenticator, populated: Database
) -> None:
    """The state that counts is the one when the PIN is verified."""
    claim = authenticator.claim(EWA.identifier)
    with populated.writing() as connection:
        connection.exec_driver_sql(f"UPDATE profiles SET state = '{State.BLOCKED}'")
    assert Refused() == authenticator.verify(claim, EWA.pin, call_id="call", seq=1, at=NOON, caller="")


def test_another_process_authenticates_the_same_people(
    authenticator: Authenticator, environment: dict[str, str]
) -> None:
    """Subjects and claims belong to the installation, not to the process."""
    second = open_installation(environment)
    elsewhere = Authenticator(second.database, open_profile_keys(second, environment, NOON), pytest.fail)
    assert _verify(authenticator, EWA, EWA.pin, seq=1) == _verify(elsewhere, EWA, EWA.pin, seq=2)
    assert all(authenticator.claim(one.identifier) == elsewhere.claim(one.identifier) for one in EVERYBODY)
    second.database.close()


class _ProcessDied(BaseException):
    pass


def _die() -> None:
    raise _ProcessDied


def _verify(authenticator: Authenticator, person: Person, pin: str, *, call_id: str = "call", seq: int = 1) -> Verdict:
    claim = authenticator.claim(person.identifier)
    return authenticator.verify(claim, pin, call_id=call_id, seq=seq, at=NOON, caller="600100200")


def _attempts(database: Database) -> list[tuple[Any, ...]]:
    query = select(auth_attempts).order_by(auth_attempts.c.call_id, auth_attempts.c.seq)
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(query)]


@contextmanager
def _statements(database: Database) -> Iterator[list[str]]:
    """What is sent to the database meanwhile, the ends of transactions among it."""
    sent: list[str] = []

    def executed(*arguments: Any) -> None:
        sent.append(arguments[2])

    def ended(_connection: Any) -> None:
        sent.append("COMMIT")

    event.listen(database.engine, "before_cursor_execute", executed)
    event.listen(database.engine, "commit", ended)
    yield sent
    event.remove(database.engine, "before_cursor_execute", executed)
    event.remove(database.engine, "commit", ended)
