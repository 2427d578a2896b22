"""The virtual assistant: consent of its own, subjects by word, a person at any moment, and what menus.yaml may say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.definition import Flow
from ivr.events import ConsentWithdrawn, Heard
from ivr.flow import step
from ivr.phrases import meaning, phrases_at
from ivr.sayings import ASSISTANT, CONFIRMATION
from ivr.state import (
    AtAssistantConsent,
    AtAssistantNotice,
    AtConfirmation,
    AtMenu,
    AtNotice,
    AtPostalCode,
)
from ivr.turns import Turn
from ivr.waits import Gather
from tests.callers import Caller
from tests.menu_files import ASSISTED, SMALL, edited, faults_of, load_text

QUESTION = AtMenu("assistant")


@pytest.fixture
def asked(flow: Flow) -> Caller:
    """A caller who is asked for consent."""
    return Caller(flow).keys("4").listens()


@pytest.fixture
def assisted(asked: Caller) -> Caller:
    """A caller who has agreed, and is asked what it is about."""
    return asked.keys("1")


def is_recorded(caller: Caller) -> bool:
    """Whether the call is recorded where it stands."""
    return isinstance(caller.wait, Gather) and caller.wait.recorded


def test_its_notice_comes_before_its_question_for_consent(flow: Flow) -> None:
    """The notice cannot be cut short; then a key or a word is waited for, and nothing is recorded."""
    caller = Caller(flow).keys("4")
    assert (AtAssistantNotice("assistant"), ("assistant-notice",)) == (caller.position, caller.said)
    caller.listens()
    assert (AtAssistantConsent("assistant"), ("assistant-consent",)) == (caller.position, caller.said)
    assert Gather(ASSISTANT, 1, 6, spoken="pl") == caller.wait


@pytest.mark.parametrize("by_word", [True, False], ids=["word", "key"])
def test_yes_leads_to_the_question_and_is_recorded(asked: Caller, by_word: bool) -> None:
    """From there on, and not before; recording of conversations is not decided by it."""
    _ = asked.says("1") if by_word else asked.keys("1")
    assert (QUESTION, True, None) == (asked.position, asked.state.assistant, asked.state.consent)
    assert ("assistant-question", "assistant") == asked.said
    assert Gather("assistant", 1, 6, spoken="pl", recorded=True) == asked.wait


@pytest.mark.parametrize("by_word", [True, False], ids=["word", "key"])
def test_no_is_a_decision(asked: Caller, by_word: bool) -> None:
    """On by key alone; who has said no is not asked again in the call."""
    _ = asked.says("2") if by_word else asked.keys("2")
    assert (AtMenu("information"), False) == (asked.position, asked.state.assistant)
    assert AtMenu("information") == asked.keys("*").keys("4").position


@pytest.mark.parametrize("answer", ["silence", "another key", "star", "noise twice", "doubtful yes twice"])
def test_whatever_is_no_clear_yes_is_no_consent(asked: Caller, answer: str) -> None:
    """Nothing is decided either: who comes again is asked again."""
    match answer:
        case "silence":
            asked.silent()
        case "another key":
            asked.keys("7")
        case "star":
            asked.keys("*")
        case "noise twice":
            asked.says().says()
        case _:
            asked.says("1", sure=70).says("1", sure=70)
    assert (AtMenu("information"), None) == (asked.position, asked.state.assistant)
    assert AtAssistantNotice("assistant") == asked.keys("*").keys("4").position


def test_noise_is_asked_about_once(asked: Caller) -> None:
    """It is no answer yet."""
    asked.says()
    assert (AtAssistantConsent("assistant"), ("not-understood", "assistant-consent")) == (asked.position, asked.said)
    assert QUESTION == asked.says("1").position


def test_nobody_is_led_to_who_does_not_listen(flow: Flow) -> None:
    """Neither to the notice nor, having agreed before, to the question."""
    caller = Caller(flow)
    caller.heard = False
    assert AtMenu("information") == caller.keys("4").position
    caller.heard = True
    assert QUESTION == caller.keys("*").keys("4").listens().keys("1").position
    caller.heard = False
    assert AtMenu("information") == caller.keys("1").position


def test_without_speech_it_is_passed_over(flow: Flow) -> None:
    """As a file is that says nothing of it."""
    assert AtMenu("information") == Caller(replace(flow, speech=None)).keys("4").position


def test_a_message_answers_and_the_question_follows(assisted: Caller) -> None:
    """Heard in one turn, which is recorded as a whole."""
    assisted.says("1")
    assert ("about-pensions", "assistant-next-question", "assistant") == assisted.said
    assert QUESTION == assisted.position
    assert is_recorded(assisted)


def test_a_subject_leads_to_its_queue_or_elsewhere(flow: Flow) -> None:
    """By the notice of conversations, which is another; nothing is recorded any more."""
    helped = Caller(flow).keys("4").listens().keys("1").says("7")
    assert (AtNotice("to-technical"), "technical") == (helped.position, helped.state.topic)
    elsewhere = Caller(flow).keys("4").listens().keys("1").says("8")
    assert AtPostalCode("offices") == elsewhere.position
    assert not is_recorded(helped) | is_recorded(elsewhere)


def test_what_is_not_heard_well_is_asked_back(assisted: Caller) -> None:
    """As at menus, and recorded like the question."""
    assisted.says("2", sure=60)
    assert AtConfirmation("assistant", "2") == assisted.position
    assert Gather(ASSISTANT, 1, 6, spoken="pl", recorded=True) == assisted.wait
    assert ("about-benefits", "assistant-next-question", "assistant") == assisted.says("1").said


@pytest.mark.parametrize("place", ["consent", "question", "asked back"])
@pytest.mark.parametrize("by_word", [True, False], ids=["word", "key"])
def test_a_person_is_there_at_any_moment(asked: Caller, place: str, by_word: bool) -> None:
    """By 0 and by saying so, and not recorded any more."""
    if place != "consent":
        asked.keys("1")
    if place == "asked back":
        asked.says("2", sure=60)
    assert AtMenu("topics") == (asked.says("0") if by_word else asked.keys("0")).position
    assert not is_recorded(asked)


@pytest.mark.parametrize("place", ["consent", "question", "asked back"])
def test_the_words_for_a_person_are_listened_for_everywhere(asked: Caller, place: str) -> None:
    """At each of its gathers."""
    if place != "consent":
        asked.keys("1")
    if place == "asked back":
        asked.says("2", sure=60)
    assert isinstance(asked.wait, Gather)
    assert Heard(("0",), 90) == meaning(asked.flow, asked.wait, ("konsultant",), 90)


def test_two_misses_lead_to_the_keys(assisted: Caller) -> None:
    """To a menu elsewhere, of which nothing is recorded."""
    assisted.says()
    assert (QUESTION, "not-understood") == (assisted.position, assisted.said[0])
    assisted.says()
    assert AtMenu("information") == assisted.position
    assert "choose-by-key" == assisted.said[0]
    assert not is_recorded(assisted)


def test_silence_leads_to_the_keys(assisted: Caller) -> None:
    """After as many tries as everywhere."""
    assert "assistant-silence" == assisted.silent().said[0]
    assert AtMenu("information") == assisted.silent(2).position


def test_who_comes_back_has_agreed_already(assisted: Caller) -> None:
    """And is asked at once."""
    assisted.silent(3).keys("*")
    assert QUESTION == assisted.keys("4").position
    assert is_recorded(assisted)


def test_withdrawn_consent_ends_it(assisted: Caller) -> None:
    """Nothing is recorded from then on, neither here nor in a queue, and nobody is asked again."""
    turn = step(assisted.flow, assisted.state, ConsentWithdrawn())
    assert isinstance(turn, Turn)
    assert (False, False, False) == (turn.state.assistant, turn.state.consent, turn.wait == assisted.wait)
    assisted.state = turn.state
    assert AtMenu("information") == assisted.says("1").position


def test_menus_ask_back_in_yes_and_no_alone(flow: Flow) -> None:
    """A person is no answer there, as the menu has a key for one."""
    assert {"1", "2"} == set(phrases_at(flow, Gather(CONFIRMATION, 1, 6, spoken="pl")).values())


SECOND = (
    "  told: {type: message, play: [news], then: assistant}\n",
    "  told: {type: message, play: [news], then: other}\n"
    '  other: {type: assistant, wording: "8", notice: notice, consent: question, declined: sorry, ask: code, '
    'subjects: {"1": {label: {pl: Wieść, en: Piece}, say: {pl: [wieść], en: [piece]}, to: sorry}}, '
    "consultant: {label: {pl: Osoba, en: Person}, say: {pl: [konsultant], en: [consultant]}, to: gate}, "
    "by_key: main}\n",
)
FAULTS = {
    "two of them": (SECOND, "there is an assistant already"),
    "a key of no subject": (
        ('"1": {label: {pl: Wiadomość, en: News}, say', '"*": {label: {pl: Wieść, en: News}, say'),
        '"*" is no key of a subject',
    ),
    "a misspelt target": (("by_key: main", "by_key: mian"), 'there is no step "mian"'),
    "a prompt that is not there": (("    ask: code\n", "    ask: cod\n"), 'there is no prompt "cod"'),
    "no words": (("say: {pl: [pomoc], en: [help]}, ", ""), 'the field "say" is missing'),
    "a language is missing": (("say: {pl: [pomoc], en: [help]}", "say: {pl: [pomoc]}"), "the en words are missing"),
    "a person's words are taken": (("say: {pl: [konsultant]", "say: {pl: [pomoc]"), 'means the key "2" already'),
    "a person has no words": (
        ("say: {pl: [konsultant], en: [consultant]}", "say: {pl: [konsultant]}"),
        "the en words are missing",
    ),
    "a name is taken": (("  welcome: {pl", "  assistant: {pl: a, en: b}\n  welcome: {pl"), "the name of an assistant"),
    "an unknown field": (("    by_key: main", "    bykey: main"), 'unknown field "bykey"'),
    "a circle": (("declined: sorry", "declined: told"), "these steps lead in a circle without a wait"),
    "nobody listens": (("speech: {meant", "# speech: {meant"), "nobody listens: there is no speech:"),
}


@pytest.mark.parametrize("case", FAULTS.values(), ids=FAULTS)
def test_a_fault_of_an_assistant_is_told(case: tuple[tuple[str, str], str]) -> None:
    """With its line; and the file is not used."""
    edit, told = case
    faults = faults_of(edited(edited(SMALL, *ASSISTED), edit))
    assert any(told in fault and ": warning:" not in fault for fault in faults), faults


def test_an_assistant_of_which_nothing_is_wrong() -> None:
    """What it asks back is made of labels; its person's key is told, and no other."""
    text = edited(SMALL, *ASSISTED)
    assert [] == faults_of(text)
    prompts = load_text(text).flow.prompts
    assert "Osoba: zero." == prompts["assistant", "pl"].text
    assert "Is it Help?" == prompts["meant-assistant-2", "en"].text
