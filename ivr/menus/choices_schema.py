"""What callers choose among, by key or by saying it, as menus.yaml writes it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ivr.menus.fields import Key, Name, Sayings, Translations, Wording
from ivr.menus.phrases import Model


class Choice(Model):
    """A key: what it is for (`label`) and where it leads."""

    label: Translations
    to: str


class Spoken(Choice):
    """A key that is chosen as well by words: `say`, by language."""

    say: Sayings | None = None


class Option(Spoken):
    """A key of a menu; `language` is the one that it switches to, and the only one that its label is heard in."""

    language: str | None = None


class Said(Spoken):
    """What can be said, and is found by its words in the first place."""

    say: Sayings


def language_of(option: Choice) -> str | None:
    """The language that a key switches to."""
    return option.language if isinstance(option, Option) else None


def offer_name(menu: str, lang: str) -> str:
    """The name of the prompt that offers a language in a menu."""
    return f"{menu}-{lang}"


class Assistant(Model):
    """A virtual assistant: callers say what it is about, and both sides are recorded.

    `notice` is heard in full, then `consent` asks: 1 or a word of `speech: accept` is yes, and nothing else is. Whoever
    does not agree goes on to `declined`, and so does everybody while nobody listens. `wording` names the version of
    both. Then `ask` is heard (on return `ask_again`), and that 0 leads to the `consultant`. Each of the `subjects`
    leads somewhere; their keys, 1 to 9, count and are not told. Whoever is not understood twice goes on to `by_key`.
    """

    type: Literal["assistant"]
    wording: Wording
    notice: Name
    consent: Name
    declined: str
    ask: Name
    ask_again: Name | None = None
    no_input: Name | None = None
    subjects: dict[Key, Said] = Field(min_length=1)
    consultant: Said
    by_key: str
