"""A caller logs in in the middle of a conversation: every way that it can go leads back to the same consultants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as changed

import pytest

from ivr.definition import Authentication, Flow
from ivr.events import LoginAsked, QueueLeft, SentOn
from ivr.flow import step
from ivr.state import AtDelay, AtIdentifier, InQueue, replace
from ivr.turns import Ignored, Turn
from ivr.waits import Gather, Transfer
from tests.callers import SUBJECT, Caller

TWO = ("payer-a", "payer-b")
AGENT = "1301"
TALKING = InQueue("to-doctors")


def asked(flow: Flow, payers: tuple[str, ...] | None = ()) -> Caller:
    """A caller who talks to a consultant for doctors and has just been asked to log in."""
    return Caller(flow, payers=payers).keys("0", "6").listens().asked_to_log_in(AGENT)


WAYS: dict[str, Callable[[Caller], Caller]] = {
    "a right PIN": lambda caller: caller.identifier().pin(right=True).listens(),
    "no more tries": lambda caller: caller.fails(3).listens(),
    "too many were tried": lambda caller: caller.identifier().delayed(30).listens(),
    "given up at the identifier": lambda caller: caller.keys("*").listens(),
    "given up at the PIN": lambda caller: caller.identifier().keys("*").listens(),
    "silence": lambda caller: caller.silent(3).listens(),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_out_of_the_login_leads_back(flow: Flow, way: str) -> None:
    """To the same step, with the level that was reached; nothing is said on the way but the login's own words."""
    caller = asked(flow)
    assert (("identifier",), AtIdentifier("authentication")) == (caller.said, caller.position)
    caller = WAYS[way](caller)
    level = "full" if way == "a right PIN" else "none"
    assert (TALKING, (), None) == (caller.position, caller.said, caller.state.talking)
    assert Transfer("doctors", "benefits", level, True, "pl") == caller.wait
    assert (level == "full") == (caller.state.subject == SUBJECT)


@pytest.mark.parametrize(("key", "payer"), [("1", None), ("2", "payer-a"), ("0", None)])
def test_whom_the_call_is_about_is_asked_as_ever(flow: Flow, key: str, payer: str | None) -> None:
    """Whoever would rather have a consultant has one."""
    caller = WAYS["a right PIN"](asked(flow, TWO))
    assert Gather("payer", 1, 6) == caller.wait
    caller.keys(key)
    assert (TALKING, payer, "full") == (caller.position, caller.state.payer, caller.state.auth_level)


def test_the_number_of_one_of_many_payers_is_keyed(flow: Flow) -> None:
    """And confirmed before the two are joined."""
    caller = WAYS["a right PIN"](asked(flow, None))
    assert ("payer-number",) == caller.said
    caller.payer("payer-z")
    assert ("payer-chosen",) == caller.said
    assert (TALKING, "payer-z") == (caller.listens().position, caller.state.payer)


def test_a_failure_lowers_no_level(flow: Flow) -> None:
    """Whoever has logged in hears so again, and is asked for no PIN that could be wrong."""
    caller = WAYS["a right PIN"](asked(flow)).asked_to_log_in(AGENT)
    assert ("authenticated",) == caller.said
    assert (TALKING, "full") == (caller.listens().position, caller.state.auth_level)


def test_asked_anew_it_begins_anew(flow: Flow) -> None:
    """As after a process that died with the first login."""
    caller = asked(flow).identifier()
    assert ("pin",) == caller.said
    caller.asked_to_log_in(AGENT)
    assert (AtIdentifier("authentication"), "to-doctors") == (caller.position, caller.state.talking)
    assert TALKING == WAYS["a right PIN"](caller).position


@pytest.mark.parametrize("at", [AtIdentifier("authentication"), AtDelay("authentication", 5)])
def test_a_conversation_that_ends_meanwhile_ends_as_ever(flow: Flow, at: AtIdentifier | AtDelay) -> None:
    """By the way of its outcome, or to the topic that the caller is sent on to; the login is over."""
    talking = replace(asked(flow).state, position=at)
    joined = replace(talking, position=TALKING, talking=None)
    for event in (QueueLeft("answered"), QueueLeft("cut_off"), SentOn("pensions")):
        assert step(flow, joined, event) == step(flow, talking, event)


def test_menus_without_a_login_lead_nowhere(flow: Flow) -> None:
    """Nor does a code that is keyed where nobody talks."""
    steps = {name: one for name, one in flow.steps.items() if not isinstance(one, Authentication)}
    talking = replace(asked(flow).state, position=TALKING, talking=None)
    assert isinstance(step(flow, talking, LoginAsked(AGENT)), Turn)
    assert isinstance(step(changed(flow, steps=steps), talking, LoginAsked(AGENT)), Ignored)
    assert isinstance(step(flow, Caller(flow).state, LoginAsked(AGENT)), Ignored)
