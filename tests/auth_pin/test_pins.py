from __future__ import annotations

import hashlib
import hmac
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError
from hypothesis import given, settings
from hypothesis import strategies as st

from auth_pin import pins
from tests.auth_pin.counting import Watched

KEY = bytes(range(32))
SALT = bytes(16)  # workers that run tests side by side must all call them the same
few = settings(max_examples=15, deadline=None)
pin_digits = st.text("0123456789", min_size=6, max_size=6)


@few
@given(pin_digits, pin_digits)
def test_a_hash_is_of_its_pin_alone(pin: str, other: str) -> None:
    """The PIN matches, any other does not."""
    assert (pin == other) == pins.matches(KEY, pins.hashed(KEY, pin), other)


def test_two_hashes_of_a_pin_differ() -> None:
    """Whoever sees the database does not see who has the same PIN."""
    assert pins.hashed(KEY, "471155") != pins.hashed(KEY, "471155")


def test_a_hash_is_useless_without_the_key() -> None:
    """Neither the plain PIN nor the PIN under another key is what was hashed."""
    pin_hash = pins.hashed(KEY, "471155")
    assert not pins.matches(bytes(32), pin_hash, "471155")
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(pin_hash, "471155")


def test_a_hash_can_be_made_elsewhere_by_the_documented_recipe() -> None:
    """HMAC-SHA256 under the key, then Argon2id with the stated cost."""
    keyed = hmac.new(KEY, b"471155", hashlib.sha256).digest()
    pin_hash = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash(keyed)
    assert pins.is_hash(pin_hash)
    assert pins.matches(KEY, pin_hash, "471155")


@few
@given(st.text(max_size=200))
def test_every_hash_costs_the_same(pin: str) -> None:
    """Whatever is hashed, the decoy too: Argon2id, two passes over 19 MiB, one lane."""
    made = extract_parameters(pins.hashed(KEY, pin))
    assert ("ID", 19, 2, 19456, 1) == (made.type.name, made.version, made.time_cost, made.memory_cost, made.parallelism)


@few
@given(st.text(st.characters(codec=None), max_size=60))
def test_whatever_is_keyed_can_be_verified(keyed: str) -> None:
    """Nothing that arrives as a PIN raises."""
    assert not pins.matches(KEY, pins.hashed(KEY, "a PIN nobody can key"), keyed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "471155",
        PasswordHasher(time_cost=1, memory_cost=19456, parallelism=1).hash("471155", salt=SALT),
        PasswordHasher(time_cost=2, memory_cost=1024, parallelism=1).hash("471155", salt=SALT),
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$" + "A" * 43,
        "$argon2id$v=19$m=19456,t=2,p=1$" + "A" * 22 + "$" + "A" * 42 + "B",
        "$argon2i$v=19$m=19456,t=2,p=1$" + "A" * 22 + "$" + "A" * 43,
    ],
)
def test_a_hash_of_another_form_or_cost_is_none(text: str) -> None:
    """It would tell by the time it takes that its profile exists."""
    assert not pins.is_hash(text)
    assert pins.is_hash(pins.hashed(KEY, "471155"))


def test_a_damaged_hash_matches_nothing() -> None:
    """A row that somebody edited refuses its PIN and raises nothing."""
    assert not pins.matches(KEY, "$argon2id$v=19$damaged", "471155")


@pytest.mark.parametrize("at_once", [pins.PARALLEL, 3])
def test_as_many_are_hashed_at_a_time_as_is_said(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    """However many callers key PINs, so many threads hash: as many processors, and 19 MiB that stay with each."""
    pin_hash = pins.hashed(KEY, "471155")
    all_of_them, hashers = threading.Barrier(at_once), set()

    def at_work() -> None:
        all_of_them.wait(timeout=60)
        hashers.add(threading.current_thread())

    monkeypatch.setattr(pins, "ARGON2ID", Watched(at_work))
    before = pins.at_once()
    try:
        pins.allow(at_once)
        with ThreadPoolExecutor(6) as callers:
            answers = [callers.submit(pins.matches, KEY, pin_hash, "471155") for _ in range(6)]
    finally:
        pins.allow(before)
    assert [True] * 6 == [answer.result() for answer in answers]
    assert at_once == len(hashers)
