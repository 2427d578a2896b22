"""What a caller hears."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

DIGIT = re.compile(r"digit-\d")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing said: its name in the menu file, its language (ISO 639-1) and its words."""

    name: str
    lang: str
    text: str


def digit_name(digit: str) -> str:
    """The name of the prompt that says a digit."""
    return f"digit-{digit}"


def pieces(prompts: tuple[Prompt, ...]) -> Iterator[tuple[Prompt, ...]]:
    """The prompts in pieces that are files of their own: each digit of a number, and what is said between numbers.

    Numbers are people's and as many as there are people: no file is to hold one.
    """
    for is_digit, run in groupby(prompts, lambda prompt: DIGIT.fullmatch(prompt.name) is not None):
        if is_digit:
            yield from ((prompt,) for prompt in run)
        else:
            yield tuple(run)
