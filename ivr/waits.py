"""What a turn waits for: exactly one of these.

`Gather`, `PlayOut`, `Transfer` and `Hangup` are carried out by a gateway. The others are services that the runner
answers, so that the flow stays pure.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gather:
    """Keys. Prompts before it can be cut by a key (barge-in).

    `timeout` is both the no-input and the inter-digit timeout, in seconds; `#` ends the input early. A `secret` gather
    is kept out of every log and row. Where `spoken` is a language, phrases of the flow's grammar of this name in it may
    be said instead. What is said and heard there is `recorded` where the caller has agreed to that.
    """

    name: str
    max_digits: int
    timeout: int
    secret: bool = False
    spoken: str = ""
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class PlayOut:
    """The end of the prompts. They cannot be cut short; what is keyed meanwhile is dropped."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """The end of the caller's stay in the queue and with a consultant."""

    topic: str
    queue: str
    auth_level: str
    recorded: bool
    lang: str


@dataclass(frozen=True, slots=True)
class Hangup:
    """Nothing more: the call is hung up after the prompts."""

    cause: str


@dataclass(frozen=True, slots=True)
class CheckHours:
    """Whether the named opening hours are open now."""

    hours: str


@dataclass(frozen=True, slots=True)
class CheckSpeech:
    """Whether what is said in a language can be listened for now."""

    lang: str


@dataclass(frozen=True, slots=True)
class DrawSurvey:
    """Whether this call is among the `share` percent whose callers are asked."""

    share: int


@dataclass(frozen=True, slots=True)
class VerifyPin:
    """Whether the PIN held in memory belongs to the claimed identifier."""

    claim: str


@dataclass(frozen=True, slots=True)
class VerifyOldPin:
    """Whether the PIN held in memory belongs to the profile that has logged in."""

    subject: str


@dataclass(frozen=True, slots=True)
class StorePin:
    """The PIN held in memory becomes that of the profile."""

    subject: str


@dataclass(frozen=True, slots=True)
class FindPayers:
    """The payers that the person of a profile may speak for."""

    subject: str


@dataclass(frozen=True, slots=True)
class FindOffice:
    """The office that serves a postal code."""

    step: str
    postal_code: str


@dataclass(frozen=True, slots=True)
class FindNumber:
    """The number that the caller calls from, if it may be called."""


@dataclass(frozen=True, slots=True)
class FindCallback:
    """Whether the caller is to be called back."""


@dataclass(frozen=True, slots=True)
class CancelCallback:
    """The end of every callback to the caller's number."""


# Services answer fewer times than this between two events: loading proves it, and the runner relies on it.
MOST_SERVICE_ANSWERS = 20

PinWait = VerifyPin | VerifyOldPin | StorePin
SearchWait = FindPayers | FindOffice | FindNumber | FindCallback
ServiceWait = CheckHours | CheckSpeech | DrawSurvey | PinWait | SearchWait | CancelCallback
GatewayWait = Gather | PlayOut | Transfer | Hangup
Wait = GatewayWait | ServiceWait
