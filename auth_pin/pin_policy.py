"""Which PINs may be given to a profile. Pure.

Six digits, and none of those that somebody who knows nothing tries first: a pattern repeated (111111, 121212,
123123), a run (123456, 975319, 654321), or either with each digit written twice or thrice (112233, 111222).
"""

from __future__ import annotations

import re
from itertools import pairwise

from auth_pin.faults import PinFault

PIN_DIGITS = 6

_PIN = re.compile(rf"[0-9]{{{PIN_DIGITS}}}")
_PATTERN_SIZES = (1, 2, 3)


def check_shape(pin: str) -> None:
    """Raise PinFault unless it is six digits."""
    if not _PIN.fullmatch(pin):
        raise PinFault(f"a PIN is exactly {PIN_DIGITS} digits")


def check(pin: str) -> None:
    """Raise PinFault unless it is six digits that are not trivially guessable."""
    check_shape(pin)
    if is_guessable(pin):
        raise PinFault("this PIN is too easy to guess: no repeated patterns, no runs; choose another")


def is_guessable(pin: str) -> bool:
    """Whether the digits are a repeated pattern or a run."""
    return any(_repeats(pin, size) or _is_run_of(pin, size) for size in _PATTERN_SIZES)


def _repeats(pin: str, size: int) -> bool:
    return pin == pin[:size] * (len(pin) // size)


def _is_run_of(pin: str, times: int) -> bool:
    """Whether each digit is written `times` times and the digits change by the same step, 9 being followed by 0."""
    digits = pin[::times]
    if pin != "".join(digit * times for digit in digits):
        return False
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(digits)}
    return len(steps) == 1
