"""Which numbers are called back: those on the allow-list, and nothing that could cost more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.phone_numbers import Allowed, MayCall, Refused, check, national_digits, normal_form, written_forms

USUAL = Allowed(("PL", "UA"), frozenset({"mobile", "fixed"}))

CALLED = [
    ("600100200", "+48600100200"),
    ("225601600", "+48225601600"),
    ("+48 22 560 16 00", "+48225601600"),
    ("0048600100200", "+48600100200"),
    ("+380671234567", "+380671234567"),
]
REFUSED = [
    ("700123456", "another kind"),
    ("703123456", "another kind"),
    ("801123456", "another kind"),
    ("800123456", "another kind"),
    ("+12025550123", "another country"),
    ("+447911123456", "another country"),
    ("+88216123456", "another country"),
    ("112", "not a number"),
    ("60010020", "not a number"),
    ("anonymous", "not a number"),
    ("", "not a number"),
]


@pytest.mark.parametrize(("keyed", "number"), CALLED)
def test_numbers_of_the_allowed_countries_are_called(keyed: str, number: str) -> None:
    """However they are written; without a country they are the service's own."""
    assert MayCall(number) == check(keyed, USUAL)


@pytest.mark.parametrize(("keyed", "reason"), REFUSED)
def test_all_others_are_refused(keyed: str, reason: str) -> None:
    """Premium-rate, shared-cost, toll-free, short, foreign and satellite numbers, and what is no number."""
    found = check(keyed, USUAL)
    assert isinstance(found, Refused)
    assert reason == found.reason


def test_kinds_are_allowed_one_by_one() -> None:
    """A service may call mobile numbers only."""
    assert Refused("another kind") == check("225601600", Allowed(("PL",), frozenset({"mobile"})))


@given(st.text(max_size=40) | st.from_regex(r"\+?[0-9 ]{0,20}", fullmatch=True))
def test_whatever_is_keyed_is_answered(keyed: str) -> None:
    """A number that is called has an allowed country's prefix, and is found again as itself."""
    match check(keyed, USUAL):
        case MayCall(number):
            assert number.startswith(("+48", "+380"))
            assert MayCall(number) == check(number, USUAL)
        case Refused(reason):
            assert reason


OTHERS = [*CALLED, ("+1 202 555 0123", "+12025550123"), ("48600100200", CALLED[0][1]), ("380671234567", CALLED[4][1])]


@pytest.mark.parametrize(("text", "number"), OTHERS)
def test_a_number_has_one_normal_form(text: str, number: str) -> None:
    """However it is written, and whether or not it would be called back."""
    assert number == normal_form(text, "PL")


@pytest.mark.parametrize("text", ["1701", "anonymous", "", "abc", "6001"])
def test_what_is_no_number_has_none(text: str) -> None:
    """Extensions, and callers who withhold theirs."""
    assert normal_form(text, "PL") is None


NUMBERS = st.one_of(
    st.integers(0, 10**8 - 1).map(lambda rest: f"+486{rest:08}"),
    st.integers(0, 10**7 - 1).map(lambda rest: f"+4822{rest:07}"),
    st.integers(0, 10**7 - 1).map(lambda rest: f"+38067{rest:07}"),
    st.integers(0, 10**7 - 1).map(lambda rest: f"+49151{rest:07}"),
)


@given(NUMBERS)
def test_a_number_is_found_however_a_trunk_sent_it(number: str) -> None:
    """Each of its forms means this number and no other, and all hold its digits."""
    forms = written_forms(number, "PL")
    assert {number} == {normal_form(form, "PL") for form in forms}
    assert number in forms
    assert all(national_digits(number) in form for form in forms)
    assert {number, number.removeprefix("+"), f"00{number.removeprefix('+')}"} <= forms
    assert number.startswith("+48") == (national_digits(number) in forms)
