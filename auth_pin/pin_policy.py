"""Which PINs may be given to a profile. Pure.

As many digits as the operator's settings say, and none of those that somebody who knows nothing, or a birthday, tries
first: a pattern repeated (111111, 121212, 123123), a run (123456, 975319, 654321), either with each digit written
several times (112233, 111222), or the shape of a date (`auth_pin.pin_dates`). PINs that were given before stay.
"""

from __future__ import annotations

import re
from itertools import pairwise

from auth_pin.faults import PinFault
from auth_pin.pin_dates import is_date

PIN_DIGITS = 6
FEWEST_DIGITS, MOST_DIGITS = 4, 12


def check_shape(pin: str, digits: int = PIN_DIGITS) -> None:
    """Raise PinFault unless it is so many digits."""
    if not re.fullmatch(f"[0-9]{{{digits}}}", pin):
        raise PinFault(f"a PIN is exactly {digits} digits")


def check(pin: str, digits: int = PIN_DIGITS) -> None:
    """Raise PinFault unless it is so many digits that are not trivially guessable."""
    check_shape(pin, digits)
    if is_guessable(pin):
        raise PinFault("this PIN is too easy to guess: no repeated patterns, no runs, no dates; choose another")


def weakness(pin: str, digits: int = PIN_DIGITS) -> str | None:
    """Why it cannot be given, in a word: "length", "repeated", "run" or "date"; None where it can."""
    if not re.fullmatch(f"[0-9]{{{digits}}}", pin):
        return "length"
    sizes = range(1, len(pin) // 2 + 1)
    if any(_repeats(pin, size) for size in sizes):
        return "repeated"
    if any(_is_run_of(pin, size) for size in sizes):
        return "run"
    return "date" if is_date(pin) else None


def is_guessable(pin: str) -> bool:
    """Whether the digits are a repeated pattern, a run or a date."""
    return is_pattern(pin) or is_date(pin)


def is_pattern(pin: str) -> bool:
    """Whether the digits are a repeated pattern or a run."""
    return any(_repeats(pin, size) or _is_run_of(pin, size) for size in range(1, len(pin) // 2 + 1))


def _repeats(pin: str, size: int) -> bool:
    return pin == pin[:size] * (len(pin) // size)


def _is_run_of(pin: str, times: int) -> bool:
    """Whether each digit is written `times` times and the digits change by the same step, 9 being followed by 0."""
    digits = pin[::times]
    if pin != "".join(digit * times for digit in digits):
        return False
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(digits)}
    return len(steps) == 1
