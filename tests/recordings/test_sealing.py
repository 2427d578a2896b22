"""Sealed files: what goes in comes out, and nothing that was meddled with does."""

from __future__ import annotations

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.faults import SealBroken
from recordings.sealing import KEY_BYTES, PIECE_BYTES, seal, unseal

KEY = bytes(range(KEY_BYTES))
NAME = "one.sealed"


def sealed(plain: bytes, key: bytes = KEY, name: str = NAME) -> bytes:
    """Sealed bytes."""
    target = io.BytesIO()
    size = seal(io.BytesIO(plain), target, key, name)
    assert size == len(target.getvalue())
    return target.getvalue()


def opened(data: bytes, key: bytes = KEY, name: str = NAME) -> bytes:
    """What is in them."""
    return b"".join(unseal(io.BytesIO(data), key, name))


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
def test_what_was_sealed_comes_out(size: int) -> None:
    """At every boundary of a piece."""
    plain = os.urandom(size)
    assert plain == opened(sealed(plain))


@given(st.binary(max_size=300), st.data())
def test_one_bit_that_is_changed_is_noticed(plain: bytes, data: st.DataObject) -> None:
    """Wherever it is."""
    damaged = bytearray(sealed(plain))
    place = data.draw(st.integers(0, len(damaged) * 8 - 1))
    damaged[place // 8] ^= 1 << place % 8
    with pytest.raises(SealBroken):
        opened(bytes(damaged))


@given(st.data())
def test_what_was_cut_short_is_noticed(data: st.DataObject) -> None:
    """At the end of a piece, too."""
    whole = sealed(bytes(2 * PIECE_BYTES + 5))
    piece = PIECE_BYTES + 16
    start = len(whole) - 2 * piece - 5 - 16
    ends = st.one_of(st.integers(0, len(whole) - 1), st.sampled_from([start, start + piece, start + 2 * piece]))
    with pytest.raises(SealBroken):
        opened(whole[: data.draw(ends)])


def test_pieces_that_changed_places_are_noticed() -> None:
    """Each has its number."""
    whole = sealed(bytes(PIECE_BYTES) + b"x" * PIECE_BYTES + b"end")
    piece = PIECE_BYTES + 16
    start = len(whole) - 2 * piece - 3 - 16
    first, second = whole[start : start + piece], whole[start + piece : start + 2 * piece]
    with pytest.raises(SealBroken):
        opened(whole[:start] + second + first + whole[start + 2 * piece :])


@pytest.mark.parametrize(("key", "name"), [(bytes(KEY_BYTES), NAME), (KEY, "another.sealed")])
def test_it_opens_with_its_own_key_under_its_own_name(key: bytes, name: str) -> None:
    """And with no other."""
    with pytest.raises(SealBroken):
        opened(sealed(b"a voice"), key, name)


def test_nothing_of_the_sound_can_be_read() -> None:
    """And the same sound looks different each time."""
    plain = b"a voice that says who it is " * 100
    one, other = sealed(plain), sealed(plain)
    assert b"voice" not in one
    assert one != other
