"""The validated, immutable definition of a service: what `flow.step` walks through.

Built by `ivr.menus.loading`; every name in it exists, every prompt has every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.codes import Codes as Codes
from ivr.prompts import Prompt
from ivr.sayings import Speech
from routing.hours import Hours
from routing.offices import Offices as OfficeTable
from routing.queues import LEVELS as LEVELS
from routing.queues import Queue

REPEAT = "repeat"
BACK = "back"
# The prompts that say which key leaves a queue, and which one asks to be called back.
LEAVING = "leaving-the-queue"
OFFERING = "offering-a-callback"

# The keys by which a caller tells whom the call is about: matters of their own, payers in their order, a consultant at
# once, and the same again.
OWN_KEY = "1"
PAYER_KEYS = "23456789"
CONSULTANT_KEY = "0"
REPEAT_KEY = "*"

NONE, SUBSTITUTE, FULL = LEVELS
_RANKS = {level: rank for rank, level in enumerate(LEVELS)}


def reaches(level: str, required: str) -> bool:
    """Whether a caller of a level may come to what requires one."""
    return _RANKS[level] >= _RANKS[required]


@dataclass(frozen=True, slots=True)
class Option:
    """Where a key leads, and the language that it switches to.

    `meant` is the prompt that asks whether it was meant by what was said; there is none where it cannot be said.
    """

    to: str
    language: str | None = None
    meant: str | None = None


@dataclass(frozen=True, slots=True)
class Menu:
    """A choice by one key; `play` is heard the first time, `again` on every return.

    Then come the options, in a prompt that bears the menu's name. Before them, unless the caller is merely back, come
    `offers`: every language that a key switches to, in that language's own words. `requires` is the least level that
    callers have who come here.
    """

    name: str
    play: tuple[str, ...]
    again: tuple[str, ...]
    offers: tuple[Prompt, ...]
    options: Mapping[str, Option]
    no_input: str
    no_match: str
    exhausted: str
    requires: str = NONE


@dataclass(frozen=True, slots=True)
class Message:
    """Something to hear on the way to the next step."""

    name: str
    play: tuple[str, ...]
    then: str
    requires: str = NONE


@dataclass(frozen=True, slots=True)
class Opening:
    """A gate that is open in opening hours."""

    name: str
    hours: str
    open: str
    closed: str


@dataclass(frozen=True, slots=True)
class Payers:
    """How callers who may speak for payers are asked whom the call is about.

    Heard are `ask`, `own` (its key), for each payer `payer`, the last digits of its number and one of `keys`, then
    `others` (the other keys); `consultant` is where one of them leads. Whoever has more payers than there are keys is
    asked for a `number`, and hears `refused` or `chosen`. `unchosen` tells whoever chooses nothing that it is about
    matters of their own.
    """

    ask: str
    own: str
    payer: str
    keys: tuple[str, ...]
    others: str
    consultant: str
    number: str
    refused: str
    chosen: str
    unchosen: str


@dataclass(frozen=True, slots=True)
class Authentication:
    """The identifier (fewest and most digits) and the PIN.

    `delayed` is what prompts are named after that tell for how long no PIN is looked at (`telling.delay_name`).
    """

    name: str
    identifier: str
    pin: str
    wrong: str
    success: str
    failure: str
    cancelled: str
    then: str
    otherwise: str
    identifier_digits: tuple[int, int]
    pin_digits: int
    tries: int
    delayed: str | None = None
    payers: Payers | None = None


@dataclass(frozen=True, slots=True)
class PinChange:
    """Another PIN for whoever has logged in.

    `old`, `new` and `confirm` ask; `wrong` is heard after a wrong old one, `refusals` where a new one cannot be given,
    by what is wrong with it (`events.WEAKNESSES`), `differs` where the two do. `failure` is heard wherever else the PIN
    stays as it was, `delayed` as in a login.
    """

    name: str
    old: str
    wrong: str
    new: str
    refusals: Mapping[str, str]
    confirm: str
    differs: str
    changed: str
    failure: str
    then: str
    otherwise: str
    pin_digits: int
    delayed: str | None = None


@dataclass(frozen=True, slots=True)
class Offices:
    """A search for an office by postal code.

    `options` are keys after the address and where they lead: `REPEAT` says it again. Without any, `then` follows.
    """

    name: str
    postal_code: str
    found: str
    address: str
    not_found: str
    then: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Transfer:
    """To the consultants of a topic."""

    name: str
    topic: str
    queue: str


@dataclass(frozen=True, slots=True)
class Resume:
    """To the queue that the caller was in before, at the place that they had; to `otherwise` if there is none."""

    name: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class Callback:
    """Asking to be called back at the number that the caller calls from, or at one that is keyed.

    `own` and `keyed` are heard before the number's digits, `choice` after them. `then` follows the promise, `otherwise`
    is the way of whoever asks for none.
    """

    name: str
    own: str
    keyed: str
    choice: str
    ask: str
    refused: str
    promised: str
    then: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class Promised:
    """A gate: one way for callers who are to be called back, another for all others. It is met once in a call."""

    name: str
    promised: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The end of the caller's callbacks."""

    name: str
    play: tuple[str, ...]
    then: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a survey: the prompt that asks it, the keys that answer it, and which of them mean satisfied."""

    name: str
    ask: str
    keys: tuple[str, ...]
    satisfied: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """Questions for `share` percent of those who come here; whoever is not asked, or declines, goes on to `then`."""

    name: str
    share: int
    offer: str
    questions: tuple[Question, ...]
    thanks: str
    then: str


@dataclass(frozen=True, slots=True)
class End:
    """A stated ending."""

    name: str
    play: tuple[str, ...]
    cause: str


@dataclass(frozen=True, slots=True)
class Assistant:
    """A virtual assistant: the caller says what it is about, and what is said and heard is recorded.

    `notice` tells of that, `consent` asks for it; `wording` is the version of both that a consent refers to. Whoever
    does not agree goes on to `declined`, and so does everybody while nobody listens. `question` is a menu whose options
    are the subjects and a person; they can be said, and but for the person's their keys are not told. Whoever is not
    understood goes on to `by_key`.
    """

    name: str
    wording: str
    notice: str
    consent: str
    declined: str
    by_key: str
    question: Menu


Step = (
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
    | End
)


@dataclass(frozen=True, slots=True)
class Recording:
    """How consent is obtained: by staying on the line after the notice, or by a key."""

    ask: bool
    wording: str
    notice: str
    staying: str
    question: str
    refused: str


@dataclass(frozen=True, slots=True)
class Gathering:
    """Defaults of every gather: seconds until no-input, and tries."""

    timeout: int
    tries: int
    no_input: str
    no_match: str
    exhausted: str


@dataclass(frozen=True, slots=True)
class Queueing:
    """What is heard on the way to a queue, and where a call goes on when it comes back.

    `ways` are those of single outcomes; `unanswered` is the way of the others. `of_queues` are the ways, by the same
    names, that are a queue's own. `leaving_key` is the key by which a caller leaves the queue, and `LEAVING` the prompt
    that says so; `callback_key` asks to be called back.
    """

    connecting: str
    answered: str
    unanswered: str
    ways: Mapping[str, str] = field(default_factory=dict)
    leaving_key: str | None = None
    callback_key: str | None = None
    of_queues: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def after(self, outcome: str, queue: str) -> str:
        """The step that a call goes on at when it comes back from the queue that it was sent to."""
        own = self.of_queues.get(queue, {})
        if outcome == "answered":
            return own.get("answered", self.answered)
        return own.get(outcome) or self.ways.get(outcome) or own.get("unanswered", self.unanswered)


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Callbacks are offered (`OFFERING`) to callers who have waited, or are told that they will, for `after` seconds.

    `greeting` is heard by whoever answers, and asks for a key; `unmet` is the step for whoever presses none.
    `unreached` is heard by the consultant where nobody answers, `closed` where nobody is called any more, `whisper`
    before the number is called, when the telephone shows `caption`.
    """

    after: int
    greeting: str
    unmet: str
    unreached: str
    closed: str
    whisper: Prompt
    caption: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A whole service. `version` is the hash of the file it was loaded from.

    `whispers` are what a consultant hears before a caller, by topic, language and level; `captions` what their
    telephone shows of each topic; `callers` the group of callers that each topic is counted with. `messages` are
    texts to be sent, by template and language. `without_login` is the same service where nobody may log in by keys.
    """

    version: str
    languages: tuple[str, ...]
    start: str
    steps: Mapping[str, Step]
    prompts: Mapping[tuple[str, str], Prompt]
    gathering: Gathering
    recording: Recording
    queueing: Queueing
    hours: Mapping[str, Hours]
    queues: Mapping[str, Queue]
    topics: Mapping[str, str]
    offices: Mapping[str, OfficeTable]
    whispers: Mapping[tuple[str, str, str], Prompt]
    captions: Mapping[str, str]
    callers: Mapping[str, str]
    codes: Codes | None = None
    callbacks: Callbacks | None = None
    messages: Mapping[tuple[str, str], str] = field(default_factory=dict)
    without_login: Flow | None = None
    speech: Speech | None = None
