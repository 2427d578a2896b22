"""The flow under anything that can happen: it never raises, and what was decided stays decided."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.definition import Authentication, Flow
from ivr.events import (
    QUEUE_OUTCOMES,
    WEAKNESSES,
    Authorised,
    CallbackCancelled,
    CallbackSought,
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
from ivr.lookups import menu_at
from ivr.menus.loading import load_menus
from ivr.state import (
    AfterAddress,
    AtAssistantConsent,
    AtConsent,
    AtIdentifier,
    AtMenu,
    AtNewPin,
    AtOldPin,
    AtPayerChoice,
    AtPayerNumber,
    AtPin,
    AtPinAgain,
    AtSurveyOffer,
    AtSurveyQuestion,
    Ended,
    New,
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
from tests.menu_files import ASSISTED, SHIPPED, SMALL, SURVEY, edited, load_text
from tests.property.walks import checked_step

SHIPPED_FLOW = load_menus(SHIPPED).flow
FLOWS = {
    "shipped": SHIPPED_FLOW,
    "asking": replace(SHIPPED_FLOW, recording=replace(SHIPPED_FLOW.recording, ask=True)),
    "small": load_text(SMALL).flow,
    "surveying": load_text(edited(SMALL, *SURVEY)).flow,
    "assisting": load_text(edited(SMALL, *ASSISTED)).flow,
}

digits = st.text("0123456789*#", max_size=60)
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(Started, st.sampled_from([None, "pl", "en", "", "xx"])),
    st.builds(Keyed, digits | st.text(max_size=5)),
    st.builds(Heard, st.lists(st.sampled_from("0123456789*#"), max_size=2).map(tuple), st.integers(-1, 101)),
    st.just(NoInput()),
    st.builds(SecretKeyed, st.integers(0, 60), st.none() | st.text(max_size=9)),
    st.just(Played()),
    st.builds(HoursChecked, st.booleans()),
    st.builds(SurveyDrawn, st.booleans()),
    st.builds(SpeechChecked, st.booleans()),
    st.builds(PinVerified, st.text(max_size=9)),
    st.just(PinRefused()),
    st.builds(PinDelayed, st.integers()),
    st.just(NewPinKeyed()),
    st.builds(NewPinRefused, st.sampled_from(WEAKNESSES) | st.text(max_size=9)),
    st.just(NewPinDiffers()),
    st.builds(PinStored, st.booleans()),
    st.builds(PayersFound, st.lists(st.text(max_size=9), max_size=12).map(tuple)),
    st.just(ManyPayers()),
    st.builds(PayerKeyed, st.text(max_size=9)),
    st.just(PayerRefused()),
    st.builds(OfficeFound, st.text(), st.text(), st.text(), st.text()),
    st.just(OfficeNotFound()),
    st.builds(NumberFound, st.text(), st.text("0123456789", min_size=3)),
    st.just(NumberRefused()),
    st.builds(CallbackSought, st.booleans()),
    st.just(CallbackCancelled()),
    st.builds(QueueLeft, st.sampled_from(QUEUE_OUTCOMES) | st.text(max_size=9), st.sampled_from(["", "all", "none"])),
    st.just(Joined("1301")),
    st.just(LoginAsked("1301")),
    st.just(ConsentWithdrawn()),
    st.just(Authorised("1201", ("surname",))),
    st.builds(SentOn, st.sampled_from(["all", "none"])),
    st.just(Reentered()),
)
hang_ups = st.builds(HungUp, st.sampled_from(["caller", "lost", ""]))
# A number stands for the so-maniest thing that a caller at that place would do: so that histories get far.
happenings = st.integers(0, 9).flatmap(lambda chance: events if chance == 9 else st.integers(0, 11))
histories = st.lists(happenings, min_size=15, max_size=60)
any_flow = st.sampled_from(sorted(FLOWS)).map(FLOWS.__getitem__)


def fitting(flow: Flow, state: State, number: int) -> Event:
    """An event that means something where the call stands; `number` chooses among several."""
    match state.position:
        case New():
            return Started()
        case AtMenu(name):
            options = menu_at(flow, name).options
            return Keyed([*options][number % len(options)])
        case AtAssistantConsent():
            return (Keyed("1"), Heard(("1",), 100), Keyed("2"), Keyed("0"), Heard((), 0), Keyed("1"))[number % 6]
        case AtConsent():
            return Keyed("12"[number % 2])
        case AtPayerChoice():
            return Keyed("23190*"[number % 6])
        case AtPayerNumber():
            return PayerKeyed("payer") if number % 3 else PayerRefused()
        case AfterAddress():
            return Keyed("90*5"[number % 4])
        case AtSurveyOffer() | AtSurveyQuestion():
            return Keyed("12*5"[number % 4])
        case AtIdentifier(name) | AtPin(name):
            login = flow.steps[name]
            assert isinstance(login, Authentication)
            return SecretKeyed(login.pin_digits, "claim")
        case AtOldPin():
            return SecretKeyed(6)
        case AtNewPin():
            return NewPinKeyed() if number % 3 else NewPinRefused(WEAKNESSES[number % 4])
        case AtPinAgain():
            return NewPinKeyed() if number % 4 else NewPinDiffers()
        case position:
            return answer(wait_at(flow, state), number) or Keyed(str(position))


def answer(wait: Wait, number: int) -> Event | None:
    """A fitting answer to a wait; None only at the end. Types see to it that no kind of wait is left out."""
    match wait:
        case PlayOut():
            return Played()
        case CheckHours() | CheckSpeech() | DrawSurvey():
            return yes_or_no(wait, number)
        case VerifyPin() | VerifyOldPin():
            return (PinVerified("profile"), PinRefused(), PinDelayed(number + 1))[number % 3]
        case StorePin():
            return PinStored(number % 4 > 0)
        case FindPayers():
            return (PayersFound(()), PayersFound(("a", "b")), PayersFound(tuple("abcdefgh")), ManyPayers())[number % 4]
        case FindOffice():
            return OfficeFound("Office", "Street 1", "00-001", "City") if number % 2 else OfficeNotFound()
        case FindNumber():
            return NumberFound("+48600100200", "600100200") if number % 2 else NumberRefused()
        case FindCallback():
            return CallbackSought(number % 4 == 0)
        case CancelCallback():
            return CallbackCancelled()
        case Transfer():
            from_the_queue = (SentOn("all"), LoginAsked("1301"))
            return QueueLeft(QUEUE_OUTCOMES[number % len(QUEUE_OUTCOMES)]) if number > 1 else from_the_queue[number]
        case Gather():
            return Keyed("00001")
        case Hangup():
            return None


def yes_or_no(wait: CheckHours | CheckSpeech | DrawSurvey, number: int) -> Event:
    """One of both answers."""
    match wait:
        case CheckHours():
            return HoursChecked(number % 3 > 0)
        case CheckSpeech():
            return SpeechChecked(number % 4 > 0)
        case DrawSurvey():
            return SurveyDrawn(number % 3 > 0)


def after(flow: Flow, history: list[int | Event]) -> State:
    """The state after a history, each step of which was held to the rules."""
    state = start(flow)
    for happening in history:
        event = fitting(flow, state, happening) if isinstance(happening, int) else happening
        state = checked_step(flow, state, event)
    return state


@given(any_flow, histories)
def test_every_rule_holds_in_every_history(flow: Flow, history: list[int | Event]) -> None:
    """Each event gives a turn with one wait, or is ignored; a state read back goes on in the same way."""
    after(flow, history)


@given(any_flow, histories, hang_ups, events | hang_ups)
def test_after_the_end_nothing_happens_any_more(
    flow: Flow, history: list[int | Event], end: HungUp, late: Event
) -> None:
    """A hang-up ends every call, and a call that has ended ignores all."""
    ended = checked_step(flow, after(flow, history), end)
    assert isinstance(ended.position, Ended)
    assert isinstance(step(flow, ended, late), Ignored)


@given(any_flow, histories)
def test_silence_always_ends(flow: Flow, history: list[int | Event]) -> None:
    """A caller who does nothing more reaches a person or an ending in a bounded number of turns."""
    state = after(flow, history)
    for _ in range(100):
        if isinstance(state.position, Ended):
            return
        wait = PlayOut() if isinstance(state.position, New) else wait_at(flow, state)
        if isinstance(wait, Transfer):
            return
        silence = Started() if isinstance(state.position, New) else NoInput() if isinstance(wait, Gather) else None
        event = silence or answer(wait, 1)
        assert event is not None
        state = checked_step(flow, state, event)
    pytest.fail(f"still at {state.position}")


@given(any_flow, histories, histories)
def test_who_is_authenticated_is_the_only_one_in_the_call(
    flow: Flow, history: list[int | Event], later: list[int | Event]
) -> None:
    """Whoever takes over the telephone is asked for no PIN: a call is of one person, whose data it is."""
    state = after(flow, history)
    for happening in later:
        event = fitting(flow, state, happening) if isinstance(happening, int) else happening
        known = state.subject
        state = checked_step(flow, state, PinVerified("another") if isinstance(event, PinVerified) else event)
        assert known in (None, state.subject)


@given(any_flow, histories)
def test_taking_a_call_over_twice_is_taking_it_over_once(flow: Flow, history: list[int | Event]) -> None:
    """A process may die while it takes over."""
    once = step(flow, after(flow, history), Reentered())
    if isinstance(once, Turn):
        assert once == step(flow, once.state, Reentered())
