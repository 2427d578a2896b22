"""No IVR process runs: callers reach a consultant in hours, hear why not outside them, and are accounted for later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest

from centrala.context import SERVICE_ZONE
from demo.phone.endings import EndedBy
from ivr.fallback import fallback
from routing.visits import Visit
from tests.live.callers import Account, recorded_files, row_of
from tests.live.stations import CLOSED, OPEN, Live, hears_music
from tests.live.stories import (
    Caller,
    Story,
    node,
    notes,
    nothing_stays,
    on_a_break,
    stand_up,
    tell,
    unfinished,
    wait_for,
)

Numbers = Callable[[], str]


@pytest.fixture
def service(breakable: Live) -> Live:
    """The service with both processes up."""
    stand_up(breakable)
    return breakable


def _die(live: Live) -> None:
    for number in range(len(live.station.nodes)):
        node(live, number).kill()


def _come_back(live: Live) -> None:
    """Start the processes again and wait until they have taken every note in."""
    stand_up(live)
    wait_for(lambda: notes(live) == 0, "every note taken in")


def alone_to_a_consultant(caller: Caller) -> Story:
    """Who dials in hours reaches the queue that silence leads to, and is thanked."""
    yield
    caller.dials()
    caller.hears("connecting")
    there = caller.talks()
    there.wait(1)
    there.end()


def alone_and_leaves(caller: Caller) -> Story:
    """Who dials and hangs up on the consultant."""
    yield
    caller.dials()
    caller.talks().wait(1)
    caller.hangs_up()


def left_in_a_menu(caller: Caller) -> Story:
    """Who is in a menu when the last process dies hears music for a while, then reaches a consultant."""
    caller.dials()
    caller.comes_to(("main", "2"))
    caller.hears("identifier")
    yield
    caller.call.wait_until(lambda: hears_music(caller.call), what="music")
    caller.talks().end()


def left_in_a_conversation(caller: Caller) -> Story:
    """Who talks when the last process dies talks on, and is thanked."""
    caller.dials()
    caller.comes_to(("main", "0"), ("topics", "1"))
    there = caller.talks()
    yield
    there.wait(1)
    there.end()


STORIES = (alone_to_a_consultant, alone_and_leaves, left_in_a_menu, left_in_a_conversation)


def test_in_hours_callers_reach_a_consultant_and_are_never_recorded(service: Live, numbers: Numbers) -> None:
    """Four callers while nothing of the IVR runs; their accounts are whole once it is back."""
    callers = {story: Caller(service, numbers()) for story in STORIES}
    with nothing_stays(service):
        tell((story(caller) for story, caller in callers.items()), lambda: _die(service))
        wait_for(lambda: notes(service) == len(callers), "a note about each call")
        assert row_of(service, callers[alone_to_a_consultant].ani) is None
        _come_back(service)
    accounts = {story: caller.account() for story, caller in callers.items()}

    places = {story: (kept.row.ended_where, kept.row.cause) for story, kept in accounts.items()}
    assert {
        alone_to_a_consultant: ("start", "no-ivr"),
        alone_and_leaves: ("start", "no-ivr"),
        left_in_a_menu: ("authentication", "no-ivr"),
        left_in_a_conversation: ("to-technical", "caller"),
    } == places
    queue = fallback(service.flow).queue
    for story in STORIES[:3]:
        kept = accounts[story]
        visit = _answered(kept)
        assert (queue, service.flow.queues[queue].agents[0][:2]) == (visit.queue, str(visit.agent)[:2])
        assert ((), (), "none", []) == (
            kept.consents,
            kept.parts,
            kept.row.auth_level,
            recorded_files(service, kept.row.id),
        )
    assert 2 == len(recorded_files(service, accounts[left_in_a_conversation].row.id))
    assert 1 == len(accounts[left_in_a_conversation].parts)
    assert _answered(accounts[left_in_a_conversation]).queue == "technical"
    assert ["connecting", "goodbye"] == callers[alone_to_a_consultant].heard()
    assert ["goodbye", "goodbye"] == [callers[story].heard()[-1] for story in STORIES[2:]]
    assert [] == unfinished(service)


def _answered(kept: Account) -> Visit:
    (visit,) = kept.visits
    assert "answered" == visit.outcome
    assert visit.answered_at is not None
    assert visit.left_at is not None
    assert visit.enqueued_at <= visit.answered_at <= visit.left_at
    return visit


def test_nobody_hears_a_bare_hang_up(service: Live, numbers: Numbers) -> None:
    """Outside the hours, with nobody in the group, and after waiting in vain: each caller is told."""
    closed, nobody, impatient = (Caller(service, numbers()) for _ in range(3))
    queue = service.flow.queues[fallback(service.flow).queue]
    _die(service)
    with nothing_stays(service):
        with on_a_break(service, *queue.agents):
            impatient.dials()
            impatient.hears("connecting")
            impatient.call.wait_until(lambda: hears_music(impatient.call), what="music")
            impatient.hangs_up()
        with _switched_off(service, *queue.agents):
            nobody.dials()
            assert EndedBy.THEM is nobody.call.wait_ended(20).by
        with _hours_at(service, CLOSED):
            closed.dials()
            assert EndedBy.THEM is closed.call.wait_ended(20).by
        _come_back(service)

    assert ["closed-hours", "goodbye"] == closed.heard()
    assert ["connecting", "call-later"] == nobody.heard()[:2]
    assert [False, False] == [caller.ear.heard()[-1].cut for caller in (closed, nobody)]
    assert {("start", "no-ivr")} == {
        (c.account().row.ended_where, c.account().row.cause) for c in (closed, nobody, impatient)
    }
    assert ([], ["join_empty"], ["abandoned"]) == tuple(
        [visit.outcome for visit in caller.account().visits] for caller in (closed, nobody, impatient)
    )
    assert [] == unfinished(service)


def _rx(live: Live, command: str) -> str:
    assert live.station.asterisk is not None
    return live.station.asterisk.rx(command)


@contextmanager
def _hours_at(live: Live, moment: str) -> Iterator[None]:
    """Let the dialplan take opening hours as at another time for a while."""

    def tell_time(text: str) -> None:
        at = datetime.fromisoformat(text).replace(tzinfo=SERVICE_ZONE)
        _rx(live, f"dialplan set global HOURS_AT {int(at.timestamp())}")

    tell_time(moment)
    try:
        yield
    finally:
        tell_time(OPEN)


@contextmanager
def _switched_off(live: Live, *extensions: str) -> Iterator[None]:
    """Nobody can be reached at these telephones for a while."""
    for extension in extensions:
        assert 200 == live.desks[extension].register(expires=0)
    try:
        yield
    finally:
        for extension in extensions:
            live.desks[extension].register()
