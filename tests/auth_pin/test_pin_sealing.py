"""All PINs sealed anew under another key, while people log in, and whatever stops it half-way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from auth_pin import pin_sealing, pins, profiles, sealing_key
from auth_pin.authentication import Authenticator
from auth_pin.faults import KeyInUse, NoProfile, PinKeyMissing
from auth_pin.identifiers import claim
from auth_pin.keys import Keys
from auth_pin.pin_seal import PinSeal
from auth_pin.profiles import State
from auth_pin.verdicts import Accepted
from storage.database import Database
from storage.key_ring import KEY_BYTES, KeyRing
from tests.auth_pin.conftest import KEYS, NOON, SEALING
from tests.auth_pin.people import EVERYBODY, EWA, STRANGER, Person

BOTH = replace(KEYS, seal=PinSeal(lambda: KeyRing({**SEALING, "2027": bytes(KEY_BYTES)})))
NEWEST = replace(KEYS, seal=PinSeal(lambda: KeyRing({"2027": bytes(KEY_BYTES)})))


def test_all_are_sealed_anew_in_portions(populated: Database) -> None:
    """No PIN changes, and the old key is needed no more."""
    _change(populated, "2027")
    done = list(_anew(populated, most=2))
    assert [2, 2, 1] == [portion.sealed for portion in done]
    assert {"2027": 5} == _sealed_by(populated)
    assert [] == list(_anew(populated, most=2))
    assert _logs_in(populated, NEWEST, EWA)


def test_what_was_broken_off_goes_on(populated: Database) -> None:
    """Between portions both keys are needed, and everybody can log in."""
    _change(populated, "2027")
    pin_sealing.seal_anew(populated, BOTH.seal, 3)
    assert {"2026": 2, "2027": 3} == _sealed_by(populated)
    assert _logs_in(populated, BOTH, EWA)
    assert 2 == sum(portion.sealed for portion in _anew(populated, most=3))
    assert {"2027": 5} == _sealed_by(populated)


def test_a_portion_that_dies_changes_nothing(populated: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever row it is at."""
    _change(populated, "2027")
    before = _rows(populated)
    seals = iter(range(3))
    close = PinSeal.close

    def dying(*words: Any) -> Any:
        if next(seals, None) is None:
            raise KeyboardInterrupt
        return close(*words)

    with monkeypatch.context() as killed:
        killed.setattr(PinSeal, "close", dying)
        with pytest.raises(KeyboardInterrupt):
            pin_sealing.seal_anew(populated, BOTH.seal, 500)
    assert before == _rows(populated)
    assert 5 == sum(portion.sealed for portion in _anew(populated, most=500))


def test_everybody_logs_in_while_keys_are_rotated(populated: Database) -> None:
    """From the first portion to the last, under whichever key a row is sealed."""
    stop = threading.Event()

    def log_in_again_and_again() -> list[bool]:
        answers = [_logs_in(populated, BOTH, EWA)]
        while not stop.is_set():
            answers.append(_logs_in(populated, BOTH, EWA))
        return answers

    with ThreadPoolExecutor(1) as caller:
        answers = caller.submit(log_in_again_and_again)
        for id in ("2027", "2026", "2027", "2026"):
            _change(populated, id)
            list(_anew(populated, most=1))
        stop.set()
    assert {True} == set(answers.result())


def test_what_is_stored_after_the_change_is_sealed_by_the_new_key(populated: Database) -> None:
    """Whoever stores asks the database, also with keys that were read before."""
    running = replace(KEYS, seal=_reading(SEALING, {**SEALING, "2027": bytes(KEY_BYTES)}))
    _change(populated, "2027")
    profiles.add(populated, running, STRANGER.identifier, STRANGER.pin, State.CONFIRMED, NOON)
    assert {"2026": 5, "2027": 1} == _sealed_by(populated)


@pytest.mark.parametrize("database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_a_key_is_left_when_nobody_seals_with_it_any_more(populated: Database) -> None:
    """The change waits for whoever is storing; in SQLite only one writes anyway."""
    with ThreadPoolExecutor(1) as operator:
        with populated.writing() as storing:
            assert "2026" == sealing_key.to_seal_with(storing, BOTH.seal)
            change = operator.submit(_change, populated, "2027")
            while not _somebody_waits(populated):
                assert not change.done()
        change.result()
    with populated.writing() as connection:
        assert "2027" == sealing_key.to_seal_with(connection, BOTH.seal)


def test_a_pin_that_was_set_by_then_is_not_lost(populated: Database) -> None:
    """Sealing anew reads what it writes in one transaction."""
    _change(populated, "2027")
    with populated.writing() as connection:
        profiles.set_pin(connection, BOTH, claim(KEYS.identifier, EWA.identifier), pins.hashed(KEYS.pin, STRANGER.pin))
    list(_anew(populated, most=2))
    assert _logs_in(populated, NEWEST, Person(EWA.identifier, STRANGER.pin))
    assert not _logs_in(populated, NEWEST, EWA)


def test_what_cannot_be_read_is_named_and_stays(populated: Database) -> None:
    """The others are sealed anew; its key cannot go."""
    with populated.writing() as connection:
        mine = profiles.profiles.c.claim == claim(KEYS.identifier, EWA.identifier)
        damage = update(profiles.profiles).where(mine).values(pin_hash="A" * 104)
        connection.execute(damage)
        subject = connection.execute(select(profiles.profiles.c.subject).where(mine)).scalar_one()
    _change(populated, "2027")
    (portion,) = _anew(populated, most=500)
    assert (4, (subject,)) == (portion.sealed, portion.unreadable)
    with pytest.raises(KeyInUse, match="2026 still seals 1 PINs"), populated.writing() as connection:
        pin_sealing.see_that_it_may_go(connection, "2026")


def test_a_key_may_go_when_it_seals_nothing(populated: Database) -> None:
    """Neither the present one, nor the old one before all is sealed anew."""
    _change(populated, "2027")
    for id, why in (("2027", "seals PINs now"), ("2026", "still seals 5 PINs")):
        with pytest.raises(KeyInUse, match=why), populated.writing() as connection:
            pin_sealing.see_that_it_may_go(connection, id)
    list(_anew(populated, most=500))
    with populated.writing() as connection:
        pin_sealing.see_that_it_may_go(connection, "2026")


def test_what_an_older_version_stored_is_sealed_once(populated: Database) -> None:
    """Afterwards a hash that is not sealed is left alone, and nobody logs in by it."""
    _unseal(populated)
    assert 5 == sum(portion.sealed for portion in _anew(populated, most=2))
    assert _logs_in(populated, KEYS, EWA)
    pin_sealing.keep_that_everything_is_sealed(populated)
    _unseal(populated)
    assert [(0, 5)] == [(portion.sealed, len(portion.unreadable)) for portion in _anew(populated, most=500)]
    told: list[str] = []
    assert not _logs_in(populated, KEYS, EWA, told)
    assert ["that is not sealed" in one for one in told] == [True]


def test_a_missing_key_refuses_whoever_logs_in_and_says_why(populated: Database) -> None:
    """With the right PIN, too; nothing that was keyed is told."""
    told: list[str] = []
    assert not _logs_in(populated, NEWEST, EWA, told)
    assert 1 == len(told)
    assert "the key 2026, which seals PINs, is missing" in told[0]
    assert EWA.identifier not in told[0]
    assert EWA.pin not in told[0]


def test_another_key_of_the_same_name_is_noticed(populated: Database) -> None:
    """By its fingerprint, whatever it has sealed; one that has never sealed anything may be any."""
    other = KeyRing({"2026": bytes(KEY_BYTES), "2028": bytes(KEY_BYTES)})
    with populated.reading() as connection:
        assert ("2026",) == sealing_key.impostors(connection, other, ("2026", "2028"))
        assert () == sealing_key.impostors(connection, KEYS.seal.ring, ("2026",))
    with pytest.raises(PinKeyMissing, match="a name of its own"), populated.writing() as connection:
        sealing_key.change(connection, other, "2026")


def test_a_pin_and_a_state_are_set(populated: Database) -> None:
    """At once; of nobody else, and of a stranger not at all."""
    mine = claim(KEYS.identifier, EWA.identifier)
    with populated.writing() as connection:
        subject = profiles.set_pin(connection, KEYS, mine, pins.hashed(KEYS.pin, STRANGER.pin))
    assert not _logs_in(populated, KEYS, EWA)
    assert _logs_in(populated, KEYS, Person(EWA.identifier, STRANGER.pin))
    with populated.writing() as connection:
        assert subject == profiles.set_state(connection, mine, State.BLOCKED)
    assert not _logs_in(populated, KEYS, Person(EWA.identifier, STRANGER.pin))
    with pytest.raises(NoProfile), populated.writing() as connection:
        profiles.set_state(connection, claim(KEYS.identifier, STRANGER.identifier), State.CONFIRMED)


def _change(database: Database, id: str) -> None:
    with database.writing() as connection:
        sealing_key.change(connection, BOTH.seal.ring, id)


def _anew(database: Database, most: int) -> Iterator[pin_sealing.Portion]:
    after: str | None = ""
    while after is not None:
        portion = pin_sealing.seal_anew(database, BOTH.seal, most, after)
        after = portion.last
        if after is not None:
            yield portion


def _reading(*rings: dict[str, bytes]) -> PinSeal:
    given = list(rings)
    return PinSeal(lambda: KeyRing(given.pop(0)))


def _somebody_waits(database: Database) -> bool:
    with database.reading() as connection:
        query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return bool(connection.exec_driver_sql(query).scalar_one())


def _sealed_by(database: Database) -> dict[str | None, int]:
    with database.reading() as connection:
        return pin_sealing.sealed_by(connection)


def _unseal(database: Database) -> None:
    """Store everything as an older version did."""
    with database.writing() as connection:
        for person in EVERYBODY:
            mine = profiles.profiles.c.claim == claim(KEYS.identifier, person.identifier)
            old = {"pin_hash": pins.hashed(KEYS.pin, person.pin), "pin_sealed_by": None}
            connection.execute(update(profiles.profiles).where(mine).values(old))


def _rows(database: Database) -> list[tuple[Any, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(select(profiles.profiles).order_by("subject"))]


def _logs_in(database: Database, keys: Keys, person: Person, told: list[str] | None = None) -> bool:
    authenticator = Authenticator(database, keys, pytest.fail if told is None else told.append)
    mine = authenticator.claim(person.identifier)
    found = authenticator.verify(mine, person.pin, call_id="call", seq=1, at=NOON, caller="")
    return isinstance(found, Accepted)
