"""At a menu: what is heard, where keys lead, and what silence and wrong keys do."""

from __future__ import annotations

import pytest

from ivr.definition import Flow
from ivr.state import AtMenu, AtNotice, Ended, InQueue
from ivr.waits import Gather
from tests.callers import Caller
from tests.menu_files import SMALL, edited, load_text


def test_a_call_begins_with_the_welcome_and_the_main_menu(flow: Flow) -> None:
    """Between them every other language is offered in its own words; then one key is awaited."""
    caller = Caller(flow)
    assert ("welcome", "main-uk", "main-en", "main") == caller.said
    assert ["pl", "uk", "en", "pl"] == [prompt.lang for prompt in caller.prompts]
    assert ("Українська мова: натисніть сім.", "English: press eight.") == tuple(
        one.text for one in caller.prompts[1:3]
    )
    assert Gather("main", 1, 6, spoken="pl") == caller.wait


@pytest.mark.parametrize(("asked", "spoken"), [(None, "pl"), ("pl", "pl"), ("uk", "uk"), ("en", "en"), ("de", "pl")])
def test_a_call_begins_in_the_language_it_asks_for(flow: Flow, asked: str | None, spoken: str) -> None:
    """A language that is not offered is the first one."""
    caller = Caller(flow, lang=asked)
    others = [lang for lang in ("uk", "en", "pl") if lang != spoken]
    assert [spoken, *others, spoken] == [prompt.lang for prompt in caller.prompts]


def test_a_menu_is_long_at_first_and_short_on_return(flow: Flow) -> None:
    """Whoever comes back hears no greeting again."""
    caller = Caller(flow).keys("1")
    assert ("choose-information", "information") == caller.said
    assert ("about-pensions", "choose-next-information", "information") == caller.keys("1").said
    assert ("main-short", "main") == caller.keys("*").said


def test_repeat_says_the_whole_menu_again(flow: Flow) -> None:
    """Whoever asks for a repetition wants all of it, the long form too."""
    assert ("welcome", "main-uk", "main-en", "main") == Caller(flow).keys("*").said
    assert ("choose-information", "information") == Caller(flow).keys("1", "1", "#").said


def test_back_leads_menu_by_menu_to_the_first(flow: Flow) -> None:
    """Each star is one menu nearer to the main menu, whatever was heard on the way."""
    caller = Caller(flow).keys("1", "6", "2", "1")
    assert [AtMenu("information"), AtMenu("main")] == [caller.keys("*").position, caller.keys("*").position]


def test_back_at_the_first_menu_stays_there(small: Flow) -> None:
    """There is nothing before it."""
    assert AtMenu("main") == Caller(small).keys("*", "*").position


def test_the_way_back_knows_no_menu_twice(flow: Flow) -> None:
    """Going down and up again leads back as if one had gone down once."""
    caller = Caller(flow).keys(*["1", "6", "*", "*"] * 5, "1", "6")
    assert ("main", "information") == caller.state.trail


def test_another_language_begins_the_menu_anew(flow: Flow) -> None:
    """Whoever changes the language has understood nothing so far: every menu is long again, in the new language."""
    caller = Caller(flow).keys("1", "*", "7")
    expected = [("welcome", "uk"), ("main-en", "en"), ("main-pl", "pl"), ("main", "uk")]
    assert expected == [(prompt.name, prompt.lang) for prompt in caller.prompts]
    assert ("choose-information", "information") == caller.keys("1").said


@pytest.mark.parametrize(("key", "lang"), [("7", "uk"), ("8", "en"), ("9", "pl")])
def test_each_language_has_its_key(flow: Flow, key: str, lang: str) -> None:
    """7 is Ukrainian, 8 is English, 9 is Polish, from any language."""
    for begun in flow.languages:
        assert lang == Caller(flow, lang=begun).keys(key).state.lang


def test_silence_is_told_and_the_menu_asks_again(flow: Flow) -> None:
    """The short form, the long one has just been heard; languages again, since silence may mean not understanding."""
    caller = Caller(flow).silent()
    assert ("no-input", "main-short", "main-uk", "main-en", "main") == caller.said
    assert Gather("main", 1, 6, spoken="pl") == caller.wait


@pytest.mark.parametrize("keyed", ["5", "12", "", "00", "#", "1" * 60])
def test_a_key_that_is_no_choice_is_told_in_other_words(flow: Flow, keyed: str) -> None:
    """Keys that the menu does not have, several at once, and a lone terminator."""
    caller = Caller(flow).keys(keyed)
    assert ("no-match", "main-short", "main-uk", "main-en", "main") == caller.said
    assert AtMenu("main") == caller.position


def test_silence_and_wrong_keys_are_counted_apart(flow: Flow) -> None:
    """Two of each leave the caller at the menu; the third of one leads on."""
    caller = Caller(flow).silent(2).keys("5", "5")
    assert AtMenu("main") == caller.position
    assert AtMenu("topics") == caller.silent().position


def test_a_choice_clears_the_counters(flow: Flow) -> None:
    """What went wrong at one menu is not held against the caller at the next, nor on return."""
    caller = Caller(flow).silent(2).keys("5", "5", "1")
    assert (0, 0) == (caller.state.no_inputs, caller.state.no_matches)
    assert AtMenu("main") == caller.keys("*").silent(2).keys("5", "5").position


@pytest.mark.parametrize("key", ["2", "3"])
def test_every_question_has_counters_of_its_own(flow: Flow, key: str) -> None:
    """What went wrong at the menu is not held against the caller who is asked for digits."""
    caller = Caller(flow).silent(2).keys("5", "5", key)
    asked = caller.position
    assert asked == caller.silent(2).keys("#", "#").position


def test_after_the_last_wrong_key_a_person_is_offered(flow: Flow) -> None:
    """Three wrong keys at the main menu lead to the consultants' topics."""
    assert AtMenu("topics") == Caller(flow).keys("5", "5", "5").position


def test_a_caller_who_keys_nothing_reaches_a_person(flow: Flow) -> None:
    """In opening hours silence alone leads to a consultant, with the notice heard."""
    caller = Caller(flow).silent(6)
    assert AtNotice("to-insured") == caller.position
    assert InQueue("to-insured") == caller.listens().position


def test_a_caller_who_keys_nothing_out_of_hours_hears_the_ending(flow: Flow) -> None:
    """Never a bare hang-up: the hours are told."""
    caller = Caller(flow, is_open=False).silent(3)
    assert ("closed-hours", "goodbye") == caller.said


def test_a_menu_may_have_its_own_words_and_its_own_way_out() -> None:
    """What a menu declares goes before the defaults of the file."""
    own = "    no_input: sorry\n    no_match: news\n    exhausted: sorry\n    options:\n"
    flow = load_text(edited(SMALL, ("    options:\n", own))).flow
    assert "sorry" == Caller(flow).silent().said[0]
    assert "news" == Caller(flow).keys("9").said[0]
    assert Ended("goodbye", "completed") == Caller(flow).silent(3).position


def test_a_message_may_stand_before_the_first_menu() -> None:
    """The start of a service need not be a menu, and messages follow one another without a wait."""
    flow = load_text(
        edited(
            SMALL,
            ("start: main", "start: hello"),
            ("  news: {type", "  hello: {type: message, play: [news, sorry], then: news}\n  news: {type"),
        )
    ).flow
    assert ("news", "sorry", "news", "welcome", "main-en", "main") == Caller(flow).said


def test_options_are_heard_in_the_order_of_the_file(flow: Flow) -> None:
    """Function first, then key, in the words of the caller's language."""
    text = flow.prompts["main", "en"].text
    assert text.startswith("Recorded information: press one. Identity check: press two.")
    assert text.endswith("Consultant: press zero. Repeat this menu: press star.")
