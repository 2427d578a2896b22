"""What holds wherever a call stands: hang-up, takeover, and events that mean nothing there."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from ivr.definition import Flow
from ivr.events import (
    Authorised,
    CallbackCancelled,
    CallbackSought,
    CalledBack,
    ConsentWithdrawn,
    Event,
    Heard,
    HoursChecked,
    HungUp,
    Joined,
    Keyed,
    LoginAsked,
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
    Reentered,
    SecretKeyed,
    SentOn,
    SpeechChecked,
    Started,
    SurveyDrawn,
)
from ivr.flow import start, step
from ivr.lookups import place
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
    Ended,
    InQueue,
    New,
    PayerPosition,
    PinPosition,
    Position,
    State,
)
from ivr.turns import Ignored, Turn
from ivr.waiting import wait_at
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

POSITIONS: tuple[Position, ...] = (
    New(),
    AtMenu("information"),
    AtConfirmation("information", "2"),
    AtIdentifier("authentication"),
    AtPin("authentication", "claim"),
    AtVerification("authentication", "claim"),
    AtKnown("authentication"),
    AtPayerSearch("authentication"),
    AtPayerChoice("authentication", ("payer-1", "payer-2")),
    AtPayerNumber("authentication"),
    AtOldPin("change-pin"),
    AtOldPinCheck("change-pin"),
    AtNewPin("change-pin"),
    AtPinAgain("change-pin"),
    AtPinStoring("change-pin"),
    AtPostalCode("offices"),
    AtOfficeSearch("offices", "00950"),
    AtAddress("offices", "00950"),
    AfterAddress("offices", "00950"),
    AtOpening("consultant"),
    AtResult("authentication", "wrong-pin", "authentication"),
    AtDelay("authentication", 10),
    AtNotice("to-doctors"),
    AtConsent("to-doctors"),
    AtAssistantCheck("assistant"),
    AtAssistantNotice("assistant"),
    AtAssistantConsent("assistant"),
    AtOwnNumber("call-me-back"),
    AtNumber("call-me-back"),
    AtNumberChoice("call-me-back", "+48600100200", "200"),
    AtPromise("call-me-back", "+48600100200"),
    AtCallbackSearch("promised"),
    AtCancellation("cancel-callback"),
    AtGreeting("to-doctors"),
    InQueue("to-doctors"),
    AtSurveyDraw("survey"),
    AtSurveyOffer("survey"),
    AtSurveyQuestion("survey", "politeness"),
    Ended("closed", "closed"),
)
EVENTS: tuple[Event, ...] = (
    Started(),
    Keyed("1"),
    Heard(("1",), 100),
    NoInput(),
    SecretKeyed(6, "claim"),
    Played(),
    HoursChecked(True),
    SurveyDrawn(True),
    SpeechChecked(True),
    PinVerified("profile"),
    PinRefused(),
    PinDelayed(30),
    NewPinKeyed(),
    NewPinRefused("run"),
    NewPinDiffers(),
    PinStored(True),
    PayersFound(("payer-1", "payer-2")),
    ManyPayers(),
    PayerKeyed("payer-1"),
    PayerRefused(),
    OfficeFound("Office", "Street 1", "00-001", "City"),
    OfficeNotFound(),
    CalledBack("one", "doctors", "uk"),
    NumberFound("+48600100200", "600100200"),
    NumberRefused(),
    CallbackSought(True),
    CallbackCancelled(),
    QueueLeft("answered"),
    SentOn("benefits"),
    LoginAsked("1301"),
    Joined("1301"),
    ConsentWithdrawn(),
    Authorised("1201", ("surname", "address")),
    Reentered(),
    HungUp(),
)
ANYWHERE: set[type[Event]] = {Reentered, HungUp}
MEANINGFUL: dict[type[Position], set[type[Event]]] = {
    New: {Started, CalledBack, HungUp},
    AtMenu: {Keyed, Heard, NoInput, *ANYWHERE},
    AtConfirmation: {Keyed, Heard, NoInput, *ANYWHERE},
    AtIdentifier: {Keyed, NoInput, SecretKeyed, *ANYWHERE},
    AtPin: {Keyed, NoInput, SecretKeyed, *ANYWHERE},
    AtVerification: {PinVerified, PinRefused, PinDelayed, *ANYWHERE},
    AtKnown: {Played, *ANYWHERE},
    AtPayerSearch: {PayersFound, ManyPayers, *ANYWHERE},
    AtPayerChoice: {Keyed, NoInput, *ANYWHERE},
    AtPayerNumber: {PayerKeyed, PayerRefused, SecretKeyed, Keyed, NoInput, *ANYWHERE},
    AtOldPin: {Keyed, NoInput, SecretKeyed, *ANYWHERE},
    AtOldPinCheck: {PinVerified, PinRefused, PinDelayed, *ANYWHERE},
    AtNewPin: {NewPinKeyed, NewPinRefused, Keyed, NoInput, *ANYWHERE},
    AtPinAgain: {NewPinKeyed, NewPinDiffers, Keyed, NoInput, *ANYWHERE},
    AtPinStoring: {PinStored, *ANYWHERE},
    AtPostalCode: {Keyed, NoInput, *ANYWHERE},
    AtOfficeSearch: {OfficeFound, OfficeNotFound, *ANYWHERE},
    AtAddress: {Played, *ANYWHERE},
    AfterAddress: {Keyed, NoInput, *ANYWHERE},
    AtOpening: {HoursChecked, *ANYWHERE},
    AtResult: {Played, *ANYWHERE},
    AtDelay: {Played, *ANYWHERE},
    AtNotice: {Played, *ANYWHERE},
    AtConsent: {Keyed, NoInput, *ANYWHERE},
    AtAssistantCheck: {SpeechChecked, *ANYWHERE},
    AtAssistantNotice: {Played, *ANYWHERE},
    AtAssistantConsent: {Keyed, Heard, NoInput, *ANYWHERE},
    AtOwnNumber: {NumberFound, NumberRefused, *ANYWHERE},
    AtNumber: {NumberFound, NumberRefused, Keyed, NoInput, *ANYWHERE},
    AtNumberChoice: {Keyed, NoInput, *ANYWHERE},
    AtPromise: {Played, *ANYWHERE},
    AtCallbackSearch: {CallbackSought, *ANYWHERE},
    AtCancellation: {CallbackCancelled, *ANYWHERE},
    AtGreeting: {Keyed, NoInput, *ANYWHERE},
    InQueue: {QueueLeft, SentOn, LoginAsked, Joined, ConsentWithdrawn, Authorised, *ANYWHERE},
    AtSurveyDraw: {SurveyDrawn, *ANYWHERE},
    AtSurveyOffer: {Keyed, NoInput, *ANYWHERE},
    AtSurveyQuestion: {Keyed, NoInput, *ANYWHERE},
    Ended: set(),
}
# What a caller who is taken over hears, and what is waited for then.
SAME_AGAIN: dict[type[Position], tuple[tuple[str, ...], Wait]] = {
    AtMenu: (("choose-next-information", "information"), Gather("information", 1, 6, spoken="pl")),
    AtConfirmation: (("meant-information-2",), Gather(CONFIRMATION, 1, 6, spoken="pl")),
    AtIdentifier: (("identifier",), Gather("identifier", 12, 6, secret=True)),
    AtPin: (("pin",), Gather("pin", 6, 6, secret=True)),
    AtVerification: (("pin",), Gather("pin", 6, 6, secret=True)),
    AtKnown: (("authenticated",), PlayOut()),
    AtPayerSearch: ((), FindPayers("profile")),
    AtPayerChoice: ((), FindPayers("profile")),
    AtPayerNumber: (("payer-number",), Gather("payer-number", 12, 6, secret=True)),
    AtOldPin: (("old-pin",), Gather("old-pin", 6, 6, secret=True)),
    AtOldPinCheck: (("old-pin",), Gather("old-pin", 6, 6, secret=True)),
    AtNewPin: (("new-pin",), Gather("new-pin", 6, 6, secret=True)),
    AtPinAgain: (("new-pin",), Gather("new-pin", 6, 6, secret=True)),
    AtPinStoring: (("new-pin",), Gather("new-pin", 6, 6, secret=True)),
    AtPostalCode: (("postal-code",), Gather("offices", 5, 6)),
    AtOfficeSearch: ((), FindOffice("offices", "00950")),
    AtAddress: ((), FindOffice("offices", "00950")),
    AfterAddress: (("offices",), Gather("offices", 1, 6)),
    AtOpening: ((), CheckHours("consultants")),
    AtResult: (("wrong-pin",), PlayOut()),
    AtDelay: (("login-delayed-10",), PlayOut()),
    AtNotice: (("recording-notice", "recording-staying"), PlayOut()),
    AtConsent: (("recording-question",), Gather("consent", 1, 6)),
    AtAssistantCheck: ((), CheckSpeech("pl")),
    AtAssistantNotice: (("assistant-notice",), PlayOut()),
    AtAssistantConsent: (("assistant-consent",), Gather(ASSISTANT, 1, 6, spoken="pl")),
    AtOwnNumber: ((), FindNumber()),
    AtNumber: (("callback-number",), Gather("number", 17, 6, secret=True)),
    AtNumberChoice: (("digit-2", "digit-0", "digit-0", "callback-choice"), Gather("callback", 1, 6)),
    AtPromise: (("callback-promised",), PlayOut()),
    AtCallbackSearch: ((), FindCallback()),
    AtCancellation: ((), CancelCallback()),
    AtGreeting: (("callback-greeting",), Gather("callback", 1, 6)),
    InQueue: ((), Transfer("doctors", "benefits", "none", True, "pl")),
    AtSurveyDraw: ((), DrawSurvey(20)),
    AtSurveyOffer: (("survey-offer",), Gather("survey", 1, 6)),
    AtSurveyQuestion: (("survey-politeness",), Gather("politeness", 1, 6)),
}

# What another process cannot go on with: a PIN that only the first one knew, what only the first one found.
ASKED_ANEW: dict[type[Position], Position] = {
    AtVerification: AtPin("authentication", "claim"),
    AtPayerChoice: AtPayerSearch("authentication"),
    AtOldPinCheck: AtOldPin("change-pin"),
    AtPinAgain: AtNewPin("change-pin"),
    AtPinStoring: AtNewPin("change-pin"),
    AtAddress: AtOfficeSearch("offices", "00950"),
}


def at(flow: Flow, position: Position) -> State:
    """A call at a position, with a history that must not be lost."""
    return replace(
        start(flow),
        position=position,
        trail=("main",),
        heard=frozenset({"main", "information"}),
        no_inputs=1,
        no_matches=2,
        pin_tries=1,
        auth_level="full" if isinstance(position, PinPosition) else "none",
        subject="profile" if isinstance(position, PayerPosition | PinPosition) else None,
        admitted=True,
        topic="doctors",
        consent=True if isinstance(position, InQueue) else None,
    )


def test_the_tables_above_know_every_position_and_every_event() -> None:
    """A new one must be thought about here."""
    assert set(get_args(Position)) == {type(position) for position in POSITIONS} == MEANINGFUL.keys()
    assert set(get_args(Event)) == {type(event) for event in EVENTS}
    assert MEANINGFUL.keys() - {New, Ended} == SAME_AGAIN.keys()


@pytest.mark.parametrize("position", POSITIONS, ids=lambda position: type(position).__name__)
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_what_means_nothing_is_ignored_and_all_else_is_a_turn(flow: Flow, position: Position, event: Event) -> None:
    """Late, repeated and unexpected events change nothing, and say where they came too late."""
    state = at(flow, position)
    outcome = step(flow, state, event)
    if type(event) in MEANINGFUL[type(position)]:
        assert isinstance(outcome, Turn)
    else:
        assert isinstance(outcome, Ignored)
        assert outcome.reason
        assert at(flow, position) == state


@pytest.mark.parametrize("position", POSITIONS[:-1], ids=lambda position: type(position).__name__)
@pytest.mark.parametrize("cause", ["caller", "lost"])
def test_a_hang_up_ends_the_call_wherever_it_stands(flow: Flow, position: Position, cause: str) -> None:
    """Where and why is kept, nothing is said, and nothing else changes."""
    state = at(flow, position)
    ended = replace(state, position=Ended(place(position), cause))
    assert Turn(ended, (), Hangup(cause)) == step(flow, state, HungUp(cause))


@pytest.mark.parametrize("position", POSITIONS[1:-1], ids=lambda position: type(position).__name__)
def test_a_caller_who_is_taken_over_is_in_the_same_place(flow: Flow, position: Position) -> None:
    """The same question is heard again and the same is waited for; counters and decisions are kept."""
    state = at(flow, position)
    said, wait = SAME_AGAIN[type(position)]
    turn = step(flow, state, Reentered())
    assert isinstance(turn, Turn)
    assert (said, wait) == (tuple(prompt.name for prompt in turn.prompts), turn.wait)
    assert replace(state, position=ASKED_ANEW.get(type(position), position)) == turn.state


@pytest.mark.parametrize("position", POSITIONS[1:-1], ids=lambda position: type(position).__name__)
def test_who_has_agreed_withdraws_wherever_the_call_stands(flow: Flow, position: Position) -> None:
    """Nothing is heard and the same is waited for; who has not agreed, or not any more, has nothing to withdraw."""
    state = replace(at(flow, position), consent=True)
    unrecorded = replace(state, consent=False)
    assert Turn(unrecorded, (), wait_at(flow, unrecorded)) == step(flow, state, ConsentWithdrawn())
    assisted = replace(state, consent=None, assistant=True)
    assert Turn(replace(unrecorded, assistant=False), (), wait_at(flow, unrecorded)) == step(
        flow, assisted, ConsentWithdrawn()
    )
    assert isinstance(step(flow, unrecorded, ConsentWithdrawn()), Ignored)
    assert isinstance(step(flow, replace(state, consent=None), ConsentWithdrawn()), Ignored)


@pytest.mark.parametrize("position", POSITIONS, ids=lambda position: type(position).__name__)
def test_a_position_says_what_it_waits_for(flow: Flow, position: Position) -> None:
    """Whoever loads the state knows the wait without the turn that led to it."""
    special: dict[type[Position], Wait] = {
        New: PlayOut(),
        Ended: Hangup("closed"),
        AtVerification: VerifyPin("claim"),
        AtPayerChoice: Gather("payer", 1, 6),
        AtOldPinCheck: VerifyOldPin("profile"),
        AtPinAgain: Gather("new-pin-again", 6, 6, secret=True),
        AtPinStoring: StorePin("profile"),
        AtAddress: PlayOut(),
    }
    expected = special.get(type(position)) or SAME_AGAIN[type(position)][1]
    assert expected == wait_at(flow, at(flow, position))


def test_an_unknown_outcome_of_a_queue_is_one_without_an_answer(flow: Flow) -> None:
    """A telephony system may know outcomes that this program does not."""
    turn = step(flow, at(flow, InQueue("to-doctors")), QueueLeft("from another world"))
    assert isinstance(turn, Turn)
    assert AtMenu("unanswered") == turn.state.position
