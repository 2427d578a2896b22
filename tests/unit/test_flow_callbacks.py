"""Being called back: asking for it while waiting, another number, changing one's mind, and the call that keeps it."""

from __future__ import annotations

import pytest

from ivr.definition import Flow
from ivr.events import CALLBACK_REQUESTED, CalledBack, NumberFound
from ivr.state import AtGreeting, AtMenu, AtNotice, AtNumber, AtNumberChoice, Ended, InQueue
from tests.callers import NUMBER, Caller

ANOTHER = NumberFound("+48223344556", "223344556")


def asking(flow: Flow, *, number_known: bool = True) -> Caller:
    """Somebody who waits for a consultant on pensions and presses the key of callbacks."""
    return Caller(flow, number_known=number_known).keys("0", "2").listens().returns(CALLBACK_REQUESTED)


def test_the_own_number_is_offered_by_its_last_digits(flow: Flow) -> None:
    """Whoever stands beside hears no number."""
    caller = asking(flow)
    assert AtNumberChoice("call-me-back", NUMBER.number, "200") == caller.position
    assert ("callback-own-number", "digit-2", "digit-0", "digit-0", "callback-choice") == caller.said


def test_agreeing_is_promised_and_ends_the_call(flow: Flow) -> None:
    """The promise is heard to its end."""
    caller = asking(flow).keys("1")
    assert ("callback-promised",) == caller.said
    assert Ended("goodbye", "completed") == caller.listens().position


def test_another_number_is_read_back_whole(flow: Flow) -> None:
    """It was keyed, and a wrong digit must be heard."""
    caller = asking(flow).keys("2")
    assert ("callback-number",) == caller.said
    digits = tuple(f"digit-{digit}" for digit in ANOTHER.spoken)
    assert ("callback-keyed-number", *digits, "callback-choice") == caller.number(ANOTHER).said
    assert AtNumberChoice("call-me-back", ANOTHER.number, ANOTHER.spoken) == caller.position


def test_a_number_that_cannot_be_called_is_asked_for_again(flow: Flow) -> None:
    """Three times in all; then the caller waits on, at the same place."""
    caller = asking(flow, number_known=False)
    assert AtNumber("call-me-back") == caller.position
    for _ in range(flow.gathering.tries - 1):
        assert ("callback-refused", "callback-number") == caller.number(None).said
    assert InQueue("to-pensions") == caller.number(None).position


@pytest.mark.parametrize("position", ["choice", "number"])
def test_a_star_or_silence_leads_back_to_the_queue(flow: Flow, position: str) -> None:
    """Nobody loses the place by asking."""
    known = position == "choice"
    assert InQueue("to-pensions") == asking(flow, number_known=known).keys("*").position
    assert InQueue("to-pensions") == asking(flow, number_known=known).silent(flow.gathering.tries).position


def test_whoever_is_awaited_is_told_at_once(flow: Flow) -> None:
    """Before the main menu, once in a call; one key keeps the callback, another cancels it."""
    caller = Caller(flow, awaited=True)
    assert (AtMenu("callback-awaited"), "callback-awaits") == (caller.position, caller.said[0])
    assert AtMenu("main") == caller.keys("1").position
    cancelled = Caller(flow, awaited=True).keys("2")
    assert (AtMenu("main"), "callback-cancelled") == (cancelled.position, cancelled.said[0])
    assert AtMenu("main") == Caller(flow, awaited=True).silent(flow.gathering.tries).position


@pytest.mark.parametrize(("lang", "spoken"), [("uk", "uk"), ("xx", "pl")])
def test_whoever_is_called_back_is_greeted_in_the_language_of_the_call(flow: Flow, lang: str, spoken: str) -> None:
    """A key leads to the notice, and the notice to the queue; the level is none."""
    caller = Caller(flow, begins=CalledBack("one", "pensions", lang))
    assert (AtGreeting("to-pensions"), spoken, ("callback-greeting",)) == (
        *(caller.position, caller.state.lang),
        caller.said,
    )
    assert AtNotice("to-pensions") == caller.keys("1").position
    assert InQueue("to-pensions") == caller.listens().position
    assert ("none", "one") == (caller.state.auth_level, caller.state.callback)


def test_a_mailbox_is_not_taken_for_a_person(flow: Flow) -> None:
    """Silence and wrong keys end the call as stated, before any notice."""
    for caller in (Caller(flow, begins=CalledBack("one", "pensions", "pl")) for _ in range(2)):
        assert ("no-input", "callback-greeting") == caller.silent().said
        assert Ended("callback-unmet", "unmet") == caller.silent(flow.gathering.tries - 1).position
    wrong = Caller(flow, begins=CalledBack("one", "pensions", "pl")).keys(*"9" * flow.gathering.tries)
    assert Ended("callback-unmet", "unmet") == wrong.position


def test_a_topic_that_is_no_more_leads_to_the_menu(flow: Flow) -> None:
    """Menus may have changed since it was promised."""
    caller = Caller(flow, begins=CalledBack("one", "gone", "pl"))
    assert (AtMenu("main"), None) == (caller.position, caller.state.topic)
