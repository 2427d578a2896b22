"""What single values of menus.yaml look like: names, keys, times, texts."""

from __future__ import annotations

import re
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from speech.grammar import is_phrase

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
LONGEST_PHRASE = 60
KEYS = "1234567890*#"
# The fewest and the most that an identifier of the portal has; the default of each login.
IDENTIFIER_DIGITS = (6, 12)


def _name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise ValueError("a name is 1-40 small letters, digits and hyphens, and begins with a letter")
    return value


def _key(value: str) -> str:
    if len(value) != 1 or value not in KEYS:
        raise ValueError('a key is one of "0" to "9", "*" and "#"')
    return value


def _span(value: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)", value):
        raise ValueError('opening hours look like "07:00-18:00"')
    start, end = value.split("-")
    if start >= end:
        raise ValueError("opening hours end after they begin")
    return value


def _time(value: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d|24:00", value):
        raise ValueError('a time looks like "07:00"')
    return value


def _count(value: str) -> str:
    if not re.fullmatch(r"0|[1-9]\d{0,2}", value):
        raise ValueError('a number looks like "10"')
    return value


def _extension(value: str) -> str:
    if not re.fullmatch(r"\d{2,10}", value):
        raise ValueError("a consultant's extension is 2-10 digits in quotes")
    return value


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("a text must not be empty")
    if any(ord(character) < 32 for character in value.strip()):
        raise ValueError("a text must not hold line breaks or control characters; fold it with >-")
    return value.strip()


def _phrase(value: str) -> str:
    if len(value) > LONGEST_PHRASE or not is_phrase(value):
        raise ValueError("what callers say is words: letters, with apostrophes and hyphens inside")
    return value


def _language(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2}", value):
        raise ValueError('a language is two small letters, like "pl"')
    return value


def _country(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", value):
        raise ValueError('a country is two capital letters, like "PL"')
    return value


def _wording(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.-]{1,20}", value):
        raise ValueError("a wording's version is 1-20 letters, digits, dots and hyphens")
    return value


def _digits_of_an_identifier(value: int) -> int:
    fewest, most = IDENTIFIER_DIGITS
    if not fewest <= value <= most:
        raise ValueError(
            f"PUE identifiers have {fewest} to {most} digits", f"the fewest and the most, such as [{fewest}, {most}]"
        )
    return value


def _identifier_digits(value: tuple[int, int]) -> tuple[int, int]:
    fewest, most = value
    if fewest > most:
        raise ValueError("the fewest digits come first, then the most")
    return value


def _known_format(value: int) -> int:
    if value != 1:
        raise ValueError("this version reads format 1")
    return value


Wording = Annotated[str, AfterValidator(_wording)]
Format = Annotated[int, AfterValidator(_known_format)]
Name = Annotated[str, AfterValidator(_name)]
Key = Annotated[str, AfterValidator(_key)]
Span = Annotated[str, AfterValidator(_span)]
Time = Annotated[str, AfterValidator(_time)]
Count = Annotated[str, AfterValidator(_count)]
Extension = Annotated[str, AfterValidator(_extension)]
Language = Annotated[str, AfterValidator(_language)]
Country = Annotated[str, AfterValidator(_country)]
Text = Annotated[str, AfterValidator(_text)]
Digits = Annotated[int, AfterValidator(_digits_of_an_identifier)]
IdentifierDigits = Annotated[tuple[Digits, Digits], Field(strict=False), AfterValidator(_identifier_digits)]
Translations = dict[str, Text]
Phrase = Annotated[str, AfterValidator(_phrase)]
# What may be said, by language.
Sayings = dict[str, Annotated[list[Phrase], Field(min_length=1)]]
# The level that a place requires of its callers.
Level = Literal["substitute", "full"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
