"""Colleagues whom a consultant asked: whose stay is whose, and since when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.events import CUT_OFF
from ivr.runner import Conversation, Runner
from ivr.state import InQueue
from ivr.stays import Colleague
from tests.runner.conftest import MONDAY, Clock, Line


@pytest.fixture
def queued(line: Line, runner: Runner, clock: Clock) -> Line:
    """A caller who is about to be answered."""
    line.arrives(runner)
    line.keys(runner, "2")
    line.hears_out(runner)
    assert isinstance(line.position, InQueue)
    return line


def handed_over(line: Line, clock: Clock, *, ringing: bool) -> Conversation:
    """The first consultant has left the caller to a colleague, who talks; or whose telephone rang for a minute then."""
    answered_at = clock.wait(minutes=1)
    asked_at = clock.wait(minutes=1)
    passed_at = clock.wait(minutes=1)
    joined_at = clock.wait(minutes=1) if ringing else asked_at
    clock.wait(minutes=1)
    colleague = Colleague("21", "payers", "second", joined_at, clock())
    return Conversation(
        "answered", "11", answered_at, turn=line.now.seq, queue="help", colleagues=(colleague,), passed_at=passed_at
    )


@pytest.mark.parametrize("ringing", [False, True], ids=["talking", "ringing"])
def test_a_caller_who_was_left_to_a_colleague_is_theirs_from_then_on(
    queued: Line, runner: Runner, clock: Clock, ringing: bool
) -> None:
    """Also where the first one did not wait for the colleague's answer; then the caller did."""
    stay = handed_over(queued, clock, ringing=ringing)
    queued.live = runner.back_from_queue(queued.arrival, stay)

    first, second = queued.visits
    assert ("11", "help", stay.passed_at) == (first.agent, first.queue, first.left_at)
    assert ("21", "second", stay.passed_at, clock()) == (
        second.agent,
        second.queue,
        second.enqueued_at,
        second.left_at,
    )
    assert second.answered_at == (stay.colleagues[0].answered_at if ringing else stay.passed_at)


@pytest.mark.parametrize("ringing", [False, True], ids=["talking", "ringing"])
def test_a_caller_whose_colleagues_telephone_is_gone_has_waited_since_the_beginning(
    queued: Line, runner: Runner, clock: Clock, ringing: bool
) -> None:
    """The first consultant's conversation was an ordinary one."""
    stay = handed_over(queued, clock, ringing=ringing)
    (colleague,) = stay.colleagues
    stay = replace(stay, outcome=CUT_OFF, colleagues=(replace(colleague, topic="help", queue="help"),))
    queued.live = runner.back_from_queue(queued.arrival, stay)
    queued.keys(runner, "2")

    first, second, third = queued.visits
    assert [("11", "answered"), ("21", CUT_OFF), (None, None)] == [
        (visit.agent, visit.outcome) for visit in (first, second, third)
    ]
    assert (MONDAY, stay.passed_at, MONDAY) == (first.enqueued_at, second.enqueued_at, third.enqueued_at)


@pytest.mark.parametrize("ringing", [False, True], ids=["talking", "ringing"])
def test_a_caller_whom_a_colleague_sends_on_waits_since_the_beginning(
    queued: Line, runner: Runner, clock: Clock, ringing: bool
) -> None:
    """Nobody waited for the colleague, or not only."""
    queued.live = runner.send_on(queued.arrival, handed_over(queued, clock, ringing=ringing), "help")

    first, _, third = queued.visits
    assert (MONDAY, MONDAY, None) == (first.enqueued_at, third.enqueued_at, third.left_at)
