"""Digits of numbers, which are prompts of their own where numbers are said."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.menus import schema
from ivr.menus.groups import Told
from ivr.menus.payers import asking_whom
from ivr.prompts import Prompt, digit_name

DIGITS = "0123456789"


def digits_said(file: schema.MenuFile) -> str:
    """The digits that callers hear in numbers: all of them where callbacks are kept or payers chosen, else none."""
    return DIGITS if file.callbacks is not None or any(asking_whom(file)) else ""


def prompts_of_digits(file: schema.MenuFile, lang: str) -> Iterator[Prompt]:
    """Each digit as its key is called."""
    for digit in digits_said(file):
        yield Prompt(digit_name(digit), lang, file.phrases.keys[lang][digit])


def faults_of_digits(file: schema.MenuFile) -> Iterator[Told]:
    """Prompts that bear the name of a digit."""
    for name in sorted({digit_name(digit) for digit in digits_said(file)} & file.prompts.keys()):
        yield ("prompts", name), f'"{name}" is the name of a digit', "choose another name"
