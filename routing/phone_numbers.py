"""Which telephone numbers the service calls back: an allow-list of countries and kinds, since each call costs money.

Numbers are read by the numbering plans of libphonenumber (https://github.com/daviddrysdale/python-phonenumbers).
Whatever is not allowed is refused: premium-rate, shared-cost and toll-free numbers, emergency and short ones, other
countries. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

Kind = Literal["mobile", "fixed", "internet"]
Refusal = Literal["not a number", "another country", "another kind"]

# Where a plan does not tell mobile and fixed numbers apart, one is as good as both.
KINDS: dict[int, frozenset[str]] = {
    PhoneNumberType.MOBILE: frozenset({"mobile"}),
    PhoneNumberType.FIXED_LINE: frozenset({"fixed"}),
    PhoneNumberType.FIXED_LINE_OR_MOBILE: frozenset({"mobile", "fixed"}),
    PhoneNumberType.VOIP: frozenset({"internet"}),
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """The countries (ISO 3166-1, the service's own first) and kinds of numbers that are called."""

    countries: tuple[str, ...]
    kinds: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class MayCall:
    """A number that may be called, as E.164 writes it: `+48225601600`."""

    number: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A number that may not be called, and why."""

    reason: Refusal


def check(keyed: str, allowed: Allowed) -> MayCall | Refused:
    """Whether what a caller's telephone sent, or what was keyed, may be called.

    A number without a country is one of the service's own country.
    """
    try:
        number = phonenumbers.parse(keyed, allowed.countries[0])
    except phonenumbers.NumberParseException:
        return Refused("not a number")
    if not phonenumbers.is_valid_number(number):
        return Refused("not a number")
    if phonenumbers.region_code_for_number(number) not in allowed.countries:
        return Refused("another country")
    if not KINDS.get(phonenumbers.number_type(number), frozenset()) & allowed.kinds:
        return Refused("another kind")
    return MayCall(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def normal_form(text: str, country: str) -> str | None:
    """A number, as a telephone sent it or a person writes it, in E.164; None where it is none.

    One without a country is of the service's own `country` (ISO 3166-1); if there it is none, as when a trunk leaves
    the plus out, it begins with that of another.
    """
    for form in (text, f"+{text}"):
        try:
            number = phonenumbers.parse(form, country)
        except phonenumbers.NumberParseException:
            continue
        # Numbers that no plan knows yet are people's as well; what is shorter than any is nobody's.
        if phonenumbers.is_possible_number(number):
            return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return None


def written_forms(number: str, country: str) -> frozenset[str]:
    """All the ways in which a trunk may have sent a number (E.164), each of which means this one and no other."""
    parsed = phonenumbers.parse(number)
    digits = number.removeprefix("+")
    national = digits.removeprefix(str(parsed.country_code))
    own = {national, f"0{national}"} if phonenumbers.region_code_for_number(parsed) == country else set()
    forms = {number, digits, f"00{digits}", *own}
    return frozenset(form for form in forms if normal_form(form, country) == number)


def national_digits(number: str) -> str:
    """The digits of a number (E.164) that stand in it however it is written."""
    return number.removeprefix(f"+{phonenumbers.parse(number).country_code}")


def spoken(number: str, allowed: Allowed) -> str:
    """The digits by which people know a number (E.164): those of the service's own country without its code."""
    parsed = phonenumbers.parse(number)
    national = phonenumbers.national_significant_number(parsed)
    if phonenumbers.region_code_for_number(parsed) == allowed.countries[0]:
        return national
    return f"00{parsed.country_code}{national}"
