"""PINs that look like somebody's birthday, which whoever finds a purse tries first. Pure.

People choose dates above all (Bonneau, Preibusch, Anderson, "A birthday present every eleven wallets?", Financial
Cryptography 2012). Refusing all of them takes away 8.6 of 100 PINs of 6 digits (one order of day, month and year alone
3.7), 7.6 of 100 of 4 digits and 2 of 1000 of 8. Of 5 digits every third would go: of those, and of others, none does.
"""

from __future__ import annotations

from collections.abc import Mapping

_SHAPES: Mapping[int, tuple[str, ...]] = {
    4: ("ddmm", "mmdd", "yyyy"),
    6: ("ddmmyy", "mmddyy", "yymmdd", "mmyyyy", "yyyymm"),
    8: ("ddmmyyyy", "mmddyyyy", "yyyymmdd"),
}
# In a year that is not known 29 February may be a day.
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MONTHS = range(1, 13)
_YEARS = range(1900, 2100)


def is_date(pin: str) -> bool:
    """Whether digits can be read as a day, a month of a year or a year, in one of the usual orders."""
    return any(_fits(pin, shape) for shape in _SHAPES.get(len(pin), ()))


def _fits(pin: str, shape: str) -> bool:
    day, month, year = (_part(pin, shape, letter) for letter in "dmy")
    if "yyyy" in shape and year not in _YEARS:
        return False
    if "m" in shape and month not in _MONTHS:
        return False
    return "d" not in shape or 1 <= day <= _LONGEST[month - 1]


def _part(pin: str, shape: str, letter: str) -> int:
    return int("".join(digit for digit, place in zip(pin, shape, strict=True) if place == letter) or "0")
