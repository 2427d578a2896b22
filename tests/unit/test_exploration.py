from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.definition import BACK, REPEAT, Flow, Menu, Message, Option, Transfer
from ivr.events import (
    WEAKNESSES,
    CallbackCancelled,
    CallbackSought,
    Event,
    HoursChecked,
    HungUp,
    Keyed,
    ManyPayers,
    NewPinDiffers,
    NewPinKeyed,
    NewPinRefused,
    NoInput,
    NumberRefused,
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
    SpeechChecked,
    Started,
    SurveyDrawn,
)
from ivr.exploration import Exploration, Said, Transition, explore
from ivr.exploration.moves import NUMBER, PAYERS, office_answer, unserved
from ivr.exploration.names import transition
from ivr.exploration.walk import walk
from ivr.flow import start, step
from ivr.state import (
    AtAssistantConsent,
    AtIdentifier,
    AtNewPin,
    AtNumber,
    AtOldPin,
    AtPayerNumber,
    AtPin,
    AtPinAgain,
    AtPostalCode,
    Ended,
    InQueue,
    State,
)
from ivr.turns import Turn
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
    PlayOut,
    ServiceWait,
    StorePin,
    VerifyOldPin,
    VerifyPin,
)
from routing.offices import Office, Offices
from tests.menu_files import SMALL, edited, load_text
from tests.unit.flows import BYE, KEYS, OFFICES, authentication, flow_of, flows, menu, office_search

MOST_EVENTS = 60
OUTCOMES = ("answered", "timeout")
OFFERS = {"main-pl", "main-uk", "main-en"}


@pytest.fixture(scope="module")
def explored(flow: Flow) -> Exploration:
    """The shipped service, explored."""
    return explore(flow)


@cache
def explored_as(flow_of_the_test: str, consent: str) -> tuple[Flow, Exploration]:
    """A small service, explored once for all random calls."""
    flow = load_text(edited(flow_of_the_test, ("consent: notice", f"consent: {consent}"))).flow
    return flow, explore(flow)


# What can happen


def test_every_kind_of_place_is_found(explored: Exploration) -> None:
    """One transition of every kind, as they are named for people."""
    wanted = [
        "start -- answered --> promised/promised",
        "promised/promised -- no callback promised --> main",
        "promised/promised -- callback promised --> callback-awaited",
        "callback-awaited -- key 2 --> cancel-callback/cancellation",
        "to-doctors/queue -- queue callback_requested --> call-me-back/own-number",
        "call-me-back/own-number -- number found --> call-me-back/number-choice",
        "call-me-back/own-number -- number refused --> call-me-back/number",
        "call-me-back/number -- number refused, no match --> call-me-back/number",
        "call-me-back/number-choice -- key 1 --> call-me-back/promise",
        "main -- key 3 --> offices/postal-code",
        "main -- key 5, no match --> main",
        "main -- key 4 --> assistant/listening",
        "assistant/listening -- nobody listens --> information",
        "assistant/assistant-notice -- played --> assistant/assistant-consent",
        "assistant/assistant-consent -- key 1 --> assistant",
        "assistant -- key 7 --> assistant-technical/hours",
        "main -- no match again --> consultant/hours",
        "main -- no input --> consultant/hours",
        "main -- key 0 --> topics",
        "information -- key * --> main",
        "consultant/hours -- closed --> closed/end closed",
        "offices/postal-code -- 3 digits, no match --> offices/postal-code",
        "offices/search -- office found --> offices/address",
        "offices/address -- played --> offices/after-address",
        "offices/after-address -- key 9 --> offices/search",
        "offices/after-address -- key 5, no match --> offices/after-address",
        "offices/after-address -- no input --> main",
        "authentication/pin -- 6 digits --> authentication/verification",
        "authentication/verification -- PIN wrong --> authentication/result not-authenticated",
        "authentication/verification -- PIN right --> authentication/known",
        "authentication/known -- played --> authentication/payers",
        "authentication/payers -- no payers found --> personal",
        "authentication/payers -- many payers found --> authentication/payer-number",
        "authentication/payer -- key 3 --> personal",
        "authentication/payer -- key 4, no match --> authentication/payer",
        "authentication/payer -- no input --> authentication/result payer-unchosen",
        "authentication/payer-number -- payer's number --> authentication/result payer-chosen",
        "authentication/payer-number -- payer refused, no match --> authentication/payer-number",
        "personal -- key 1 --> change-pin/old-pin",
        "change-pin/old-pin -- 5 digits, no match --> change-pin/old-pin",
        "change-pin/old-pin-check -- PIN right --> change-pin/new-pin",
        "change-pin/old-pin-check -- PIN wrong --> change-pin/result wrong-old-pin",
        "change-pin/new-pin -- new PIN --> change-pin/new-pin-again",
        "change-pin/new-pin -- new PIN refused (date), no match --> change-pin/new-pin",
        "change-pin/new-pin-again -- another new PIN --> change-pin/new-pin",
        "change-pin/storing -- PIN stored --> change-pin/result pin-changed",
        "change-pin/new-pin -- key * --> change-pin/result pin-unchanged",
        "topics -- key 6 --> to-doctors/notice",
        "topics -- key 6 --> to-doctors/queue",
        "to-doctors/notice -- hang up --> to-doctors/end caller",
        "to-doctors/queue -- queue join_empty --> nobody-there",
        "to-doctors/queue -- queue answered --> survey/draw",
        "survey/draw -- drawn --> survey/offer",
        "survey/draw -- not drawn --> goodbye/end completed",
        "survey/offer -- key 1 --> survey/question satisfaction",
        "survey/offer -- another key --> goodbye/end completed",
        "survey/question satisfaction -- key 5 --> survey/question politeness",
        "survey/question satisfaction -- another key --> survey/question satisfaction",
        "survey/question politeness -- no input --> goodbye/end completed",
    ]
    found = {str(transition) for transition in explored.transitions}
    assert [] == [name for name in wanted if name not in found]


def test_every_key_of_every_menu_is_pressed(flow: Flow, explored: Exploration) -> None:
    """Keys that are options and keys that are not are transitions of their own."""
    pressed = {(found.at, found.event.removesuffix(", no match")) for found in explored.transitions}
    menus = [name for name, step in flow.steps.items() if isinstance(step, Menu)]
    assert [] == [(name, key) for name in menus for key in KEYS if (name, f"key {key}") not in pressed]


OTHER_SERVICES = ("/promised", "/own-number", "/cancellation", "/payers", "/old-pin-check", "/storing", "/listening")


def test_a_caller_can_hang_up_everywhere(explored: Exploration) -> None:
    """Wherever a call waits for its caller, hanging up is one of the ways on."""
    waiting = {found.at for found in explored.transitions} - {"start"}
    services = {at for at in waiting if at.endswith(("/hours", "/search", "/verification", "/draw", *OTHER_SERVICES))}
    hung_up = {found.at for found in explored.transitions if found.event == "hang up"}
    assert waiting - services == hung_up


def test_queues_end_only_as_they_are_said_to(flow: Flow) -> None:
    """The ways out of a queue are the ones that the explorer is given."""
    transitions = explore(flow, OUTCOMES).transitions
    assert {"queue answered", "queue timeout"} == {
        found.event for found in transitions if found.event.startswith("queue ")
    }


def test_an_office_is_missed_only_where_the_table_has_a_gap() -> None:
    """A table that covers every postal code cannot lead to "not found"; one with a gap can."""
    flow = flow_of([menu("main", {"1": Option("offices")}), office_search("offices", "main"), BYE], "main")
    covered = replace(OFFICES, starts=("00000", "20000"), ends=("19999", "99999"))
    full = replace(flow, offices={"offices": covered})
    missed = Transition("offices/search", "office not found", "offices/result not-found")
    assert (True, False) == (missed in explore(flow).transitions, missed in explore(full).transitions)


@given(st.sets(st.integers(0, 99), max_size=8))
def test_postal_codes_without_an_office_have_none(tens: set[int]) -> None:
    """Each code that is called unserved is unserved, and there is one wherever a table leaves a gap."""
    starts = tuple(f"{ten:02}000" for ten in sorted(tens))
    table = Offices(starts, tuple(f"{start[:2]}999" for start in starts), (Office("a", "b", "c", "d"),) * len(starts))
    found = unserved(table)
    assert [None] * len(found) == [table.serving(code) for code in found]
    assert (len(tens) < 100) == bool(found)


# What is said


def test_languages_say_the_same(explored: Exploration) -> None:
    """Each language says each sequence, prompt for prompt; only the offers of the other languages differ."""
    names = {
        lang: {tuple(prompt.name for prompt in said if prompt.name not in OFFERS) for said in sequences}
        for lang, sequences in explored.sequences.items()
    }
    assert names["pl"] == names["uk"] == names["en"]


def test_a_call_speaks_its_own_language(explored: Exploration) -> None:
    """Only addresses are said in the language of their table, and each language is offered in its own words."""
    foreign = {
        prompt.name
        for lang, sequences in explored.sequences.items()
        for said in sequences
        for prompt in said
        if prompt.lang != lang
    }
    assert {"office-address", *OFFERS} == foreign


def test_each_office_is_said_in_each_language(flow: Flow, explored: Exploration) -> None:
    """Whatever office a table holds, its address has been said somewhere in every language."""
    offices = set(flow.offices["offices"].offices)
    for sequences in explored.sequences.values():
        texts = [prompt.text for said in sequences for prompt in said if prompt.name == "office-address"]
        assert len(offices) == len(texts)
        assert all(any(office.street in text and office.name in text for text in texts) for office in offices)


def test_a_menu_is_long_only_for_who_can_be_new_to_it(flow: Flow, explored: Exploration) -> None:
    """Whoever chose a subject has heard the menu of subjects, so its first words never follow one."""
    after_pensions = {said[1].name for said in explored.sequences["pl"] if said[0].name == "about-pensions"}
    # The last one: who came from the virtual assistant, which listens no more.
    assert {"choose-next-information", "assistant-next-question", "choose-information"} == after_pensions
    begin = (("welcome", "pl"), ("main-uk", "uk"), ("main-en", "en"), ("main", "pl"))
    assert tuple(flow.prompts[name] for name in begin) in explored.sequences["pl"]


def test_a_caller_taken_over_hears_the_place_again() -> None:
    """What a second process says is among the sequences, though no caller's act leads to it."""
    flow = load_text(SMALL).flow
    assert (flow.prompts["notice", "en"], flow.prompts["staying", "en"]) in explore(flow).sequences["en"]


# Nothing is missed


@dataclass(frozen=True, slots=True)
class Told:
    """A turn of a random call: the transitions that it made, and what was said in which language."""

    transitions: tuple[Transition, ...]
    lang: str
    said: Said


def random_call(flow: Flow, data: st.DataObject) -> Iterator[Told]:
    """Any call at all: every key at every wait, taken over at any time, the service open or closed as it likes."""
    state = start(flow)
    event: Event = Started(data.draw(st.sampled_from([None, *flow.languages])))
    for _ in range(MOST_EVENTS):
        told, state = told_turn(flow, state, event, data)
        yield told
        if isinstance(state.position, Ended):
            return
        event = data.draw(events(flow, state))


def told_turn(flow: Flow, state: State, event: Event, data: st.DataObject) -> tuple[Told, State]:
    """One event, and whatever the services answer."""
    transitions: list[Transition] = []
    prompts: Said = ()
    while True:
        turn = step(flow, state, event)
        assert isinstance(turn, Turn)
        if not isinstance(event, Reentered):
            transitions.append(transition(flow, state, event, turn.state))
        state, prompts = turn.state, prompts + turn.prompts
        if not isinstance(turn.wait, ServiceWait):
            return Told(tuple(transitions), state.lang, prompts), state
        event = answer(flow, turn.wait, data)


def answer(flow: Flow, wait: ServiceWait, data: st.DataObject) -> Event:
    """One of the answers that a service can give."""
    match wait:
        case CheckHours():
            return HoursChecked(data.draw(st.booleans()))
        case CheckSpeech():
            return SpeechChecked(data.draw(st.booleans()))
        case DrawSurvey(share):
            return SurveyDrawn(share > 0 and (share == 100 or data.draw(st.booleans())))
        case VerifyPin("olga"):
            return PinDelayed(data.draw(st.integers(1, 3600)))
        case VerifyPin(claim):
            return PinVerified("subject") if claim == "ewa" else PinRefused()
        case VerifyOldPin():
            return PinVerified("subject") if data.draw(st.booleans()) else PinRefused()
        case StorePin():
            return PinStored(True)
        case FindPayers():
            found: list[Event] = [PayersFound(()), PayersFound(PAYERS), ManyPayers()]
            return data.draw(st.sampled_from(found))
        case FindOffice(name, code):
            return office_answer(flow.offices[name], code)
        case FindNumber():
            return NUMBER if data.draw(st.booleans()) else NumberRefused()
        case FindCallback():
            return CallbackSought(data.draw(st.booleans()))
        case CancelCallback():
            return CallbackCancelled()


def events(flow: Flow, state: State) -> st.SearchStrategy[Event]:
    """Whatever a gateway can report; hanging up is rare, so that calls last."""
    match wait_at(flow, state), state.position:
        case _, InQueue():
            usual: list[Event] = [QueueLeft(outcome) for outcome in OUTCOMES]
        case PlayOut(), _:
            usual = [Played()]
        case Gather(max_digits=most), AtIdentifier():
            usual = [NoInput(), Keyed("*"), SecretKeyed(0), SecretKeyed(5), SecretKeyed(6, "ewa")]
            usual += [SecretKeyed(most, "jan"), SecretKeyed(6, "olga")]
        case Gather(max_digits=most), AtPin():
            usual = [NoInput(), Keyed("*"), SecretKeyed(0), SecretKeyed(most - 1), SecretKeyed(most)]
        case _, AtPostalCode():
            usual = [NoInput(), *map(Keyed, ("*", "123", "00001", "10001", "25000", "50999", "99999"))]
        case _, AtPayerNumber():
            usual = [NoInput(), Keyed("*"), SecretKeyed(0), PayerKeyed("payer-1"), PayerRefused()]
        case Gather(max_digits=most), AtOldPin():
            usual = [NoInput(), Keyed("*"), SecretKeyed(most - 1), SecretKeyed(most)]
        case _, AtNewPin():
            usual = [NoInput(), Keyed("*"), NewPinKeyed(), *map(NewPinRefused, WEAKNESSES)]
        case _, AtPinAgain():
            usual = [NoInput(), Keyed("*"), NewPinKeyed(), NewPinDiffers()]
        case _, AtNumber():
            usual = [NoInput(), Keyed("*"), NUMBER, NumberRefused()]
        case _, AtAssistantConsent():
            usual = [NoInput(), *map(Keyed, "1203")]
        case _:
            usual = [NoInput(), *map(Keyed, KEYS)]
    return st.sampled_from([*usual * 3, Reentered(), HungUp()])


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_no_call_surprises_the_shipped_service(explored: Exploration, flow: Flow, data: st.DataObject) -> None:
    """Whatever a caller does, the explorer knew each transition and each sequence."""
    for told in random_call(flow, data):
        known(told, explored)


@settings(deadline=None, max_examples=60)
@given(st.data(), st.sampled_from(["notice", "ask"]))
def test_no_call_surprises_a_small_service(data: st.DataObject, consent: str) -> None:
    """Nor with a table that has gaps, nor where consent is asked for by a key."""
    flow, exploration = explored_as(SMALL, consent)
    for told in random_call(flow, data):
        known(told, exploration)


@settings(deadline=None, max_examples=80)
@given(flows(), st.data())
def test_no_call_surprises_any_service(flow: Flow, data: st.DataObject) -> None:
    """Nor in a service whose menus lead anywhere."""
    exploration = explore(flow, OUTCOMES)
    for told in random_call(flow, data):
        known(told, exploration)


def known(told: Told, exploration: Exploration) -> None:
    """Fail unless the explorer knew everything about the turn."""
    assert () == tuple(transition for transition in told.transitions if transition not in exploration.transitions)
    assert not told.said or told.said in exploration.sequences[told.lang], names(told.said)


def names(said: Said) -> str:
    """A sequence, for people."""
    return " ".join(f"{prompt.name}@{prompt.lang}" for prompt in said)


def test_a_way_back_past_the_start_is_found() -> None:
    """Who was carried on by silence has a shorter way back than who pressed a key for the same menu."""
    flow = flow_of(
        [
            menu("first", {"1": Option("second"), "*": Option(BACK)}, exhausted="second"),
            menu("second", {"1": Option("third")}),
            menu("third", {"1": Option("first")}),
            BYE,
        ],
        "first",
    )
    assert Transition("first", "key *", "third") in explore(flow).transitions


# It ends


def test_sixty_tangled_steps_are_walked_through() -> None:
    """Menus that all lead to one another have more ways through them than could ever be walked."""
    flow = tangled(menus=25, messages=25)
    assert 60 == len(flow.steps)
    assert 100_000 > sum(1 for _ in walk(flow, OUTCOMES))


def tangled(menus: int, messages: int) -> Flow:
    """Menus with every key in use, most of them leading to other menus."""
    chance = random.Random(60)
    names = [f"menu-{number}" for number in range(menus)]
    ways = [*names, *(f"message-{number}" for number in range(messages)), *(f"to-{number}" for number in range(7))]
    steps = [
        menu(name, {key: Option(chance.choice(ways)) for key in KEYS[:10]} | {"*": Option(BACK), "#": Option(REPEAT)})
        for name in names
    ]
    return flow_of(
        [
            *steps,
            *(Message(f"message-{number}", ("words",), chance.choice(names)) for number in range(messages)),
            *(Transfer(f"to-{number}", "all", "people") for number in range(7)),
            authentication("authentication", names[0]),
            office_search("offices", names[0]),
            BYE,
        ],
        names[0],
    )
