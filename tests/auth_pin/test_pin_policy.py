from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from auth_pin import pin_policy
from auth_pin.faults import PinFault
from auth_pin.pin_dates import is_date

digits = st.text("0123456789", min_size=6, max_size=6)
any_pin = st.text("0123456789", min_size=4, max_size=12)
days = st.dates(date(1900, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    "pin",
    ["000000", "111111", "121212", "123123", "123456", "654321", "890123", "975319", "112233", "554433", "111222"],
)
def test_what_anybody_tries_first_is_refused(pin: str) -> None:
    """Repeats and runs, and each with its digits doubled."""
    with pytest.raises(PinFault, match="too easy to guess"):
        pin_policy.check(pin)


@pytest.mark.parametrize("pin", ["310785", "073185", "850731", "071985", "198507", "290200"])
def test_what_looks_like_a_birthday_is_refused(pin: str) -> None:
    """Day, month and year in the orders in which people write them, or a month of a year."""
    with pytest.raises(PinFault, match="no dates"):
        pin_policy.check(pin)


@pytest.mark.parametrize("pin", ["471155", "902817", "123457", "312634", "100000", "131314"])
def test_a_pin_without_a_pattern_is_accepted(pin: str) -> None:
    """Nearly a pattern is none."""
    pin_policy.check(pin)


@pytest.mark.parametrize(("pin", "digits"), [("1234", 4), ("1407", 4), ("1985", 4), ("12341234", 8), ("14071985", 8)])
def test_pins_of_other_lengths_are_guessable_as_well(pin: str, digits: int) -> None:
    """Runs, days and years of four digits; longer patterns and dates of eight."""
    with pytest.raises(PinFault, match="too easy to guess"):
        pin_policy.check(pin, digits)


@given(st.text().filter(lambda text: not re.fullmatch("[0-9]{6}", text)))
def test_a_pin_is_exactly_six_digits(text: str) -> None:
    """Anything else is refused in words that do not repeat it."""
    with pytest.raises(PinFault) as refused:
        pin_policy.check(text)
    assert "a PIN is exactly 6 digits" == str(refused.value)


@given(st.integers(4, 12), any_pin)
def test_a_pin_has_as_many_digits_as_the_operator_says(wanted: int, pin: str) -> None:
    """No more and no fewer."""
    if wanted == len(pin):
        pin_policy.check_shape(pin, wanted)
    else:
        with pytest.raises(PinFault, match=f"a PIN is exactly {wanted} digits"):
            pin_policy.check_shape(pin, wanted)


@given(
    days, st.sampled_from(["%d%m%y", "%m%d%y", "%y%m%d", "%m%Y", "%Y%m", "%d%m%Y", "%m%d%Y", "%Y%m%d", "%d%m", "%Y"])
)
def test_every_day_is_a_date(day: date, written: str) -> None:
    """However somebody writes it."""
    assert is_date(day.strftime(written))
    assert pin_policy.is_guessable(day.strftime(written))


@given(st.text("0123456789", min_size=5, max_size=12).filter(lambda pin: len(pin) not in (6, 8)))
def test_other_lengths_have_no_dates(pin: str) -> None:
    """Of five digits every third would go."""
    assert not is_date(pin)


def test_six_digits_lose_less_than_nine_of_a_hundred_to_dates() -> None:
    """As the module says: of every order of day, month and year."""
    refused = sum(is_date(f"{number:06}") for number in range(0, 1_000_000, 7))
    assert 86 == round(1000 * refused * 7 / 1_000_000)


@given(st.integers(4, 12), st.integers(0, 9), st.integers(0, 9))
def test_every_run_is_guessable(length: int, start: int, step: int) -> None:
    """Up, down and in steps, around nine as well."""
    assert pin_policy.is_guessable("".join(str((start + step * place) % 10) for place in range(length)))


@given(st.sampled_from([1, 2, 3]), digits)
def test_every_repeated_pattern_is_guessable(size: int, pin: str) -> None:
    """One, two or three digits over and over."""
    assert pin_policy.is_guessable(pin[:size] * (6 // size))


@given(any_pin)
def test_a_pattern_is_one_backwards(pin: str) -> None:
    """None hides by being keyed from its end."""
    assert pin_policy.is_pattern(pin) == pin_policy.is_pattern(pin[::-1])


@given(any_pin, st.integers(1, 9))
def test_a_pattern_does_not_depend_on_where_it_starts(pin: str, shift: int) -> None:
    """What is a pattern in some digits is one in the digits next to them."""
    shifted = "".join(str((int(digit) + shift) % 10) for digit in pin)
    assume(shifted != pin)
    assert pin_policy.is_pattern(pin) == pin_policy.is_pattern(shifted)


def test_patterns_leave_nearly_all_pins() -> None:
    """Of the PINs that begin with 0, as with any other digit, one in 740 is refused."""
    refused = sum(pin_policy.is_pattern(f"{number:06}") for number in range(100_000))
    assert 135 == refused
