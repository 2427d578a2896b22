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


def spoken(number: str, allowed: Allowed) -> str:
    """The digits by which people know a number (E.164): those of the service's own country without its code."""
    parsed = phonenumbers.parse(number)
    national = phonenumbers.national_significant_number(parsed)
    if phonenumbers.region_code_for_number(parsed) == allowed.countries[0]:
        return national
    return f"00{parsed.country_code}{national}"
