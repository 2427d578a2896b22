"""An IVR process that hangs is as good as dead: its callers are taken elsewhere, and it does no harm when it wakes."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil
import pytest

from ivr.events import HungUp, Reentered
from ivr.gateways.agi.session import LEASE_SECONDS
from tests.live.callers import PATIENCE
from tests.live.stations import Live
from tests.live.stories import (
    IDENTIFIER,
    Caller,
    at_once,
    is_up,
    node,
    nothing_stays,
    sessions,
    stand_up,
    unfinished,
    wait_for,
)

Numbers = Callable[[], str]


@pytest.fixture
def service(breakable: Live) -> Live:
    """The service with both processes up."""
    stand_up(breakable)
    return breakable


def test_a_process_that_hangs_is_killed_and_its_calls_go_on(
    service: Live, numbers: Numbers, record_property: Callable[[str, object], None]
) -> None:
    """Stopped in the middle of a call: the caller hears the menu again, a new caller is answered, and it is dead."""
    caller, later = Caller(service, numbers()), Caller(service, numbers())
    caller.dials()
    caller.comes_to(("main", "0"))
    caller.hears("topics")
    stopped = psutil.Process(node(service, 0).process.pid)
    stopped.suspend()
    began = time.monotonic()
    caller.keys("6")
    later.dials()
    later.hears("main")
    caller.hears("topics", times=2)
    record_property("seconds_until_heard_again", round(time.monotonic() - began, 1))

    assert not is_up(service, 0)
    at_once([caller.hangs_up, later.hangs_up])
    assert [Reentered()] == [event for event in caller.account().events if isinstance(event, Reentered)]
    assert [] == unfinished(service)


def test_where_nobody_kills_it_asterisk_takes_the_call_away(helpline: Live, numbers: Numbers) -> None:
    """The process and its watcher hang: the timer of its lease ends it; woken up, the process lets the call be."""
    caller = Caller(helpline, numbers())
    stopped = psutil.Process(node(helpline, 0).process.pid)
    both = [stopped, *stopped.children()]
    with nothing_stays(helpline):
        caller.dials()
        caller.comes_to(("main", "2"), ("identifier", IDENTIFIER[:2]))
        for process in both:
            process.suspend()
        try:
            caller.keys(IDENTIFIER[2:])
            caller.hears("identifier", times=2, timeout=LEASE_SECONDS + PATIENCE)
        finally:
            for process in reversed(both):
                process.resume()
        wait_for(lambda: sessions(helpline) == 1, "the session that hung has let go")
        caller.keys(f"{IDENTIFIER}#")
        caller.hears("pin")
        caller.hangs_up()
        kept = caller.account()

    assert is_up(helpline, 0)
    assert list(range(1, len(kept.turns) + 1)) == [turn.seq for turn in kept.turns]
    assert 1 == sum(isinstance(event, HungUp) for event in kept.events)
    assert ("authentication", "caller") == (kept.row.ended_where, kept.row.cause)
    assert [] == unfinished(helpline)


def test_a_caller_who_gives_up_while_it_hangs_is_accounted_for(service: Live, numbers: Numbers) -> None:
    """Hanging up on a process that hangs ends the call at once for the caller, and soon in the account."""
    caller = Caller(service, numbers())
    with nothing_stays(service):
        caller.dials()
        caller.hears("main")
        psutil.Process(node(service, 0).process.pid).suspend()
        caller.keys("1")
        caller.hangs_up()
        kept = caller.account()

    assert ("main", "caller") == (kept.row.ended_where, kept.row.cause)
    assert [] == unfinished(service)
