"""Authentication by identifier and PIN, and every way that it can go."""

from __future__ import annotations

import pytest

from ivr.definition import Flow
from ivr.events import Keyed
from ivr.flow import step
from ivr.state import AtIdentifier, AtKnown, AtMenu, AtPin
from ivr.turns import Ignored
from ivr.waits import Gather, PlayOut
from tests.callers import CLAIM, SUBJECT, Caller


@pytest.fixture
def at_identifier(flow: Flow) -> Caller:
    """A caller who is asked for the identifier."""
    return Caller(flow).keys("2")


@pytest.fixture
def at_pin(at_identifier: Caller) -> Caller:
    """A caller who is asked for the PIN."""
    return at_identifier.identifier()


def test_identifier_and_pin_lead_to_the_level_full(at_identifier: Caller) -> None:
    """Both are gathered as secrets; the result cannot be cut; then the menu goes on."""
    caller = at_identifier
    assert (("identifier",), Gather("identifier", 12, 6, secret=True)) == (caller.said, caller.wait)
    caller.identifier()
    assert (("pin",), Gather("pin", 6, 6, secret=True)) == (caller.said, caller.wait)
    caller.pin(right=True)
    assert (("authenticated",), PlayOut()) == (caller.said, caller.wait)
    assert ("full", SUBJECT) == (caller.state.auth_level, caller.state.subject)
    assert ("personal",) == caller.listens().said


def test_a_wrong_pin_begins_again_with_the_identifier(at_pin: Caller) -> None:
    """Nobody learns which of the two was wrong."""
    caller = at_pin.pin(right=False)
    assert (("wrong-pin",), PlayOut()) == (caller.said, caller.wait)
    assert ("identifier",) == caller.listens().said
    assert ("none", None) == (caller.state.auth_level, caller.state.subject)


def test_keys_during_the_result_are_dropped(at_pin: Caller) -> None:
    """The prompts say so."""
    assert isinstance(step(at_pin.flow, at_pin.pin(right=False).state, Keyed("1")), Ignored)


def test_the_second_try_may_succeed(at_pin: Caller) -> None:
    """A mistake costs a try and nothing else."""
    caller = at_pin.pin(right=False).listens().identifier().pin(right=True)
    assert (("authenticated",), "full") == (caller.said, caller.state.auth_level)


def test_after_three_wrong_tries_the_call_goes_on_without_a_level(at_pin: Caller) -> None:
    """The caller hears that general information is still to be had."""
    caller = at_pin.pin(right=False).listens().identifier().pin(right=False).listens().identifier().pin(right=False)
    assert (("not-authenticated",), PlayOut()) == (caller.said, caller.wait)
    assert (AtMenu("main"), "none") == (caller.listens().position, caller.state.auth_level)


def test_a_call_has_three_tries_and_no_more(at_pin: Caller) -> None:
    """Choosing authentication again, or giving up in between, gives no further ones."""
    caller = at_pin.pin(right=False).listens().identifier().pin(right=False).listens()
    caller.keys("*").listens().keys("2").identifier().pin(right=False).listens().keys("2")
    assert ("not-authenticated",) == caller.said
    assert AtMenu("main") == caller.listens().position


@pytest.mark.parametrize("keyed", ["*", "12*", "*#"])
def test_a_star_gives_up(flow: Flow, keyed: str) -> None:
    """At the identifier and at the PIN, even among digits; it is said, and it costs no try."""
    at_pin = Caller(flow).keys("2").identifier()
    for caller in (Caller(flow).keys("2", keyed), at_pin.keys(keyed)):
        assert (("login-cancelled",), PlayOut()) == (caller.said, caller.wait)
        assert AtMenu("main") == caller.listens().position
        assert (0, "none") == (caller.state.pin_tries, caller.state.auth_level)


def test_without_words_for_giving_up_those_for_failing_are_heard(small: Flow) -> None:
    """A file need not tell the two apart."""
    assert ("stranger",) == Caller(small).keys("4", "*").said


def test_digits_keyed_after_giving_up_choose_nothing(at_pin: Caller) -> None:
    """What leads out of the login cannot be cut short: the rest of a PIN acts on no menu."""
    assert isinstance(step(at_pin.flow, at_pin.keys("*").state, Keyed("0")), Ignored)


@pytest.mark.parametrize("length", [0, 1, 5, 13, 60])
def test_an_identifier_of_the_wrong_length_is_asked_for_again(at_identifier: Caller, length: int) -> None:
    """It has 6 to 12 digits."""
    caller = at_identifier.identifier(length)
    assert ("no-match", "identifier") == caller.said
    assert AtIdentifier("authentication") == caller.position


@pytest.mark.parametrize("length", [6, 12])
def test_an_identifier_of_the_shortest_and_longest_length_is_taken(at_identifier: Caller, length: int) -> None:
    """The next question is for the PIN."""
    assert AtPin("authentication", CLAIM) == at_identifier.identifier(length).position


def test_an_identifier_without_a_pseudonym_is_asked_for_again(at_identifier: Caller) -> None:
    """Without it no PIN could be verified."""
    assert ("no-match", "identifier") == at_identifier.identifier(claim=None).said


@pytest.mark.parametrize("length", [0, 1, 5, 7, 60])
def test_a_pin_of_the_wrong_length_costs_no_try(at_pin: Caller, length: int) -> None:
    """It cannot be anybody's, so it is asked for again."""
    caller = at_pin.pin(length, right=True)
    assert ("no-match", "pin") == caller.said
    assert (AtPin("authentication", CLAIM), 0) == (caller.position, caller.state.pin_tries)


def test_keys_that_are_no_digits_are_told(at_identifier: Caller) -> None:
    """A lone terminator is no identifier and no PIN."""
    assert ("no-match", "identifier") == at_identifier.keys("#").said
    assert ("no-match", "pin") == at_identifier.identifier().keys("#").said


def test_silence_is_told_and_leads_back_after_the_last_time(flow: Flow) -> None:
    """At the identifier and at the PIN alike."""
    for caller, question in ((Caller(flow).keys("2"), "identifier"), (Caller(flow).keys("2").identifier(), "pin")):
        assert ("no-input", question) == caller.silent().said
        assert (("not-authenticated",), PlayOut()) == (caller.silent(2).said, caller.wait)
        assert AtMenu("main") == caller.listens().position


def test_the_pin_has_counters_of_its_own(at_identifier: Caller) -> None:
    """What went wrong at the identifier is not held against the caller who is asked for the PIN."""
    caller = at_identifier.silent(2).keys("#", "#").identifier().silent(2).keys("#", "#")
    assert AtPin("authentication", CLAIM) == caller.position


def test_whoever_is_known_is_not_asked_again(at_pin: Caller) -> None:
    """The good news is heard again, and the call goes on."""
    caller = at_pin.pin(right=True).listens().keys("*", "2")
    assert ("authenticated",) == caller.said
    assert AtKnown("authentication") == caller.position
    assert ("personal",) == caller.listens().said


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(1, 1), (30, 1), (60, 1), (61, 2), (120, 2), (600, 10), (601, 15), (3600, 60), (9999, 60)]
)
def test_when_too_many_were_tried_the_wait_is_told_and_the_call_goes_on(
    at_pin: Caller, seconds: int, minutes: int
) -> None:
    """Never less than it is; what is heard cannot be cut short, costs a try and leads on as the last try does."""
    caller = at_pin.delayed(seconds)
    assert ((f"login-delayed-{minutes}",), PlayOut()) == (caller.said, caller.wait)
    assert ("none", 1) == (caller.state.auth_level, caller.state.pin_tries)
    assert ("main-short", "main") == caller.listens().said


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("pl", "Czas do kolejnej próby: do dziesięciu minut."),
        ("uk", "Час до наступної спроби: до десяти хвилин."),
        ("en", "The wait is up to ten minutes."),
    ],
)
def test_the_wait_is_told_in_the_words_of_each_language(flow: Flow, lang: str, text: str) -> None:
    """Those that waiting callers hear."""
    assert text in flow.prompts["login-delayed-10", lang].text


def test_a_wait_is_told_again_to_whoever_is_taken_over(at_pin: Caller) -> None:
    """By another process, which knows it from the state."""
    caller = at_pin.delayed(600).taken_over()
    assert (("login-delayed-10",), PlayOut()) == (caller.said, caller.wait)


def test_without_words_for_waits_those_for_failing_are_heard(small: Flow) -> None:
    """A file need not tell them."""
    caller = Caller(small).keys("4").identifier().delayed(30)
    assert (("stranger",), PlayOut()) == (caller.said, caller.wait)


def test_a_pin_lost_with_its_process_is_asked_for_again(at_pin: Caller) -> None:
    """Another process never had it; the identifier's pseudonym is kept, and no try is lost."""
    caller = at_pin.taken_over()
    assert ("pin",) == caller.said
    assert (AtPin("authentication", CLAIM), 0) == (caller.position, caller.state.pin_tries)
