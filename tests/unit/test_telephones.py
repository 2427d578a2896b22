"""Telephones by extensions and ranges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.telephones import MOST, extensions


def test_ranges_and_single_extensions() -> None:
    """Each once and in order; zeros in front are kept."""
    assert ("0098", "0099", "0100", "1701") == extensions(["1701", "0098-0100", "0099"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "an extension or a range"),
        ("1", "an extension or a range"),
        ("17O1", "an extension or a range"),
        ("١٧٠١", "an extension or a range"),
        ("1701 - 1703", "an extension or a range"),
        ("1703-1701", '"1703-1701" is no range'),
        ("99-101", '"99-101" is no range'),
        (f"10000-{10000 + MOST}", f"more than {MOST} telephones"),
    ],
)
def test_what_is_no_telephone_is_told(text: str, told: str) -> None:
    """In words for people."""
    with pytest.raises(ValueError, match=told):
        extensions([text])


@given(st.integers(10, 99_999), st.integers(0, 300))
def test_a_range_holds_every_extension_from_the_first_to_the_last(first: int, more: int) -> None:
    """And no other."""
    numbers = [str(number) for number in range(first, first + more + 1)]
    if len(numbers[0]) == len(numbers[-1]):
        assert tuple(numbers) == extensions([f"{numbers[0]}-{numbers[-1]}"])
