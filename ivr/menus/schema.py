"""What may stand in menus.yaml: the shape of the file, before anything is looked up in it.

Field names are the words a supervisor writes. Every model refuses unknown fields, so that a misspelt one is a fault
and not a silence. Meaning across fields (targets, translations, reachability) is checked in `checks`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ivr.menus.choices_schema import Assistant as Assistant
from ivr.menus.choices_schema import Choice as Choice
from ivr.menus.choices_schema import Option as Option
from ivr.menus.choices_schema import Spoken as Spoken
from ivr.menus.choices_schema import language_of as language_of
from ivr.menus.choices_schema import offer_name as offer_name
from ivr.menus.fields import (
    IDENTIFIER_DIGITS,
    Format,
    IdentifierDigits,
    Key,
    Language,
    Level,
    Name,
    Text,
    Translations,
    Wording,
)
from ivr.menus.fields import Sayings as Sayings
from ivr.menus.groups_schema import OUTCOMES as OUTCOMES
from ivr.menus.groups_schema import Hours as Hours
from ivr.menus.groups_schema import Outcomes as Outcomes
from ivr.menus.groups_schema import Overflow as Overflow
from ivr.menus.groups_schema import Queue as Queue
from ivr.menus.groups_schema import Topic as Topic
from ivr.menus.groups_schema import Ways as Ways
from ivr.menus.phrases import Model, Phrases


class Menu(Model):
    """A choice by one key. `play` is heard before the options the first time, `again` on every return.

    `requires` is the least level that callers have who come here; so it is of messages and queues.
    """

    type: Literal["menu"]
    play: list[Name] = Field(default=[])
    again: list[Name] | None = None
    options: dict[Key, Option] = Field(min_length=1)
    no_input: Name | None = None
    no_match: Name | None = None
    exhausted: str | None = None
    requires: Level | None = None


class Message(Model):
    """Something to hear; a key cuts it short."""

    type: Literal["message"]
    play: list[Name] = Field(min_length=1)
    then: str
    requires: Level | None = None


class Opening(Model):
    """A gate: one way in opening hours, another outside them. Who passed it once stays admitted."""

    type: Literal["opening"]
    hours: Name
    open: str
    closed: str


class Payers(Model):
    """Whoever may speak for payers is asked, once known, whom the call is about.

    `ask` is heard first, then 1 for `own` matters, then for each payer `payer`, the last digits of its number and
    `key`, in which `{key}` is filled in; 0 for the `consultant`, * to `repeat`. Whoever has more payers than there are
    keys keys the `number` of one, and hears `refused` or `chosen`. Whoever chooses nothing hears `unchosen`.
    """

    ask: Name
    own: Translations
    payer: Name
    key: Translations
    consultant: Choice
    repeat: Translations
    number: Name
    refused: Name
    chosen: Name
    unchosen: Name


class Authentication(Model):
    """The identifier and the PIN, from the keypad.

    `failure` is heard after the last try, `cancelled` (default: the same) when the caller gives up by `*`,
    `delayed` (default: the same) when too many PINs were tried: `{wait}` is filled in with how long none is looked at.
    With `payers` it is asked whom the call is about.
    """

    type: Literal["authentication"]
    identifier: Name
    pin: Name
    wrong: Name
    success: Name
    failure: Name
    cancelled: Name | None = None
    delayed: Name | None = None
    then: str
    otherwise: str
    identifier_digits: IdentifierDigits = IDENTIFIER_DIGITS
    pin_digits: Annotated[int, Field(ge=4, le=12)] = 6
    tries: Annotated[int, Field(ge=1, le=9)] = 3
    payers: Payers | None = None


class PinChange(Model):
    """Another PIN for callers who have logged in; it requires the level full by itself.

    `old`, `new` and `confirm` ask for PINs. `wrong` is heard after a wrong old one; `length`, `repeated`, `run` and
    `date` say what is wrong with a new one, `differs` that the two are not the same, `changed` that it is done.
    `failure` is heard wherever else the PIN stays as it was, `delayed` (default: the same) as in a login.
    """

    type: Literal["change-pin"]
    old: Name
    wrong: Name
    new: Name
    length: Name
    repeated: Name
    run: Name
    date: Name
    confirm: Name
    differs: Name
    changed: Name
    failure: Name
    delayed: Name | None = None
    then: str
    otherwise: str
    pin_digits: Annotated[int, Field(ge=4, le=12)] = 6


class Offices(Model):
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
    options: dict[Key, Choice] = Field(default={})
    then: str


class Transfer(Model):
    """To the consultants of a topic; the recording notice comes first, always."""

    type: Literal["transfer"]
    topic: Name


class Resume(Model):
    """To the queue that the caller has left, at the place that they had; to `otherwise` if they were in none."""

    type: Literal["resume"]
    otherwise: str


class Callback(Model):
    """Asking to be called back. `own` is heard before the last digits of the number that the caller calls from, `keyed`
    before those of one that was keyed, `choice` after them: 1 agrees, 2 is another number, * leads to `otherwise`.

    `ask` asks for a number, `refused` is heard where it cannot be called; `then` follows `promised`.
    """

    type: Literal["callback"]
    own: Name
    keyed: Name
    choice: Name
    ask: Name
    refused: Name
    promised: Name
    then: str
    otherwise: str


class Promised(Model):
    """A gate: one way for callers who are to be called back, another for all others."""

    type: Literal["promised"]
    promised: str
    otherwise: str


class Cancellation(Model):
    """The end of the caller's callbacks."""

    type: Literal["cancel-callback"]
    play: list[Name] = Field(min_length=1)
    then: str


class Question(Model):
    """A question of a survey: the keys that answer it, and those of them that mean satisfied."""

    name: Name
    ask: Name
    keys: list[Key] = Field(min_length=2)
    satisfied: list[Key] = Field(min_length=1)


class Survey(Model):
    """One or two questions by key for `share` percent of the calls that come here.

    They are asked only of those who press 1 at the `offer`; all others go on to `then`.
    """

    type: Literal["survey"]
    share: Annotated[int, Field(ge=0, le=100)]
    offer: Name
    questions: list[Question] = Field(min_length=1, max_length=2)
    thanks: Name
    then: str


class End(Model):
    """A stated ending: something to hear, then the call is hung up."""

    type: Literal["end"]
    play: list[Name] = Field(min_length=1)
    cause: Name


Step = Annotated[
    Menu
    | Message
    | Opening
    | Authentication
    | PinChange
    | Offices
    | Transfer
    | Resume
    | Callback
    | Promised
    | Cancellation
    | Survey
    | Assistant
    | End,
    Field(discriminator="type"),
]


class Recording(Model):
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


class Gathering(Model):
    """Defaults of every choice: seconds of silence before no-input, tries, and what is heard."""

    timeout: Annotated[int, Field(ge=1, le=60)] = 6
    tries: Annotated[int, Field(ge=1, le=9)] = 3
    no_input: Name
    no_match: Name
    exhausted: str


class Leaving(Choice):
    """The key by which a waiting caller leaves the queue, what for, and where it leads."""

    key: Key


class Queueing(Outcomes):
    """What is heard on the way to a queue, and where a call goes when it comes back from one.

    `answered` is the way after a conversation, `unanswered` that of every other outcome that has none of its own.
    """

    connecting: Name
    answered: str
    unanswered: str
    leaving: Leaving | None = None


class Callbacks(Choice):
    """Callers may ask to be called back by `key` while they wait; it is offered once they have waited, or are told that
    they will wait, for `after` seconds.

    Whoever answers hears `greeting` and presses 1, or goes on at `unmet`. `short` is what consultants hear before the
    number is called, `unreached` what they hear where nobody answers, and `closed` where the queue has just closed and
    the number is not called (without it `unreached`).
    """

    key: Key
    after: Annotated[int, Field(ge=0, le=14400)]
    greeting: Name
    unmet: str
    short: Text
    unreached: Name
    closed: Name | None = None


class Speech(Model):
    """How what callers say is answered. Of an option's `say` nothing is heard without this.

    `meant` asks whether an option was meant, and `{label}` is filled in: 1 or a word of `accept` is yes, 2 or one of
    `refuse` no. It is asked from the confidence `unsure` on; from `sure` on the option is taken (percent). `unheard` is
    heard where nothing was understood, `by_key` where keys alone count from then on.
    """

    meant: Translations
    accept: Sayings
    refuse: Sayings
    unheard: Name
    by_key: Name
    sure: Annotated[int, Field(ge=1, le=100)] = 80
    unsure: Annotated[int, Field(ge=1, le=100)] = 30


class Codes(Model):
    """What consultants hear when they have keyed a code on their telephones, in the service's first language."""

    logged_in: Name
    logged_out: Name
    on_break: Name
    back: Name
    ready: Name
    not_logged_in: Name
    no_agent: Name
    not_here: Name
    unknown: Name
    # Menus from before these are kept, and must be read.
    unrecorded: Name | None = None
    logging_in: Name | None = None
    questions: Name | None = None
    authorised: Name | None = None
    unauthorised: Name | None = None


class MenuFile(Model):
    """The whole of menus.yaml."""

    format: Format
    languages: list[Language] = Field(min_length=1)
    timezone: str
    start: str
    gathering: Gathering
    recording: Recording
    queueing: Queueing
    callbacks: Callbacks | None = None
    speech: Speech | None = None
    codes: Codes | None = None
    hours: dict[Name, Hours] = Field(min_length=1)
    queues: dict[Name, Queue] = Field(min_length=1)
    topics: dict[Name, Topic] = Field(min_length=1)
    steps: dict[Name, Step] = Field(min_length=1)
    phrases: Phrases
    prompts: dict[Name, Translations] = Field(min_length=1)
    messages: dict[Name, Translations] = Field(default_factory=dict)
