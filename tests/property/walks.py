"""What must hold of every menu file: its faults can be found, or every call through it keeps the rules."""

from __future__ import annotations

import re
from random import Random
from typing import get_args

from ivr.codec import decode, encode
from ivr.definition import PAYER_KEYS, Assistant, Flow, Menu, reaches
from ivr.events import (
    CALLBACK_REQUESTED,
    CUT_OFF,
    QUEUE_OUTCOMES,
    WEAKNESSES,
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
from ivr.flow.levels import is_out_of_place
from ivr.lookups import menu_names
from ivr.menus.faults import MenuError
from ivr.prompts import ENDING
from ivr.state import (
    AtAssistantConsent,
    AtConfirmation,
    AtConsent,
    AtDelay,
    AtIdentifier,
    AtKnown,
    AtMenu,
    AtNotice,
    AtPayerChoice,
    AtPayerNumber,
    AtPin,
    AtResult,
    AtSurveyDraw,
    AtVerification,
    Ended,
    InQueue,
    PayerPosition,
    State,
)
from ivr.turns import Ignored, Turn
from ivr.waiting import wait_at
from ivr.waits import Gather, Transfer, Wait

KEYS = "0123456789*#"
MENU_KEYS = 0.7
LOGIN_PLACES = (AtIdentifier, AtPin, AtVerification, AtResult, AtDelay, *get_args(PayerPosition))


def random_event(flow: Flow, state: State, random: Random) -> Event:
    """Any event; at a menu mostly one of its keys, so that walks go far."""
    if random.random() < MENU_KEYS:
        return _likely(flow, state, random)
    anything: list[Event] = [
        Started(random.choice([None, "en", "xx"])),
        Keyed("".join(random.choices(KEYS, k=random.randint(0, 60)))),
        Heard(tuple(random.choices(KEYS, k=random.randint(0, 2))), random.randint(-1, 101)),
        NoInput(),
        SecretKeyed(random.randint(0, 60), random.choice([None, "claim"])),
        Played(),
        HoursChecked(random.random() < 0.5),
        SurveyDrawn(random.random() < 0.5),
        SpeechChecked(random.random() < 0.5),
        PinVerified("profile"),
        PinRefused(),
        PinDelayed(random.randint(-1, 9999)),
        NewPinKeyed(),
        NewPinRefused(random.choice([*WEAKNESSES, "nonsense"])),
        NewPinDiffers(),
        PinStored(random.random() < 0.5),
        PayersFound(tuple("abcdefghijkl"[: random.randint(0, 12)])),
        ManyPayers(),
        PayerKeyed("payer"),
        PayerRefused(),
        OfficeFound("{name}", "\n", "", "\x00"),
        OfficeNotFound(),
        CalledBack("one", random.choice([*flow.topics, "nonsense"]), random.choice([*flow.languages, "xx"])),
        NumberFound("+48600100200", "600100200"),
        NumberRefused(),
        CallbackSought(random.random() < 0.5),
        CallbackCancelled(),
        QueueLeft(random.choice([*QUEUE_OUTCOMES, "nonsense"]), random.choice(["", *flow.topics, "nonsense"])),
        SentOn(random.choice([*flow.topics, "nonsense"])),
        Joined("1301"),
        LoginAsked("1301"),
        ConsentWithdrawn(),
        Authorised("1201", ("surname",)),
        Reentered(),
        HungUp() if random.random() < 0.1 else Reentered(),
    ]
    return random.choice(anything)


def _likely(flow: Flow, state: State, random: Random) -> Event:
    at = flow.steps.get(getattr(state.position, "step", flow.start))
    if isinstance(at, Assistant) and isinstance(state.position, AtMenu):
        return Keyed(random.choice([*at.question.options, *"1*"]))
    if isinstance(at, Menu):
        return Keyed(random.choice([*at.options, random.choice(KEYS)]))
    likely: list[Event] = [
        Started(),
        Played(),
        Keyed(random.choice(["1", "2", "00001", "*"])),
        SecretKeyed(random.choice([6, 8]), "claim"),
        HoursChecked(random.random() < 0.7),
        PinVerified("profile"),
        PinRefused(),
        PinDelayed(30),
        NewPinKeyed(),
        PinStored(random.random() < 0.8),
        PayersFound(tuple("abcdefgh"[: random.randint(0, 8)])),
        ManyPayers(),
        PayerKeyed("payer"),
        PayerRefused(),
        OfficeFound("Office", "Street 1", "00-001", "City"),
        NumberFound("+48600100200", "600100200"),
        NumberRefused(),
        CallbackSought(random.random() < 0.3),
        CallbackCancelled(),
        QueueLeft(random.choice(["answered", "timeout", CALLBACK_REQUESTED])),
        QueueLeft(CUT_OFF, random.choice(["", *flow.topics])),
        SurveyDrawn(random.random() < 0.7),
        SpeechChecked(random.random() < 0.8),
        SentOn(random.choice([*flow.topics])),
        LoginAsked("1301"),
        Authorised("1201", ("surname",)),
    ]
    return random.choice(likely)


def random_walk(flow: Flow, random: Random, steps: int) -> None:
    """Let anything happen to a call, and hold every rule at every step."""
    state = start(flow)
    for _ in range(steps):
        event = random_event(flow, state, random)
        state = checked_step(flow, state, event)


def checked_step(flow: Flow, before: State, event: Event) -> State:
    """One step, with every rule that holds for all flows; the state after it."""
    outcome = step(flow, before, event)
    assert isinstance(outcome, Turn | Ignored)
    assert outcome == step(flow, decoded(before), event)
    if isinstance(outcome, Ignored):
        assert outcome.reason
        return before
    assert isinstance(outcome.wait, get_args(Wait))
    assert outcome.wait == wait_at(flow, outcome.state)
    assert_history_holds(before, event, outcome.state)
    assert_bounded(flow, outcome)
    assert not is_out_of_place(flow, outcome.state)
    if isinstance(outcome.wait, Gather):
        assert_recorded_as_agreed(flow, outcome.state, outcome.wait)
    if isinstance(outcome.wait, Transfer):
        assert outcome.state.consent is not None
        assert outcome.wait.recorded == outcome.state.consent
        assert outcome.wait.auth_level == outcome.state.auth_level
    return outcome.state


def decoded(state: State) -> State:
    """The state as another process reads it."""
    again = decode(encode(state))
    assert isinstance(again, State)
    assert state == again
    return again


def assert_history_holds(before: State, event: Event, after: State) -> None:
    """What was decided stays decided, and came about in the only way that it may."""
    assert not isinstance(before.position, Ended)
    if after.assistant != before.assistant:
        assert_assistant_decided(before, event, after)
    if after.consent != before.consent:
        is_withdrawn = isinstance(event, ConsentWithdrawn) and bool(before.consent or before.assistant)
        assert is_withdrawn or before.consent is None
        assert after.consent is not True or (
            (isinstance(before.position, AtNotice) and event == Played())
            or (isinstance(before.position, AtConsent) and event == Keyed("1"))
        )
    if after.auth_level != before.auth_level:
        assert reaches(after.auth_level, before.auth_level)
        match before.position, event:
            case InQueue(), Authorised():
                assert ("none", "substitute") == (before.auth_level, after.auth_level)
            case AtVerification(), PinVerified():
                assert "full" == after.auth_level
            case position, other:
                raise AssertionError(f"a level by {other} at {position}")
    assert (after.auth_level == "full") == (after.subject is not None)
    assert after.payer is None or after.auth_level == "full"
    if after.payer != before.payer:
        assert_payer_chosen(before, event, after)
    assert after.admitted >= before.admitted
    assert after.admitted == before.admitted or event == HoursChecked(True) or isinstance(event, CalledBack)
    assert after.callback == before.callback or isinstance(event, CalledBack)
    assert after.sought >= before.sought
    assert after.drawn >= before.drawn
    assert after.drawn == before.drawn or isinstance(before.position, AtSurveyDraw)
    assert not (after.drawn and isinstance(after.position, AtSurveyDraw))
    assert isinstance(after.position, InQueue) <= (after.topic is not None)
    assert isinstance(after.position, Ended) >= isinstance(event, HungUp)
    assert_conversation_goes_on(before, event, after)


def assert_assistant_decided(before: State, event: Event, after: State) -> None:
    """A clear answer to the question for consent decides, once; what was agreed to can be withdrawn."""
    if isinstance(event, ConsentWithdrawn):
        assert (True, False) == (before.assistant, after.assistant)
        return
    assert before.assistant is None
    assert isinstance(before.position, AtAssistantConsent)
    (answer,) = event.choices if isinstance(event, Heard) else (event.digits if isinstance(event, Keyed) else "",)
    assert ("1" if after.assistant else "2") == answer


def assert_recorded_as_agreed(flow: Flow, state: State, wait: Gather) -> None:
    """The virtual assistant's question alone is recorded, with consent alone; nothing secret ever is."""
    at_the_assistant = isinstance(state.position, AtMenu | AtConfirmation) and isinstance(
        flow.steps[state.position.step], Assistant
    )
    assert wait.recorded == (at_the_assistant and state.assistant is True)
    assert not (wait.recorded and wait.secret)


def assert_conversation_goes_on(before: State, event: Event, after: State) -> None:
    """From a login in the middle of a conversation it is only back into that one, until that is over."""
    if after.talking is not None:
        assert isinstance(after.position, LOGIN_PLACES)
        assert after.talking == before.talking or (before.position, type(event)) == (InQueue(after.talking), LoginAsked)
    elif before.talking is not None and not isinstance(event, QueueLeft | SentOn | HungUp):
        assert InQueue(before.talking) == after.position


def assert_payer_chosen(before: State, event: Event, after: State) -> None:
    """A payer is one that was offered or keyed, and is forgotten only where it is asked anew."""
    match before.position, event:
        case AtPayerChoice(_, payers), Keyed():
            assert after.payer in payers
        case AtPayerNumber(), PayerKeyed(payer):
            assert payer == after.payer
        case _:
            assert (None, AtKnown, Played()) == (after.payer, type(before.position), event)


def assert_bounded(flow: Flow, turn: Turn) -> None:
    """Nothing in a state grows for as long as a caller keys, and what is said comes from the file."""
    state = turn.state
    menus = menu_names(flow)
    assert len(state.trail) == len(set(state.trail))
    assert menus >= {*state.trail, *state.heard}
    assert 0 <= state.no_inputs < flow.gathering.tries
    assert 0 <= state.no_matches < flow.gathering.tries
    assert state.lang in flow.languages
    assert {prompt.name for prompt in turn.prompts} <= {ENDING, *(name for name, _ in flow.prompts)}
    if isinstance(state.position, AtPayerChoice):
        assert len(state.position.payers) <= len(PAYER_KEYS)


def assert_told_in_place(error: MenuError, raw: bytes) -> None:
    """At least one fault; each on a line of its own, and at a place that an editor can go to."""
    errors = [fault for fault in error.faults if fault.severity == "error"]
    assert errors
    lines = re.split(r"\r\n?|\n", raw.decode("utf-8-sig", "replace"))
    for fault in error.faults:
        assert 1 <= fault.line <= len(lines)
        assert 1 <= fault.column <= len(lines[fault.line - 1]) + 1
        assert [fault.show("menus.yaml")] == fault.show("menus.yaml").splitlines()
