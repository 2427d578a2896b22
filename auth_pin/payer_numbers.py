"""Payers' numbers: what is one, and by which of its last digits it is told from others. Pure.

A payer has a NIP (ten digits, the last of them a check digit) or, having none, another number that the operator's table
gives: a REGON, a PESEL.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from auth_pin.faults import PayerFault
from auth_pin.identifiers import FEWEST_DIGITS, MOST_DIGITS

NIP_DIGITS = 10
FEWEST_SPOKEN = 3

_NUMBER = re.compile(rf"[0-9]{{{FEWEST_DIGITS},{MOST_DIGITS}}}")
_BETWEEN_GROUPS = re.compile(r"(?<=[0-9])[ -](?=[0-9])")
_WEIGHTS = (6, 5, 7, 2, 3, 4, 5, 6, 7)


def read(text: str) -> str:
    """The digits of a number as people write it, in groups or not. Raises PayerFault."""
    number = _BETWEEN_GROUPS.sub("", text)
    if not _NUMBER.fullmatch(number):
        raise PayerFault(f"a payer's number is a NIP, or {FEWEST_DIGITS} to {MOST_DIGITS} other digits")
    if len(number) == NIP_DIGITS and not is_nip(number):
        raise PayerFault("this is no NIP: its check digit is wrong")
    return number


def is_nip(number: str) -> bool:
    """Whether ten digits are a NIP: the weighted sum of the first nine, modulo 11, is the last."""
    *digits, check = map(int, number)
    return sum(weight * digit for weight, digit in zip(_WEIGHTS, digits, strict=True)) % 11 == check


def endings(numbers: Sequence[str]) -> tuple[str, ...]:
    """The last three digits of each of these different numbers, or as many more as tell them apart."""
    for length in range(FEWEST_SPOKEN, MOST_DIGITS):
        found = tuple(number[-length:] for number in numbers)
        if len(set(found)) == len(numbers):
            return found
    return tuple(numbers)
