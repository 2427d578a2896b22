"""What a caller hears."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

DIGIT = re.compile(r"digit-\d")
# Where the last digits of a payer's number are said: the flow knows none. No prompt of a file can have this name.
ENDING = "payer:ending"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing said: its name in the menu file, its language (ISO 639-1) and its words."""

    name: str
    lang: str
    text: str


def digit_name(digit: str) -> str:
    """The name of the prompt that says a digit."""
    return f"digit-{digit}"


def ending_of(payer: str, lang: str) -> Prompt:
    """What stands for the last digits of a payer's number, until they are known; `payer` is a reference."""
    return Prompt(ENDING, lang, payer)


def pieces(prompts: tuple[Prompt, ...]) -> Iterator[tuple[Prompt, ...]]:
    """The prompts in pieces that are files of their own: each digit of a number, and what is said between numbers.

    Numbers are people's and as many as there are people: no file is to hold one.
    """
    for is_apart, run in groupby(prompts, is_of_a_number):
        if is_apart:
            yield from ((prompt,) for prompt in run)
        else:
            yield tuple(run)


def is_of_a_number(prompt: Prompt) -> bool:
    """Whether the prompt is a digit of somebody's number, or stands for some."""
    return prompt.name == ENDING or DIGIT.fullmatch(prompt.name) is not None
