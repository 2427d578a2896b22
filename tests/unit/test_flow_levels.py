"""Nobody comes below a level in a call, whatever led there: the second look, behind what loading has proven."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ivr.definition import Flow, Message
from ivr.events import CalledBack, Keyed, Played, QueueLeft, Reentered, SentOn
from ivr.fallback import fallback
from ivr.flow import start, step
from ivr.lookups import menu_at
from ivr.state import AtGreeting, AtIdentifier, AtMenu, AtNotice, Ended, InQueue, State, replace
from ivr.telling import is_offered
from ivr.turns import Turn
from ivr.waiting import wait_at
from routing.estimates import Estimate
from tests.callers import Caller
from tests.menu_files import CALLING_BACK, SMALL, edited, load_text

# A menu behind the login, a queue for those who are known, and a topic for it.
PERSONAL = (
    ("    failure: stranger\n    then: main\n", "    failure: stranger\n    then: own\n"),
    (
        "  to-help: {",
        '  own: {type: menu, requires: full, options: {"1": {label: {pl: Ja, en: Me}, to: to-own}}}\n'
        "  to-own: {type: transfer, topic: own}\n  to-help: {",
    ),
    ("topics:\n", "topics:\n  own: {queue: own, label: {pl: Moje, en: Mine}}\n"),
    ("queues:\n", 'queues:\n  own: {hours: daytime, agents: ["13"], requires: full, label: {pl: Moje, en: Mine}}\n'),
)
TEXT = edited(SMALL, *PERSONAL)
TALKING: dict[str, Any] = {"topic": "help", "consent": True, "position": InQueue("to-help")}


@pytest.fixture(scope="module")
def personal() -> Flow:
    """A service with something for those who are known."""
    return load_text(TEXT).flow


def turned(flow: Flow, state: State, *events: Keyed | Played | QueueLeft | Reentered | SentOn) -> Turn:
    """The last of the turns that the events make."""
    turn = Turn(state, (), wait_at(flow, state))
    for event in events:
        outcome = step(flow, turn.state, event)
        assert isinstance(outcome, Turn)
        turn = outcome
    return turn


def test_who_is_sent_on_without_the_level_logs_in(personal: Flow) -> None:
    """A consultant can key any topic; at the level they are led to its queue at once."""
    unknown = replace(start(personal), **TALKING)
    assert AtIdentifier("login") == turned(personal, unknown, SentOn("own")).state.position
    for level in ("substitute", "full"):
        known = replace(unknown, auth_level=level)
        wanted = InQueue("to-own") if level == "full" else AtIdentifier("login")
        assert wanted == turned(personal, known, SentOn("own")).state.position


def test_who_has_logged_in_comes_there(personal: Flow) -> None:
    """By the keys that the file offers."""
    caller = Caller(personal).keys("4").identifier().pin(right=True).listens()
    assert AtMenu("own") == caller.position
    assert InQueue("to-own") == caller.keys("1").listens().position


@pytest.mark.parametrize("position", [AtMenu("own"), AtNotice("to-own"), InQueue("to-own")])
def test_a_state_below_its_level_is_not_gone_on_with(personal: Flow, position: AtMenu | AtNotice | InQueue) -> None:
    """Wherever it came from: who takes the call over leads it to the login."""
    astray = replace(start(personal), position=position, topic="own")
    assert AtIdentifier("login") == turned(personal, astray, Reentered()).state.position


def test_keys_of_a_menu_below_its_level_lead_nowhere(personal: Flow) -> None:
    """Neither one of its options nor another one."""
    astray = replace(start(personal), position=AtMenu("own"))
    for key in "19":
        assert AtIdentifier("login") == turned(personal, astray, Keyed(key)).state.position


def test_whoever_is_called_back_logs_in_first() -> None:
    """A promise of older menus for a queue that requires a level now: the greeting is heard, then the login."""
    flow = load_text(edited(TEXT, *CALLING_BACK)).flow
    begun = step(flow, start(flow), CalledBack("one", "own", "pl"))
    assert isinstance(begun, Turn)
    assert AtGreeting("to-own") == begun.state.position
    assert AtIdentifier("login") == turned(flow, begun.state, Keyed("1")).state.position


def test_for_a_queue_with_a_level_no_callback_is_promised() -> None:
    """Callbacks begin without one: it is not offered there, and the key for it leads on as for who wants none."""
    flow = load_text(edited(TEXT, *CALLING_BACK)).flow
    waiting = replace(start(flow), **TALKING, auth_level="full", subject="profile")
    waiting = replace(waiting, position=InQueue("to-own"), topic="own")
    assert InQueue("to-help") == turned(flow, waiting, QueueLeft("callback_requested")).state.position
    long = Estimate(9, 60, None)
    assert [True, False] == [is_offered(flow, queue, long, 9999) for queue in ("help", "own")]


def without_login(flow: Flow, exhausted: str) -> Flow:
    """The same service without a login; `exhausted` is the way after the last try."""
    steps = {name: one for name, one in flow.steps.items() if name != "login"}
    return dataclasses.replace(flow, steps=steps, gathering=dataclasses.replace(flow.gathering, exhausted=exhausted))


def test_without_a_login_the_way_on_is_that_after_the_last_try(personal: Flow) -> None:
    """To a consultant, where the file leads callers who make no choice."""
    flow = without_login(personal, "to-help")
    assert InQueue("to-help") == turned(flow, replace(start(flow), **TALKING), SentOn("own")).state.position


def test_a_flow_that_leads_nobody_on_ends(personal: Flow) -> None:
    """No file that was checked is like that; a call through one that was not ends rather than come there."""
    flow = without_login(personal, "own")
    assert Ended("own", "barred") == turned(flow, replace(start(flow), **TALKING), SentOn("own")).state.position


def test_a_message_below_its_level_is_not_heard(personal: Flow) -> None:
    """What is passed on the way counts as well."""
    news = personal.steps["news"]
    assert isinstance(news, Message)
    steps = {**personal.steps, "news": dataclasses.replace(news, requires="substitute")}
    flow = dataclasses.replace(personal, steps=steps)
    turn = turned(flow, replace(start(flow), position=AtMenu("main")), Keyed("1"))
    assert (AtIdentifier("login"), ["identifier"]) == (turn.state.position, [prompt.name for prompt in turn.prompts])


def test_who_is_served_by_no_ivr_comes_to_a_queue_for_all(personal: Flow) -> None:
    """Where silence leads to no consultant, the first queue of the file that requires nothing is taken."""
    closing = dataclasses.replace(personal.gathering, exhausted="goodbye")
    main = dataclasses.replace(menu_at(personal, "main"), exhausted="goodbye")
    flow = dataclasses.replace(personal, gathering=closing, steps={**personal.steps, "main": main})
    assert (["own", "help"], "help") == ([*flow.queues], fallback(flow).queue)
