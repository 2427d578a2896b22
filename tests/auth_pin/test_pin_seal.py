"""Hashes of PINs, sealed: they open under their own key, for their own profile, and nowhere else."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_pin import pins
from auth_pin.faults import PinKeyMissing, PinUnreadable
from auth_pin.pin_seal import PinSeal, SealedHash
from storage.key_ring import KEY_BYTES, KeyRing

OLD, NEW = {"2026": bytes(KEY_BYTES)}, {"2027": bytes(range(KEY_BYTES))}
CLAIM, OTHER = "a" * 64, "b" * 64
contents = st.binary(min_size=48, max_size=48)


def seal_of(*rings: dict[str, bytes]) -> PinSeal:
    """A seal that is given these keys one ring after the other, the last one for ever."""
    given = list(rings)
    return PinSeal(lambda: KeyRing(given.pop(0) if len(given) > 1 else given[0]))


@given(contents)
def test_a_hash_is_packed_without_loss(content: bytes) -> None:
    """Salt and hash are all that differs from one to another."""
    pin_hash = pins.unpacked(content)
    assert pins.is_hash(pin_hash)
    assert content == pins.packed(pin_hash)


@given(st.text(max_size=120))
def test_what_is_no_hash_is_not_packed(text: str) -> None:
    """A damaged one is not sealed as if it were whole."""
    with pytest.raises(ValueError, match="not a hash"):
        pins.packed(text)


@given(contents)
def test_a_sealed_hash_opens_again(content: bytes) -> None:
    """It has room in its column, and nothing of it shows."""
    pin_hash = pins.unpacked(content)
    sealed = seal_of(OLD).close("2026", pin_hash, CLAIM)
    assert pin_hash == seal_of({**OLD, **NEW}).open(sealed, CLAIM)
    assert ("2026", 104) == (sealed.by, len(sealed.text))
    assert content not in base64.b64decode(sealed.text)
    assert sealed.text not in repr(sealed)


def test_a_sealed_hash_cannot_be_moved_to_another_profile() -> None:
    """Nor be said to be sealed by another key."""
    sealed = seal_of(OLD).close("2026", pins.unpacked(bytes(48)), CLAIM)
    with pytest.raises(PinUnreadable, match="2026"):
        seal_of(OLD).open(sealed, OTHER)
    with pytest.raises(PinUnreadable, match="2027"):
        seal_of({**OLD, "2027": OLD["2026"]}).open(replace(sealed, by="2027"), CLAIM)


@given(st.text(max_size=110))
def test_whatever_stands_in_a_row_is_a_hash_or_unreadable(text: str) -> None:
    """Nothing else is raised."""
    with pytest.raises(PinUnreadable):
        seal_of(OLD).open(SealedHash(text, "2026"), CLAIM)


def test_a_hash_that_is_not_sealed_does_not_count() -> None:
    """It may be out of an old copy of the database, and of anybody's profile."""
    with pytest.raises(PinUnreadable, match="set it anew"):
        seal_of(OLD).open(SealedHash(pins.unpacked(bytes(48)), None), CLAIM)


def test_a_key_that_was_made_meanwhile_is_found() -> None:
    """A process that runs on needs no new start when keys are rotated; one that has gone is remembered."""
    sealed, older = (
        seal_of(ring).close(id, pins.unpacked(bytes(48)), CLAIM) for id, ring in (("2027", NEW), ("2026", OLD))
    )
    running = seal_of(OLD, NEW)
    assert pins.unpacked(bytes(48)) == running.open(sealed, CLAIM) == running.open(older, CLAIM)


def test_a_missing_key_is_named_with_its_place() -> None:
    """Which one, and where to put it."""
    sealed = seal_of(NEW).close("2027", pins.unpacked(bytes(48)), CLAIM)
    with pytest.raises(PinKeyMissing, match=r"the key 2027.*2027\.key.*CENTRALA_PIN_KEYS"):
        seal_of(OLD).open(sealed, CLAIM)
