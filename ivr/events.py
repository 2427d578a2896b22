"""Everything that can happen to a call, as the flow sees it.

Digits of a secret are not among it: a gateway hands them to the runner, which keeps them in memory and tells the flow
how many there were (`SecretKeyed`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Started:
    """The call has been answered. `lang` asks for a language other than the service's first."""

    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Keyed:
    """Keys at a gather: what came before the timeout, the terminator or the limit; a lone terminator is `#`."""

    digits: str


@dataclass(frozen=True, slots=True)
class Heard:
    """Words were said at a gather: the keys that they stand for, and how sure that is, in percent.

    Without `choices` they were none of the phrases. No words are kept of it.
    """

    choices: tuple[str, ...]
    confidence: int


@dataclass(frozen=True, slots=True)
class NoInput:
    """Nothing was keyed or said before the no-input timeout."""


@dataclass(frozen=True, slots=True)
class SecretKeyed:
    """A secret was keyed at a gather: `length` digits. `claim` is the pseudonym of a keyed identifier."""

    length: int
    claim: str | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """What could not be cut short has been heard to its end."""


@dataclass(frozen=True, slots=True)
class HoursChecked:
    """The answer to `CheckHours`."""

    open: bool


@dataclass(frozen=True, slots=True)
class SpeechChecked:
    """The answer to `CheckSpeech`."""

    heard: bool


@dataclass(frozen=True, slots=True)
class SurveyDrawn:
    """The answer to `DrawSurvey`: whether this caller is one of those who are asked."""

    asked: bool


@dataclass(frozen=True, slots=True)
class PinVerified:
    """The PIN belongs to the claimed identifier; `subject` is the profile's pseudonym."""

    subject: str


@dataclass(frozen=True, slots=True)
class PinRefused:
    """Unknown identifier, wrong PIN or unusable profile: nobody learns which."""


@dataclass(frozen=True, slots=True)
class PinDelayed:
    """The PIN was not looked at: too many were tried. The next one is in so many `seconds`, at the earliest."""

    seconds: int


@dataclass(frozen=True, slots=True)
class NewPinKeyed:
    """A new PIN was keyed that may be given, or the same one again."""


@dataclass(frozen=True, slots=True)
class NewPinRefused:
    """A new PIN was keyed that may not be given: `reason` is one of `WEAKNESSES`."""

    reason: str


@dataclass(frozen=True, slots=True)
class NewPinDiffers:
    """What was keyed again is another PIN."""


@dataclass(frozen=True, slots=True)
class PinStored:
    """The answer to `StorePin`; not `stored`: the profile may not be used any more."""

    stored: bool


@dataclass(frozen=True, slots=True)
class PayersFound:
    """The answer to `FindPayers`: references of the payers that the caller may speak for, as they are offered."""

    payers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ManyPayers:
    """The caller may speak for more payers than there are keys."""


@dataclass(frozen=True, slots=True)
class PayerKeyed:
    """A number was keyed, of a payer that the caller may speak for."""

    payer: str


@dataclass(frozen=True, slots=True)
class PayerRefused:
    """A number was keyed, of nobody that the caller may speak for: nobody learns whether there is such a payer."""


@dataclass(frozen=True, slots=True)
class OfficeFound:
    """The answer to `FindOffice`: the words that fill the `found` prompt."""

    name: str
    street: str
    postal_code: str
    city: str


@dataclass(frozen=True, slots=True)
class OfficeNotFound:
    """No office serves the postal code."""


@dataclass(frozen=True, slots=True)
class CalledBack:
    """Whoever answered at the number of a callback: `callback` is the call in which it was asked for."""

    callback: str
    topic: str
    lang: str


@dataclass(frozen=True, slots=True)
class NumberFound:
    """A number that may be called: in E.164, and as its digits are said (the country's own are left out)."""

    number: str
    spoken: str


@dataclass(frozen=True, slots=True)
class NumberRefused:
    """The caller's number is withheld, or what was keyed is none that may be called."""


@dataclass(frozen=True, slots=True)
class CallbackSought:
    """The answer to `FindCallback`: whether the caller is to be called back."""

    found: bool


@dataclass(frozen=True, slots=True)
class CallbackCancelled:
    """The answer to `CancelCallback`: nobody will be called."""


@dataclass(frozen=True, slots=True)
class QueueLeft:
    """The call came back from a queue, its caller still there. `outcome` is one of `QUEUE_OUTCOMES`.

    `answered`: the conversation is over; `CUT_OFF`: the consultant's telephone has gone in the middle of it. `topic` is
    that of a colleague to whom the caller had been left by then, else empty: the queue's own.
    """

    outcome: str
    topic: str = ""


@dataclass(frozen=True, slots=True)
class SentOn:
    """A consultant has sent the caller on to the consultants of another topic."""

    topic: str


@dataclass(frozen=True, slots=True)
class LoginAsked:
    """The consultant whom the caller talks to has the caller log in; both are joined again afterwards."""

    agent: str


@dataclass(frozen=True, slots=True)
class Joined:
    """A colleague of another group was asked by the consultant; told when the conversation is over."""

    agent: str


@dataclass(frozen=True, slots=True)
class ConsentWithdrawn:
    """The caller does not want to be recorded any more, and nothing that was recorded is to stay.

    A consultant has keyed it in the conversation, or it was told to the centre; the flow learns it with the next turn.
    """


@dataclass(frozen=True, slots=True)
class Authorised:
    """A consultant has asked control questions of these kinds, and the caller has answered them.

    It happens in the conversation; the flow learns it with the next turn.
    """

    agent: str
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reentered:
    """Another process took the call over; the caller is to hear the same place again."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The connection ended.

    `caller` hung up, `no-ivr`: the dialplan alone carried the call to its end, `lost`: Asterisk died with it.
    """

    cause: str = "caller"


# Another number of digits, a pattern repeated, a run, a date: what is looked for in this order.
WEAKNESSES = ("length", "repeated", "run", "date")
LEFT_BY_KEY = "returned_to_ivr"
CALLBACK_REQUESTED = "callback_requested"
CUT_OFF = "cut_off"
QUEUE_OUTCOMES = (
    "answered",
    CUT_OFF,
    "timeout",
    "full",
    "join_empty",
    "leave_empty",
    "failed",
    LEFT_BY_KEY,
    CALLBACK_REQUESTED,
)

Event = (
    Started
    | Keyed
    | Heard
    | NoInput
    | SecretKeyed
    | Played
    | HoursChecked
    | SpeechChecked
    | SurveyDrawn
    | PinVerified
    | PinRefused
    | PinDelayed
    | NewPinKeyed
    | NewPinRefused
    | NewPinDiffers
    | PinStored
    | PayersFound
    | ManyPayers
    | PayerKeyed
    | PayerRefused
    | OfficeFound
    | OfficeNotFound
    | CalledBack
    | NumberFound
    | NumberRefused
    | CallbackSought
    | CallbackCancelled
    | QueueLeft
    | SentOn
    | LoginAsked
    | Joined
    | ConsentWithdrawn
    | Authorised
    | Reentered
    | HungUp
)
