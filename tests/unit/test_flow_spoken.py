"""Words instead of keys: acted on, asked back, not understood; and what menus.yaml may say of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.definition import Flow
from ivr.events import Heard, Keyed
from ivr.flow import step
from ivr.phrases import meaning, phrases_at
from ivr.sayings import CONFIRMATION
from ivr.state import AtConfirmation, AtMenu, AtNotice, State
from ivr.turns import Ignored, Turn
from ivr.waits import Gather
from tests.callers import Caller
from tests.menu_files import SMALL, SPEAKING, edited, faults_of, load_text


@pytest.fixture
def topics(flow: Flow) -> Caller:
    """A caller at the menu of topics."""
    return Caller(flow).keys("0")


def test_a_word_does_what_its_key_does(flow: Flow) -> None:
    """The same turn, but for nothing."""
    said, keyed = Caller(flow).says("0").says("2"), Caller(flow).keys("0").keys("2")
    assert AtNotice("to-pensions") == said.position
    assert (keyed.state, keyed.prompts, keyed.wait) == (said.state, said.prompts, said.wait)


def test_what_is_not_heard_well_is_asked_back(topics: Caller) -> None:
    """By name, in one question, which a key or a word answers."""
    topics.says("3", sure=60)
    assert AtConfirmation("topics", "3") == topics.position
    assert Gather(CONFIRMATION, 1, 6, spoken="pl") == topics.wait
    (asked,) = topics.prompts
    assert "Zasiłki" in asked.text


@pytest.mark.parametrize("by_word", [True, False], ids=["word", "key"])
def test_yes_goes_on(topics: Caller, by_word: bool) -> None:
    """As if it had been heard well."""
    topics.says("3", sure=60)
    assert AtNotice("to-benefits") == (topics.says("1") if by_word else topics.keys("1")).position


@pytest.mark.parametrize("answer", ["no", "key 2", "nothing", "doubtful yes", "something else"])
def test_anything_but_a_clear_yes_leads_back_to_the_menu(topics: Caller, answer: str) -> None:
    """Nothing is guessed: the menu is heard again, and counts one miss."""
    topics.says("3", sure=60)
    match answer:
        case "no":
            topics.says("2")
        case "key 2":
            topics.keys("2")
        case "nothing":
            topics.silent()
        case "doubtful yes":
            topics.says("1", sure=60)
        case _:
            topics.says()
    assert (AtMenu("topics"), 1) == (topics.position, topics.state.misses)
    assert ("not-understood", "choose-topic", "topics") == topics.said


def test_other_keys_at_the_question_do_what_they_do_at_the_menu(topics: Caller) -> None:
    """Whoever knows the menu need not say no first."""
    assert AtNotice("to-doctors") == topics.says("3", sure=60).keys("6").position


def test_two_misses_fall_back_to_keys(topics: Caller) -> None:
    """Then nobody listens at this menu any more; at the next one they do."""
    topics.says().says()
    assert ("choose-by-key", "choose-topic", "topics") == topics.said
    assert Gather("topics", 1, 6) == topics.wait
    assert isinstance(step(topics.flow, topics.state, Heard(("2",), 100)), Ignored)
    topics.keys("*")
    assert Gather("main", 1, 6, spoken="pl") == topics.wait


def test_noise_uses_up_no_tries(topics: Caller) -> None:
    """What was not understood is no wrong key: three of those still lead to a person, no fewer."""
    topics.says().says().keys("9", "9")
    assert AtMenu("topics") == topics.position
    assert AtNotice("to-insured") == topics.keys("9").position


@pytest.mark.parametrize("choices", [("2", "3"), ("9",), ("#",)])
def test_two_subjects_or_one_that_cannot_be_said_are_none(topics: Caller, choices: tuple[str, ...]) -> None:
    """However sure the recogniser is."""
    assert AtMenu("topics") == topics.says(*choices).position


def test_another_language_has_other_words(flow: Flow) -> None:
    """The gather says in which one to listen."""
    caller = Caller(flow).keys("7")
    assert isinstance(caller.wait, Gather)
    assert "uk" == caller.wait.spoken
    assert "0" == phrases_at(flow, caller.wait)["консультант"]


def test_where_nothing_is_said_nobody_listens(small: Flow) -> None:
    """A menu without words waits for keys alone, and words mean nothing there."""
    caller = Caller(small)
    assert Gather("main", 1, 5) == caller.wait
    assert isinstance(step(small, caller.state, Heard(("1",), 100)), Ignored)


@given(st.lists(st.sampled_from("0123456789*#"), max_size=3).map(tuple), st.integers(-5, 105), st.integers(0, 3))
def test_words_lead_nowhere_that_a_key_does_not(choices: tuple[str, ...], sure: int, misses: int) -> None:
    """Whatever was heard, the call is where some key leads, or asks, or stays."""
    flow = load_text(edited(SMALL, *SPEAKING)).flow
    state = State("pl", AtMenu("main"), heard=frozenset({"main"}), misses=misses)
    said = step(flow, state, Heard(choices, sure))
    by_key = [step(flow, state, Keyed(key)) for key in "12"]
    places = [turn.state.position for turn in by_key if isinstance(turn, Turn)]
    asked = [AtMenu("main"), *(AtConfirmation("main", key) for key in "12")]
    assert isinstance(said, Ignored) or said.state.position in [*places, *asked]


def test_phrases_mean_keys() -> None:
    """However they are spelt; what is no phrase here means none."""
    flow = load_text(edited(SMALL, *SPEAKING)).flow
    gather = Gather("main", 1, 5, spoken="pl")
    assert Heard(("1",), 90) == meaning(flow, gather, ("Wiadomość", "co  nowego"), 90)
    assert Heard(("1", "2"), 90) == meaning(flow, gather, ("wiadomość", "pomoc"), 90)
    assert Heard((), 0) == meaning(flow, gather, ("wiadomość", "pogoda"), 90)
    assert Heard((), 0) == meaning(flow, replace(gather, spoken=""), ("pomoc",), 90)
    assert "2" == phrases_at(flow, gather)["dwa"]


FAULTS = {
    "a language is missing": (
        [*SPEAKING[:2], ("en: Help}, to: gate}", "en: Help}, to: gate, say: {pl: [pomoc]}}")],
        "say: the en words are missing",
    ),
    "one phrase means two keys": (
        [*SPEAKING[:2], ("en: Help}, to: gate}", "en: Help}, to: gate, say: {pl: [Wiadomość], en: [help]}}")],
        '"Wiadomość" means the key "1" already',
    ),
    "nobody listens": (SPEAKING[1:], "nobody listens: there is no speech:"),
    "not words": (
        [*SPEAKING[:2], ("en: Help}, to: gate}", "en: Help}, to: gate, say: {pl: ['24/7'], en: [help]}}")],
        "what callers say is words",
    ),
    "an empty list": (
        [*SPEAKING[:2], ("en: Help}, to: gate}", "en: Help}, to: gate, say: {pl: [], en: [help]}}")],
        "must not be empty",
    ),
    "a language cannot be said": (
        [*SPEAKING, ("to: repeat, language: en}", "to: repeat, language: en, say: {pl: [angielski], en: [english]}}")],
        "a key that changes the language cannot be said",
    ),
    "yes is no": (
        [*SPEAKING, ("refuse: {pl: [nie]", "refuse: {pl: [Tak]")],
        '"tak" is both yes and no',
    ),
    "doubt above certainty": (
        [*SPEAKING, ("by_key: unknown-key", "by_key: unknown-key, unsure: 90")],
        "more than sure",
    ),
    "no label in the question": ([*SPEAKING, ("'Czy {label}?'", "'Czy?'")], "this phrase holds {label}"),
    "a name is taken": (
        [*SPEAKING, ("  welcome: {pl", "  meant-main-1: {pl: a, en: b}\n  welcome: {pl")],
        '"meant-main-1" is the name of the question',
    ),
    "too many words": (
        [*SPEAKING, ("say: {pl: [pomoc]", f"say: {{pl: [{', '.join('słowo' + 'a' * n for n in range(52))}]")],
        '"main" has more pl words than can be listened for',
    ),
    "an unknown field": ([*SPEAKING, ("by_key: unknown-key", "bykey: unknown-key")], 'unknown field "bykey"'),
}


@pytest.mark.parametrize("case", FAULTS.values(), ids=FAULTS)
def test_a_fault_of_what_may_be_said_is_told(case: tuple[list[tuple[str, str]], str]) -> None:
    """With its line; and the file is not used."""
    edits, told = case
    text = SMALL
    for edit in edits:
        text = edited(text, edit)
    assert any(told in fault and ": warning:" not in fault for fault in faults_of(text)), faults_of(text)


def test_what_may_be_said_has_no_fault() -> None:
    """Neither in the shipped file nor in the small one."""
    assert [] == faults_of(edited(SMALL, *SPEAKING))
