from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from auth_pin import pin_policy
from auth_pin.faults import PinFault

digits = st.text("0123456789", min_size=6, max_size=6)


@pytest.mark.parametrize(
    "pin",
    ["000000", "111111", "121212", "123123", "123456", "654321", "890123", "975319", "112233", "554433", "111222"],
)
def test_what_anybody_tries_first_is_refused(pin: str) -> None:
    """Repeats and runs, and each with its digits doubled."""
    with pytest.raises(PinFault, match="too easy to guess"):
        pin_policy.check(pin)


@pytest.mark.parametrize("pin", ["471155", "902817", "123457", "112234", "100000", "121213"])
def test_a_pin_without_a_pattern_is_accepted(pin: str) -> None:
    """Nearly a pattern is none."""
    pin_policy.check(pin)


@given(st.text().filter(lambda text: not re.fullmatch("[0-9]{6}", text)))
def test_a_pin_is_exactly_six_digits(text: str) -> None:
    """Anything else is refused in words that do not repeat it."""
    with pytest.raises(PinFault) as refused:
        pin_policy.check(text)
    assert "a PIN is exactly 6 digits" == str(refused.value)


@given(st.integers(0, 9), st.integers(0, 9))
def test_every_run_is_guessable(start: int, step: int) -> None:
    """Up, down and in steps, around nine as well."""
    assert pin_policy.is_guessable("".join(str((start + step * place) % 10) for place in range(6)))


@given(st.sampled_from([1, 2, 3]), digits)
def test_every_repeated_pattern_is_guessable(size: int, pin: str) -> None:
    """One, two or three digits over and over."""
    assert pin_policy.is_guessable(pin[:size] * (6 // size))


@given(digits)
def test_a_pin_backwards_is_as_guessable(pin: str) -> None:
    """No pattern hides by being keyed from its end."""
    assert pin_policy.is_guessable(pin) == pin_policy.is_guessable(pin[::-1])


@given(digits, st.integers(1, 9))
def test_a_pattern_does_not_depend_on_where_it_starts(pin: str, shift: int) -> None:
    """What is a pattern in some digits is one in the digits next to them."""
    shifted = "".join(str((int(digit) + shift) % 10) for digit in pin)
    assume(shifted != pin)
    assert pin_policy.is_guessable(pin) == pin_policy.is_guessable(shifted)


def test_the_policy_leaves_nearly_all_pins() -> None:
    """Of the PINs that begin with 0, as with any other digit, one in 740 is refused."""
    refused = sum(pin_policy.is_guessable(f"{number:06}") for number in range(100_000))
    assert 135 == refused
