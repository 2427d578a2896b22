"""Whom the call is about: a caller who is known may speak for payers, and chooses one or themselves."""

from __future__ import annotations

import pytest

from ivr.definition import Flow
from ivr.events import Keyed, PayersFound
from ivr.flow import step
from ivr.prompts import ENDING
from ivr.state import AtMenu, AtPayerChoice, AtPayerNumber, AtPayerSearch, Ended, State, replace
from ivr.turns import Ignored, Turn
from ivr.waits import Gather, PlayOut, Transfer
from tests.callers import SUBJECT, Caller

TWO = ("payer-a", "payer-b")
EIGHT = tuple(f"payer-{letter}" for letter in "abcdefgh")
QUESTION = ("whose-matters", "authentication-own")
PERSONAL = ("personal",)


def known(flow: Flow, payers: tuple[str, ...] | None) -> Caller:
    """A caller who has logged in and heard so, and may speak for these payers, or for many."""
    return Caller(flow, payers=payers).keys("2").identifier().pin(right=True).listens()


def offered(*keys: str) -> tuple[str, ...]:
    """What is said of payers by keys."""
    return tuple(name for key in keys for name in ("payer-whose-number-ends", ENDING, f"authentication-key-{key}"))


@pytest.fixture
def asked(flow: Flow) -> Caller:
    """A caller who is asked for which of two payers they call."""
    return known(flow, TWO)


@pytest.fixture
def asked_for_number(flow: Flow) -> Caller:
    """A caller who is asked for the number of one of many payers."""
    return known(flow, None)


def test_whoever_speaks_for_nobody_is_asked_nothing(flow: Flow) -> None:
    """The menu goes on at once, and the call is about matters of their own."""
    caller = known(flow, ())
    assert (PERSONAL, AtMenu("personal"), None) == (caller.said, caller.position, caller.state.payer)


def test_payers_are_offered_by_the_ends_of_their_numbers(asked: Caller) -> None:
    """Function before key; a key cuts it; the flow knows references, and digits are put in later."""
    assert (*QUESTION, *offered("2", "3"), "authentication-others") == asked.said
    assert list(TWO) == [prompt.text for prompt in asked.prompts if prompt.name == ENDING]
    assert Gather("payer", 1, 6) == asked.wait


def test_what_is_keyed_before_the_question_is_dropped(flow: Flow) -> None:
    """The good news before it cannot be cut short."""
    caller = Caller(flow, payers=TWO).keys("2").identifier().pin(right=True)
    assert PlayOut() == caller.wait
    assert isinstance(step(flow, caller.state, Keyed("2")), Ignored)


@pytest.mark.parametrize(("key", "payer"), [("1", None), ("2", "payer-a"), ("3", "payer-b")])
def test_a_key_chooses_a_payer_or_matters_of_ones_own(asked: Caller, key: str, payer: str | None) -> None:
    """And the menu goes on."""
    caller = asked.keys(key)
    assert (payer, SUBJECT) == (caller.state.payer, caller.state.subject)
    assert (PERSONAL, AtMenu("personal")) == (caller.said, caller.position)


def test_each_of_eight_payers_has_a_key(flow: Flow) -> None:
    """From two to nine, in their order."""
    for key, payer in zip("23456789", EIGHT, strict=True):
        assert payer == known(flow, EIGHT).keys(key).state.payer


def test_the_choice_travels_to_every_queue_of_the_call(asked: Caller) -> None:
    """On to the consultants, back from them, to another topic, and to another process."""
    caller = asked.keys("3", "0", "6").listens()
    assert isinstance(caller.wait, Transfer)
    assert "payer-b" == caller.state.payer
    assert "payer-b" == caller.sent_on("pensions").taken_over().state.payer
    assert "payer-b" == caller.returns("returned_to_ivr").keys("*", "0").state.payer


def test_zero_leads_to_a_consultant(flow: Flow) -> None:
    """With the level that was reached, and no payer."""
    caller = known(flow, TWO).keys("0")
    assert (AtMenu("topics"), "full", None) == (caller.position, caller.state.auth_level, caller.state.payer)
    closed = Caller(flow, payers=TWO, is_open=False).keys("2").identifier().pin(right=True).listens().keys("0")
    assert Ended("closed", "closed") == closed.position


def test_a_star_looks_again_and_repeats(asked: Caller) -> None:
    """A mandate that has ended meanwhile is offered no more."""
    asked.payers = TWO[1:]
    assert (*QUESTION, *offered("2"), "authentication-others") == asked.keys("*").said
    assert "payer-b" == asked.keys("2").state.payer


def test_silence_and_wrong_keys_are_counted_apart_and_lead_to_matters_of_ones_own(flow: Flow) -> None:
    """Which is stated by what cannot be cut short; the menu follows."""
    silent, wrong = known(flow, TWO).keys("9", "9").silent(), known(flow, TWO).silent(2).keys("9")
    assert ("no-input", *QUESTION) == silent.said[:3]
    assert ("no-match", *QUESTION) == wrong.said[:3]
    for caller in (silent.silent(2), wrong.keys("4", "#")):
        assert (("payer-unchosen",), PlayOut(), None) == (caller.said, caller.wait, caller.state.payer)
        assert AtMenu("personal") == caller.listens().position


def test_one_of_many_payers_is_keyed_by_number(asked_for_number: Caller) -> None:
    """As a secret; a late digit acts on no menu."""
    assert (("payer-number",), Gather("payer-number", 12, 6, secret=True)) == (
        asked_for_number.said,
        asked_for_number.wait,
    )
    caller = asked_for_number.payer("payer-z")
    assert (("payer-chosen",), PlayOut(), "payer-z") == (caller.said, caller.wait, caller.state.payer)
    assert AtMenu("personal") == caller.listens().position


def test_a_number_that_is_not_of_their_payers_is_asked_for_again(asked_for_number: Caller) -> None:
    """Nobody learns whether there is such a payer; after three it is about matters of their own."""
    caller = asked_for_number.payer(None)
    assert ("payer-refused", "payer-number") == caller.said
    assert AtPayerNumber("authentication") == caller.position
    assert (("payer-unchosen",), None) == (caller.payer(None).payer(None).said, caller.state.payer)


def test_a_star_instead_of_a_number_is_matters_of_ones_own(asked_for_number: Caller) -> None:
    """Even among digits, as at every number."""
    caller = asked_for_number.keys("52*")
    assert (("payer-unchosen",), None) == (caller.said, caller.state.payer)


def test_logging_in_again_asks_again(asked: Caller) -> None:
    """So callers change their mind; until they choose anew it is about matters of their own."""
    caller = asked.keys("2", "*", "2").listens()
    assert (AtPayerChoice("authentication", TWO), None) == (caller.position, caller.state.payer)
    assert "payer-b" == caller.keys("3").state.payer


def test_a_caller_who_is_taken_over_hears_the_question_again(asked: Caller) -> None:
    """The payers are looked up again: the other process has never seen their digits."""
    caller = asked.taken_over()
    assert (*QUESTION, *offered("2", "3"), "authentication-others") == caller.said
    assert AtPayerChoice("authentication", TWO) == caller.position


def test_more_payers_than_keys_are_never_offered(flow: Flow) -> None:
    """Whatever a service answers."""
    searching: State = replace(known(flow, TWO).state, position=AtPayerSearch("authentication"))
    turn = step(flow, searching, PayersFound(tuple("abcdefghijk")))
    assert isinstance(turn, Turn)
    assert AtPayerChoice("authentication", tuple("abcdefgh")) == turn.state.position


@pytest.mark.parametrize("lang", ["pl", "uk", "en"])
def test_the_question_is_asked_in_each_language(flow: Flow, lang: str) -> None:
    """Word for word in Polish, and complete in the others."""
    caller = Caller(flow, payers=TWO, lang=lang).keys("2").identifier().pin(right=True).listens()
    assert {lang} == {prompt.lang for prompt in caller.prompts}
    if lang == "pl":
        text = " ".join("..." if prompt.name == ENDING else prompt.text for prompt in caller.prompts)
        payer = "Płatnik, którego numer ma końcówkę ..."
        assert (
            "Czyich spraw dotyczy rozmowa? Sprawy własne: naciśnij jeden. "
            f"{payer} naciśnij dwa. {payer} naciśnij trzy. Konsultant: naciśnij zero. Powtórzenie: naciśnij gwiazdkę."
        ) == text
