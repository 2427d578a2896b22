"""Names of places, events and transitions, for people; and what of keyed things a place accepts."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.definition import CONSULTANT_KEY, OWN_KEY, PAYER_KEYS, REPEAT_KEY, Flow
from ivr.events import (
    CallbackCancelled,
    CallbackSought,
    Event,
    Heard,
    HoursChecked,
    HungUp,
    Keyed,
    ManyPayers,
    NewPinDiffers,
    NewPinKeyed,
    NewPinRefused,
    NoInput,
    NumberFound,
    NumberRefused,
    OfficeFound,
    OfficeNotFound,
    PayerKeyed,
    PayerRefused,
    PayersFound,
    PinDelayed,
    PinRefused,
    PinStored,
    PinVerified,
    Played,
    QueueLeft,
    SecretKeyed,
    SpeechChecked,
    Started,
    SurveyDrawn,
)
from ivr.flow import GIVE_UP
from ivr.flow.survey import ACCEPT
from ivr.lookups import asking_pin_at, authentication_at, menu_at, offices_at, question_at
from ivr.state import (
    AfterAddress,
    AtAddress,
    AtAssistantCheck,
    AtAssistantConsent,
    AtAssistantNotice,
    AtCallbackSearch,
    AtCancellation,
    AtConfirmation,
    AtConsent,
    AtDelay,
    AtGreeting,
    AtIdentifier,
    AtKnown,
    AtMenu,
    AtNewPin,
    AtNotice,
    AtNumber,
    AtNumberChoice,
    AtOfficeSearch,
    AtOldPin,
    AtOldPinCheck,
    AtOpening,
    AtOwnNumber,
    AtPayerChoice,
    AtPayerNumber,
    AtPayerSearch,
    AtPin,
    AtPinAgain,
    AtPinStoring,
    AtPostalCode,
    AtPromise,
    AtResult,
    AtSurveyDraw,
    AtSurveyOffer,
    AtSurveyQuestion,
    AtVerification,
    Ended,
    InQueue,
    New,
    Position,
    State,
)
from ivr.waiting import POSTAL_CODE_DIGITS

CONSENT_KEYS = "12"
NUMBER_CHOICE_KEYS = "12*"

END = "/end "

# What can be keyed and be wrong.
Answer = Keyed | SecretKeyed | NumberRefused | PayerRefused | NewPinRefused


@dataclass(frozen=True, slots=True, order=True)
class Transition:
    """One way that a call can go: from a place, by an event, to a place."""

    at: str
    event: str
    to: str

    @property
    def ends(self) -> bool:
        """Whether the call is over then."""
        return END in self.to

    def __str__(self) -> str:
        return f"{self.at} -- {self.event} --> {self.to}"


def transition(flow: Flow, before: State, event: Event, after: State) -> Transition:
    """The name of what `event` did."""
    return Transition(where(before.position), _what(flow, before, event), where(after.position))


def where(position: Position) -> str:
    """A place's name: the step of the menu file, and which part of it where it has several."""
    match position:
        case New():
            return "start"
        case AtMenu(name):
            return name
        case AtConfirmation(name, key):
            return f"{name}/meant {key}"
        case AtResult(name, prompt):
            return f"{name}/result {prompt}"
        case AtSurveyQuestion(name, question):
            return f"{name}/question {question}"
        case Ended(name, cause):
            return f"{name}{END}{cause}"
        case part:
            return f"{part.step}/{_PARTS[type(part)]}"


_PARTS: dict[type[Position], str] = {
    AtIdentifier: "identifier",
    AtPin: "pin",
    AtVerification: "verification",
    AtPostalCode: "postal-code",
    AtOfficeSearch: "search",
    AtAddress: "address",
    AfterAddress: "after-address",
    AtOpening: "hours",
    AtDelay: "delayed",
    AtKnown: "known",
    AtOldPin: "old-pin",
    AtOldPinCheck: "old-pin-check",
    AtNewPin: "new-pin",
    AtPinAgain: "new-pin-again",
    AtPinStoring: "storing",
    AtPayerSearch: "payers",
    AtPayerChoice: "payer",
    AtPayerNumber: "payer-number",
    AtNotice: "notice",
    AtConsent: "consent",
    AtAssistantCheck: "listening",
    AtAssistantNotice: "assistant-notice",
    AtAssistantConsent: "assistant-consent",
    AtOwnNumber: "own-number",
    AtNumber: "number",
    AtNumberChoice: "number-choice",
    AtPromise: "promise",
    AtCallbackSearch: "promised",
    AtCancellation: "cancellation",
    AtGreeting: "greeting",
    InQueue: "queue",
    AtSurveyDraw: "draw",
    AtSurveyOffer: "offer",
}


def _what(flow: Flow, state: State, event: Event) -> str:
    match event:
        case Keyed() if isinstance(state.position, AtSurveyOffer | AtSurveyQuestion) and not accepts(
            flow, state, event
        ):
            return "no match again" if state.no_matches else "another key"
        case Keyed(digits):
            return _matched(state, _keyed(digits), accepts(flow, state, event))
        case SecretKeyed(length):
            return _matched(state, f"{length} digits", accepts(flow, state, event))
        case Heard(choices):
            return f"said {' or '.join(choices)}" if choices else "not understood"
        case HoursChecked() | SpeechChecked() | CallbackSought() | PinStored() | SurveyDrawn():
            return _yes_or_no(event)
        case NumberRefused() if isinstance(state.position, AtNumber):
            return _matched(state, "number refused", False)
        case PayersFound(payers):
            return "payers found" if payers else "no payers found"
        case PayerRefused():
            return _matched(state, "payer refused", False)
        case NewPinRefused(reason):
            return _matched(state, f"new PIN refused ({reason})", False)
        case QueueLeft(outcome):
            return f"queue {outcome}"
        case _:
            return _PLAIN[type(event)]


def _yes_or_no(answer: HoursChecked | SpeechChecked | CallbackSought | PinStored | SurveyDrawn) -> str:
    match answer:
        case HoursChecked(is_open):
            return "open" if is_open else "closed"
        case SpeechChecked(heard):
            return "somebody listens" if heard else "nobody listens"
        case CallbackSought(found):
            return "callback promised" if found else "no callback promised"
        case PinStored(stored):
            return "PIN stored" if stored else "PIN not stored"
        case SurveyDrawn(asked):
            return "drawn" if asked else "not drawn"


_PLAIN: dict[type[Event], str] = {
    Started: "answered",
    HungUp: "hang up",
    NoInput: "no input",
    Played: "played",
    PinVerified: "PIN right",
    PinRefused: "PIN wrong",
    PinDelayed: "PIN not looked at",
    NewPinKeyed: "new PIN",
    NewPinDiffers: "another new PIN",
    ManyPayers: "many payers found",
    PayerKeyed: "payer's number",
    OfficeFound: "office found",
    OfficeNotFound: "office not found",
    NumberFound: "number found",
    NumberRefused: "number refused",
    CallbackCancelled: "cancelled",
}


def _keyed(digits: str) -> str:
    if len(digits) == 1:
        return f"key {digits}"
    return "postal code" if len(digits) == POSTAL_CODE_DIGITS else f"{len(digits)} digits"


def _matched(state: State, what: str, accepted: bool) -> str:
    """A second wrong key is like any other: only the first is called by its name."""
    if accepted:
        return what
    return "no match again" if state.no_matches else f"{what}, no match"


def accepts(flow: Flow, state: State, event: Answer) -> bool:
    """Whether what was keyed is one of the things that the gather asks for."""
    match state.position, event:
        case AtMenu(name), Keyed(digits):
            return digits in menu_at(flow, name).options
        case AtAssistantConsent(), Keyed():
            return True
        case AfterAddress(name), Keyed(digits):
            return digits in offices_at(flow, name).options
        case AtConsent(), Keyed(digits):
            return digits in CONSENT_KEYS
        case AtPayerChoice(_, payers), Keyed(digits):
            return digits in (OWN_KEY, *PAYER_KEYS[: len(payers)], CONSULTANT_KEY, REPEAT_KEY)
        case AtNumberChoice(), Keyed(digits):
            return digits in NUMBER_CHOICE_KEYS
        case AtSurveyOffer(), Keyed(digits):
            return digits == ACCEPT
        case AtSurveyQuestion(name, question), Keyed(digits):
            return digits in question_at(flow, name, question).keys
        case AtPostalCode(), Keyed(digits):
            return digits == GIVE_UP or len(digits) == POSTAL_CODE_DIGITS
        case AtIdentifier(name), SecretKeyed(length):
            fewest, most = authentication_at(flow, name).identifier_digits
            return fewest <= length <= most
        case ((AtPin(name) | AtOldPin(name)), SecretKeyed(length)):
            return length == asking_pin_at(flow, name).pin_digits
        case _, event:
            return event == Keyed(GIVE_UP)
