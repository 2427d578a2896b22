"""What may stand in menus.yaml: the shape of the file, before anything is looked up in it.

Field names are the words a supervisor writes. Every model refuses unknown fields, so that a misspelt one is a fault
and not a silence. Meaning across fields (targets, translations, reachability) is checked in `checks`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ivr.menus.fields import (
    IDENTIFIER_DIGITS,
    Count,
    Country,
    Extension,
    Format,
    IdentifierDigits,
    Key,
    Language,
    Name,
    Span,
    Text,
    Time,
    Translations,
    Weekday,
    Wording,
)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Choice(_Model):
    """A key: what it is for (`label`) and where it leads."""

    label: Translations
    to: str


class Option(Choice):
    """A key of a menu; `language` is the one that it switches to, and the only one that its label is heard in."""

    language: str | None = None


def language_of(option: Choice) -> str | None:
    """The language that a key switches to."""
    return option.language if isinstance(option, Option) else None


def offer_name(menu: str, lang: str) -> str:
    """The name of the prompt that offers a language in a menu."""
    return f"{menu}-{lang}"


class Menu(_Model):
    """A choice by one key. `play` is heard before the options the first time, `again` on every return."""

    type: Literal["menu"]
    play: list[Name] = []
    again: list[Name] | None = None
    options: dict[Key, Option] = Field(min_length=1)
    no_input: Name | None = None
    no_match: Name | None = None
    exhausted: str | None = None


class Message(_Model):
    """Something to hear; a key cuts it short."""

    type: Literal["message"]
    play: list[Name] = Field(min_length=1)
    then: str


class Opening(_Model):
    """A gate: one way in opening hours, another outside them. Who passed it once stays admitted."""

    type: Literal["opening"]
    hours: Name
    open: str
    closed: str


class Authentication(_Model):
    """The identifier and the PIN, from the keypad.

    `failure` is heard after the last try, `cancelled` (default: the same) when the caller gives up by `*`.
    """

    type: Literal["authentication"]
    identifier: Name
    pin: Name
    wrong: Name
    success: Name
    failure: Name
    cancelled: Name | None = None
    then: str
    otherwise: str
    identifier_digits: IdentifierDigits = IDENTIFIER_DIGITS
    pin_digits: Annotated[int, Field(ge=4, le=12)] = 6
    tries: Annotated[int, Field(ge=1, le=9)] = 3


class Offices(_Model):
    """A search for an office by postal code; `file` is a table beside menus.yaml.

    `found` is heard in the caller's language, then `address` in the service's first one: the table's own. Then come the
    `options`, if there are any, `repeat` to hear the address again; silence goes on to `then`.
    """

    type: Literal["offices"]
    file: str
    postal_code: Name
    found: Name
    address: Name
    not_found: Name
    options: dict[Key, Choice] = {}
    then: str


class Transfer(_Model):
    """To the consultants of a topic; the recording notice comes first, always."""

    type: Literal["transfer"]
    topic: Name


class Resume(_Model):
    """To the queue that the caller has left, at the place that they had; to `otherwise` if they were in none."""

    type: Literal["resume"]
    otherwise: str


class End(_Model):
    """A stated ending: something to hear, then the call is hung up."""

    type: Literal["end"]
    play: list[Name] = Field(min_length=1)
    cause: Name


Step = Annotated[
    Menu | Message | Opening | Authentication | Offices | Transfer | Resume | End, Field(discriminator="type")
]


class Hours(_Model):
    """Opening hours by weekday; `holidays` is a country whose public holidays are closed."""

    holidays: Country | None = None
    open: dict[Weekday, list[Span]] = Field(min_length=1)


class Overflow(_Model):
    """The group that a caller goes on to who has waited for `after` seconds."""

    to: Name
    after: Annotated[int, Field(ge=1, le=14400)]


class Queue(_Model):
    """A group of consultants: its hours and the extensions of those who are always its members.

    Of two groups that share a consultant the one of greater `weight` is served first; `wrap_up` is in seconds.
    """

    hours: Name
    agents: list[Extension] = Field(default=[], min_length=1)
    label: Translations
    weight: Annotated[int, Field(ge=0, le=100)] = 0
    wrap_up: Annotated[int, Field(ge=0, le=600)] | None = None
    overflow: Overflow | None = None


class Topic(_Model):
    """A subject of calls and the queue that answers it.

    `short` is what consultants hear and see of it, in the service's first language (default: the label).
    """

    queue: Name
    label: Translations
    short: Text | None = None


class Recording(_Model):
    """How consent to record is obtained. `wording` names the version of the notice that a consent refers to.

    `notice` is always heard in full. Where staying on the line is consent, `staying` says so; where a key is asked for,
    `ask` asks.
    """

    consent: Literal["notice", "ask"]
    wording: Wording
    notice: Name
    staying: Name
    ask: Name
    refused: Name


class Gathering(_Model):
    """Defaults of every choice: seconds of silence before no-input, tries, and what is heard."""

    timeout: Annotated[int, Field(ge=1, le=60)] = 6
    tries: Annotated[int, Field(ge=1, le=9)] = 3
    no_input: Name
    no_match: Name
    exhausted: str


class Leaving(Choice):
    """The key by which a waiting caller leaves the queue, what for, and where it leads."""

    key: Key


class Queueing(_Model):
    """What is heard on the way to a queue, and where a call goes when it comes back from one.

    `answered` is the way after a conversation, `unanswered` that of every other outcome that has none of its own.
    """

    connecting: Name
    answered: str
    unanswered: str
    cut_off: str | None = None
    timeout: str | None = None
    full: str | None = None
    join_empty: str | None = None
    leave_empty: str | None = None
    failed: str | None = None
    leaving: Leaving | None = None


# The fields of Queueing that are the way of one outcome.
OUTCOMES = ("cut_off", "timeout", "full", "join_empty", "leave_empty", "failed")


class Codes(_Model):
    """What consultants hear when they have keyed a code on their telephones, in the service's first language."""

    logged_in: Name
    logged_out: Name
    on_break: Name
    back: Name
    ready: Name
    not_logged_in: Name
    unknown: Name


class HoursPhrases(_Model):
    """How opening hours are put into words in one language.

    `from_day` holds `{first}` and `{last}`, which are words of `days`; `from_time` holds `{start}` and `{end}`, which
    are words of `times`; `day` are words for a day that stands alone.
    """

    from_day: Text
    from_time: Text
    days: dict[Weekday, Text] = {}
    day: dict[Weekday, Text] = {}
    times: dict[Time, Text] = {}


class WhisperPhrases(_Model):
    """What a consultant hears before a caller, in the service's first language.

    `phrase` holds `{topic}`, `{language}` and `{level}`, which are the topic's `short` and words of the other two.
    """

    phrase: Text
    languages: dict[str, Text]
    levels: dict[str, Text]


class WaitingPhrases(_Model):
    """How a place in a queue and a wait are put into words in one language.

    `place` holds `{place}`, which is a word of `places`; `far` is said of places beyond them. `wait` holds `{range}`:
    `below_a_minute`, `up_to` with `{high}`, `between` with `{low}` and `{high}` (words of `minutes`), or one of `over`,
    which are for waits that nobody can tell the end of.
    """

    place: Text
    places: dict[Count, Text]
    far: Text
    wait: Text
    below_a_minute: Text
    up_to: Text
    between: Text
    minutes: dict[Count, Text]
    over: dict[Count, Text]


class Phrases(_Model):
    """How an option is put into words: `{label}` and `{key}` are filled in; how opening hours are, by language.

    `whisper` is for consultants; without it they hear nothing before a caller. `waiting` is what waiting callers are
    told, by language; without it they are told nothing.
    """

    option: Translations
    keys: dict[str, dict[Key, Text]]
    hours: dict[str, HoursPhrases] = {}
    whisper: WhisperPhrases | None = None
    waiting: dict[str, WaitingPhrases] = {}


class MenuFile(_Model):
    """The whole of menus.yaml."""

    format: Format
    languages: list[Language] = Field(min_length=1)
    timezone: str
    start: str
    gathering: Gathering
    recording: Recording
    queueing: Queueing
    codes: Codes | None = None
    hours: dict[Name, Hours] = Field(min_length=1)
    queues: dict[Name, Queue] = Field(min_length=1)
    topics: dict[Name, Topic] = Field(min_length=1)
    steps: dict[Name, Step] = Field(min_length=1)
    phrases: Phrases
    prompts: dict[Name, Translations] = Field(min_length=1)
