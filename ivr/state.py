"""Where a call stands: everything the flow remembers between two events, and nothing that is secret."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any


@dataclass(frozen=True, slots=True)
class New:
    """Not answered yet."""


@dataclass(frozen=True, slots=True)
class AtMenu:
    """At a menu, or at the question of the virtual assistant, waiting for a key or a word."""

    step: str


@dataclass(frozen=True, slots=True)
class AtConfirmation:
    """Asked whether what was said at a menu meant the option of that key."""

    step: str
    key: str


@dataclass(frozen=True, slots=True)
class AtIdentifier:
    """Keying the identifier."""

    step: str


@dataclass(frozen=True, slots=True)
class AtPin:
    """Keying the PIN; `claim` is the pseudonym of the identifier."""

    step: str
    claim: str


@dataclass(frozen=True, slots=True)
class AtVerification:
    """The PIN is being verified."""

    step: str
    claim: str


@dataclass(frozen=True, slots=True)
class AtPostalCode:
    """Keying a postal code."""

    step: str


@dataclass(frozen=True, slots=True)
class AtOfficeSearch:
    """An office is being looked up."""

    step: str
    postal_code: str


@dataclass(frozen=True, slots=True)
class AtAddress:
    """Hearing the address of the office for a postal code, which cannot be cut short."""

    step: str
    postal_code: str


@dataclass(frozen=True, slots=True)
class AfterAddress:
    """The address has been heard: choosing by a key what comes next, to hear it again among other things."""

    step: str
    postal_code: str


@dataclass(frozen=True, slots=True)
class AtOpening:
    """The opening hours are being checked."""

    step: str


@dataclass(frozen=True, slots=True)
class AtResult:
    """Hearing the result of an authentication or a search, which cannot be cut short; `then` is the next step.

    When `then` is the authentication itself, another try follows.
    """

    step: str
    prompt: str
    then: str


@dataclass(frozen=True, slots=True)
class AtDelay:
    """Hearing that no PIN is looked at now, and in how many minutes at most one is, which cannot be cut short."""

    step: str
    minutes: int


@dataclass(frozen=True, slots=True)
class AtKnown:
    """Hearing that the login has succeeded, which cannot be cut short; then it is asked whom the call is about."""

    step: str


@dataclass(frozen=True, slots=True)
class AtOldPin:
    """Changing the PIN: keying the old one."""

    step: str


@dataclass(frozen=True, slots=True)
class AtOldPinCheck:
    """The old PIN is being verified."""

    step: str


@dataclass(frozen=True, slots=True)
class AtNewPin:
    """Keying a new PIN."""

    step: str


@dataclass(frozen=True, slots=True)
class AtPinAgain:
    """Keying the new PIN again."""

    step: str


@dataclass(frozen=True, slots=True)
class AtPinStoring:
    """The new PIN is being stored."""

    step: str


@dataclass(frozen=True, slots=True)
class AtPayerSearch:
    """The payers that the caller may speak for are being looked up."""

    step: str


@dataclass(frozen=True, slots=True)
class AtPayerChoice:
    """Choosing by a key whom the call is about; `payers` are references, in the order of their keys."""

    step: str
    payers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AtPayerNumber:
    """Keying the number of the payer whom the call is about."""

    step: str


@dataclass(frozen=True, slots=True)
class AtNotice:
    """Hearing the recording notice."""

    step: str


@dataclass(frozen=True, slots=True)
class AtConsent:
    """Asked for consent to be recorded, waiting for a key."""

    step: str


@dataclass(frozen=True, slots=True)
class AtAssistantCheck:
    """On the way to the virtual assistant: whether anybody listens is being checked."""

    step: str


@dataclass(frozen=True, slots=True)
class AtAssistantNotice:
    """Hearing that what is said to the virtual assistant is recorded."""

    step: str


@dataclass(frozen=True, slots=True)
class AtAssistantConsent:
    """Asked for consent to that, waiting for a key or a word."""

    step: str


@dataclass(frozen=True, slots=True)
class AtOwnNumber:
    """Asking to be called back: the number that the caller calls from is looked up."""

    step: str


@dataclass(frozen=True, slots=True)
class AtNumber:
    """Keying the number to be called back at."""

    step: str


@dataclass(frozen=True, slots=True)
class AtNumberChoice:
    """Confirming the number (E.164) to be called back at, or asking for another one; `spoken` are its digits."""

    step: str
    number: str
    spoken: str


@dataclass(frozen=True, slots=True)
class AtPromise:
    """Hearing that the number will be called."""

    step: str
    number: str


@dataclass(frozen=True, slots=True)
class AtCallbackSearch:
    """Whether the caller is to be called back is being looked up."""

    step: str


@dataclass(frozen=True, slots=True)
class AtCancellation:
    """The callback is being cancelled."""

    step: str


@dataclass(frozen=True, slots=True)
class AtGreeting:
    """Called back, and asked for a key: a mailbox presses none. `step` leads to the consultants of the topic."""

    step: str


@dataclass(frozen=True, slots=True)
class InQueue:
    """In the queue or with a consultant."""

    step: str


@dataclass(frozen=True, slots=True)
class AtSurveyDraw:
    """Whether the caller is asked is being drawn."""

    step: str


@dataclass(frozen=True, slots=True)
class AtSurveyOffer:
    """Offered a survey, waiting for the key that accepts it."""

    step: str


@dataclass(frozen=True, slots=True)
class AtSurveyQuestion:
    """At a question of a survey, waiting for a key."""

    step: str
    question: str


@dataclass(frozen=True, slots=True)
class Ended:
    """Over: `cause` says why, `step` where."""

    step: str
    cause: str


AssistantPosition = AtAssistantCheck | AtAssistantNotice | AtAssistantConsent
PinPosition = AtOldPin | AtOldPinCheck | AtNewPin | AtPinAgain | AtPinStoring
PayerPosition = AtKnown | AtPayerSearch | AtPayerChoice | AtPayerNumber
CallbackPosition = AtOwnNumber | AtNumber | AtNumberChoice | AtPromise | AtCallbackSearch | AtCancellation | AtGreeting

Position = (
    New
    | AtMenu
    | AtConfirmation
    | AtIdentifier
    | AtPin
    | AtVerification
    | AtPostalCode
    | AtOfficeSearch
    | AtAddress
    | AfterAddress
    | AtOpening
    | AtResult
    | AtDelay
    | PinPosition
    | PayerPosition
    | AtNotice
    | AtConsent
    | AssistantPosition
    | CallbackPosition
    | InQueue
    | AtSurveyDraw
    | AtSurveyOffer
    | AtSurveyQuestion
    | Ended
)


# Without slots, so that `replace` can copy all fields at once.
@dataclass(frozen=True)
class State:
    """A call between two events.

    `trail` is the way back, the nearest menu last; `heard` are menus whose long form was heard. `admitted` is set when
    the caller asked for a consultant in opening hours and stays set: whoever asked in time is served. `subject` is the
    pseudonym of the authenticated profile, `payer` the reference of the payer whom the call is about, None for matters
    of one's own; `pin_tries` counts PINs that logins of the call refused, `old_pins` those that were keyed to be
    changed. `consent` is None until the caller has decided on recording. `sought` is set once the caller's callbacks
    have been looked for; `callback` is the one that this call keeps. `drawn` is set once it has been drawn whether the
    caller is asked by a survey: that happens once in a call. `talking` is the step of the consultants with one of whom
    the caller talks, while the caller logs in in the middle of that conversation. `misses` counts what was said at the
    menu and not understood. `assistant` is whether the caller has agreed that the virtual assistant records them, None
    as long as neither that nor the contrary was said.
    """

    lang: str
    position: Position = New()
    trail: tuple[str, ...] = ()
    heard: frozenset[str] = frozenset()
    no_inputs: int = 0
    no_matches: int = 0
    pin_tries: int = 0
    old_pins: int = 0
    auth_level: str = "none"
    subject: str | None = None
    payer: str | None = None
    admitted: bool = False
    topic: str | None = None
    consent: bool | None = None
    sought: bool = False
    callback: str | None = None
    drawn: bool = False
    talking: str | None = None
    misses: int = 0
    assistant: bool | None = None


if TYPE_CHECKING:
    # Names and values are checked as there.
    from dataclasses import replace as replace
else:
    _NAMES = frozenset(field.name for field in fields(State))

    def replace(state: State, **changes: Any) -> State:
        """The state with other values of some fields, as `dataclasses.replace` gives it. Raises TypeError for others.

        Every turn makes a state or two. That one asks each field what it is, sets each by itself, and took half of
        a turn; here all are copied at once, into a state that nobody has seen yet.
        """
        if not changes.keys() <= _NAMES:
            raise TypeError(f"no fields of a state: {', '.join(sorted(changes.keys() - _NAMES))}")
        replaced = object.__new__(State)
        replaced.__dict__.update(state.__dict__, **changes)
        return replaced
