"""What a call waits for, wherever it stands."""

from __future__ import annotations

from ivr.definition import Flow
from ivr.lookups import authentication_at, is_assisted, opening_at, pin_change_at, spoken_at, survey_at, transfer_at
from ivr.sayings import ASSISTANT, CONFIRMATION
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
    CallbackPosition,
    Ended,
    InQueue,
    New,
    PayerPosition,
    PinPosition,
    State,
)
from ivr.waits import (
    CancelCallback,
    CheckHours,
    CheckSpeech,
    DrawSurvey,
    FindCallback,
    FindNumber,
    FindOffice,
    FindPayers,
    Gather,
    Hangup,
    PlayOut,
    StorePin,
    Transfer,
    VerifyOldPin,
    VerifyPin,
    Wait,
)

POSTAL_CODE_DIGITS = 5
# E.164 (ITU-T), and two zeros before a country.
NUMBER_DIGITS = 17
# A NIP has ten; who has none has a number of another kind.
PAYER_DIGITS = 12


def wait_at(flow: Flow, state: State) -> Wait:
    """What the call waits for in `state`."""
    match state.position:
        case AtMenu() | AtConfirmation() as position:
            return _choice(flow, state, position)
        case AfterAddress(name) | AtSurveyOffer(name) | AtSurveyQuestion(_, name):
            return Gather(name, 1, flow.gathering.timeout)
        case AtOpening(name):
            return CheckHours(opening_at(flow, name).hours)
        case AtNotice() | AtAssistantNotice() | AtResult() | AtDelay() | AtAddress() | New():
            return PlayOut()
        case InQueue(name):
            to = transfer_at(flow, name)
            return Transfer(to.topic, to.queue, state.auth_level, state.consent is True, state.lang)
        case AtIdentifier() | AtPin() | AtVerification() as position:
            return _login_wait(flow, position)
        case AtPostalCode() | AtOfficeSearch() as position:
            return _office_wait(flow, position)
        case AtConsent() | AtAssistantCheck() | AtAssistantConsent() as position:
            return _consent_wait(flow, state, position)
        case position if isinstance(position, PinPosition):
            return _pin_change_wait(flow, state, position)
        case position if isinstance(position, CallbackPosition):
            return _callback_wait(flow, position)
        case position if isinstance(position, PayerPosition):
            return _payer_wait(flow, state, position)
        case AtSurveyDraw(name):
            return DrawSurvey(survey_at(flow, name).share)
        case Ended(_, cause):
            return Hangup(cause)


def _choice(flow: Flow, state: State, position: AtMenu | AtConfirmation) -> Wait:
    """A key, or words where they count."""
    is_asked_back, timeout = isinstance(position, AtConfirmation), flow.gathering.timeout
    spoken = state.lang if is_asked_back else spoken_at(flow, state, position.step)
    if is_assisted(flow, position.step):
        name, recorded = ASSISTANT if is_asked_back else position.step, state.assistant is True
        return Gather(name, 1, timeout, spoken=spoken, recorded=recorded)
    return Gather(CONFIRMATION if is_asked_back else position.step, 1, timeout, spoken=spoken)


def _consent_wait(flow: Flow, state: State, position: AtConsent | AtAssistantCheck | AtAssistantConsent) -> Wait:
    match position:
        case AtConsent():
            return Gather("consent", 1, flow.gathering.timeout)
        case AtAssistantCheck():
            return CheckSpeech(state.lang)
        case AtAssistantConsent():
            return Gather(ASSISTANT, 1, flow.gathering.timeout, spoken=state.lang)


def _office_wait(flow: Flow, position: AtPostalCode | AtOfficeSearch) -> Wait:
    if isinstance(position, AtPostalCode):
        return Gather(position.step, POSTAL_CODE_DIGITS, flow.gathering.timeout)
    return FindOffice(position.step, position.postal_code)


def _login_wait(flow: Flow, position: AtIdentifier | AtPin | AtVerification) -> Wait:
    login = authentication_at(flow, position.step)
    match position:
        case AtIdentifier():
            return Gather("identifier", login.identifier_digits[1], flow.gathering.timeout, True)
        case AtPin():
            return Gather("pin", login.pin_digits, flow.gathering.timeout, True)
        case AtVerification(_, claim):
            return VerifyPin(claim)


def _pin_change_wait(flow: Flow, state: State, position: PinPosition) -> Wait:
    assert state.subject is not None, "whoever changes a PIN has logged in"
    digits, timeout = pin_change_at(flow, position.step).pin_digits, flow.gathering.timeout
    match position:
        case AtOldPin():
            return Gather("old-pin", digits, timeout, True)
        case AtNewPin():
            return Gather("new-pin", digits, timeout, True)
        case AtPinAgain():
            return Gather("new-pin-again", digits, timeout, True)
        case AtOldPinCheck():
            return VerifyOldPin(state.subject)
        case AtPinStoring():
            return StorePin(state.subject)


def _callback_wait(flow: Flow, position: CallbackPosition) -> Wait:
    match position:
        case AtOwnNumber():
            return FindNumber()
        case AtNumber():
            return Gather("number", NUMBER_DIGITS, flow.gathering.timeout, True)
        case AtNumberChoice() | AtGreeting():
            return Gather("callback", 1, flow.gathering.timeout)
        case AtCallbackSearch():
            return FindCallback()
        case AtCancellation():
            return CancelCallback()
        case AtPromise():
            return PlayOut()


def _payer_wait(flow: Flow, state: State, position: PayerPosition) -> Wait:
    match position:
        case AtKnown():
            return PlayOut()
        case AtPayerSearch():
            assert state.subject is not None, "whoever is asked has logged in"
            return FindPayers(state.subject)
        case AtPayerChoice():
            return Gather("payer", 1, flow.gathering.timeout)
        case AtPayerNumber():
            return Gather("payer-number", PAYER_DIGITS, flow.gathering.timeout, True)
