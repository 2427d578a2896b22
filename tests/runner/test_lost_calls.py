"""Calls that Asterisk has no channel of any more, once a connection to it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from centrala.lost_calls import LostCalls
from ivr.runner import Arrival, Runner, hang_up
from ivr.state import InQueue
from routing.ami import Ami, Patience
from storage.database import Database
from tests.ami.peers import SECRET, USER, Manager, Peer, wait_for
from tests.runner.conftest import Clock, Line, MakeRunner

PATIENT = Patience(connect=5, reply=5)


def channels(*calls: str) -> tuple[dict[str, str], ...]:
    """Asterisk's list of channels, two for each call, and one of somebody else's."""
    carried = [{"Event": "Status", "Variable": f"CALL_ID={call}"} for call in calls for _ in range(2)]
    return (*carried, {"Event": "Status", "Variable": "CALL_ID=(null)"})


def lists(peer: Peer, *calls: str, before: Callable[[], object] = lambda: None) -> None:
    """Answer the next question for all channels."""
    asked = peer.expect("Status")
    assert "CALL_ID" == asked["Variables"]
    before()
    peer.answer(asked, EventList="start")
    own = {"ActionID": asked["ActionID"]}
    peer.say(*({**one, **own} for one in channels(*calls)), {"Event": "StatusComplete", "EventList": "Complete", **own})


@contextmanager
def looked_for(line: Line, runner: Runner, notes: Path, *answers: Callable[[Peer], object]) -> Iterator[Manager]:
    """A connection on which each question for channels is answered in its own way."""

    def act(peer: Peer) -> None:
        peer.let_in()
        for answer in answers:
            answer(peer)
        peer.read()

    manager = Manager(act)
    ami = Ami(manager.address, USER, SECRET, PATIENT)
    with manager, LostCalls(ami, line.database, runner, notes, grace=0.05), ami:
        yield manager


@pytest.fixture
def lines(database: Database, runner: Runner) -> list[Line]:
    """Two callers in a menu."""
    made = [Line(database), Line(database)]
    for line in made:
        line.arrives(runner)
    return made


def test_a_call_without_a_channel_is_ended_as_lost(lines: list[Line], runner: Runner, tmp_path: Path) -> None:
    """One that has a channel goes on."""
    gone, there = lines

    def answer(peer: Peer) -> None:
        lists(peer, there.id)

    with looked_for(gone, runner, tmp_path, answer, answer):
        wait_for(lambda: gone.row.ended_at, "the end")
    assert ("lost", None) == (gone.row.cause, there.row.cause)


def test_who_waited_has_left_the_queue(line: Line, runner: Runner, tmp_path: Path) -> None:
    """The stay is closed with the call."""
    line.arrives(runner)
    line.keys(runner, "2")
    line.hears_out(runner)
    assert isinstance(line.position, InQueue)
    with looked_for(line, runner, tmp_path, lists, lists):
        wait_for(lambda: line.row.ended_at, "the end")
    (visit,) = line.visits
    assert ("lost", "failed", True) == (line.row.cause, visit.outcome, visit.left_at is not None)


def test_a_note_wins(lines: list[Line], runner: Runner, tmp_path: Path) -> None:
    """It tells more, and is taken in soon."""
    noted, gone = lines
    (tmp_path / f"{noted.id}.note").touch()
    with looked_for(gone, runner, tmp_path, lists, lists):
        wait_for(lambda: gone.row.ended_at, "the end")
    assert None is noted.row.cause


def test_an_end_that_was_on_its_way_wins(lines: list[Line], runner: Runner, tmp_path: Path) -> None:
    """A session that was about to write it has a moment; so has a call that was between two channels."""
    leaving, gone = lines
    moving = Line(gone.database)
    moving.arrives(runner)

    def first(peer: Peer) -> None:
        lists(peer, before=lambda: hang_up(runner, leaving.now))

    def second(peer: Peer) -> None:
        lists(peer, moving.id)

    with looked_for(gone, runner, tmp_path, first, second):
        wait_for(lambda: gone.row.ended_at, "the end")
    assert ["caller", "lost", None] == [line.row.cause for line in (leaving, gone, moving)]


def test_other_gateways_have_no_channels(line: Line, runner: Runner, tmp_path: Path) -> None:
    """A call in a terminal is none of Asterisk's."""
    terminal = Line(line.database)
    terminal.live = runner.arrive(Arrival(terminal.id, "terminal", "", ""))
    line.arrives(runner)
    with looked_for(line, runner, tmp_path, lists, lists):
        wait_for(lambda: line.row.ended_at, "the end")
    assert None is terminal.row.cause


def test_a_refused_question_is_asked_again(line: Line, runner: Runner, tmp_path: Path) -> None:
    """As long as the connection holds."""
    line.arrives(runner)

    def refuse(peer: Peer) -> None:
        peer.say({"Response": "Error", "ActionID": peer.expect("Status")["ActionID"], "Message": "not now"})

    with looked_for(line, runner, tmp_path, refuse, lists, refuse, lists, lists):
        wait_for(lambda: line.row.ended_at, "the end")
    assert "lost" == line.row.cause


def test_of_two_processes_that_end_a_call_one_does(line: Line, make_runner: MakeRunner) -> None:
    """And a call that has ended stays as it was."""
    one, two = make_runner("one"), make_runner("two")
    line.arrives(one)
    for runner in (one, two):
        runner.end_as_lost([line.id, "unheard-of"])
    assert ("lost", 2) == (line.row.cause, len(line.turns))


def test_who_talked_has_been_answered(line: Line, runner: Runner, clock: Clock) -> None:
    """By whom and when is kept, though nobody knows when they stopped."""
    line.arrives(runner)
    line.keys(runner, "2")
    line.hears_out(runner)
    answered_at = clock.now
    runner.note_answer(line.id, line.now.seq, answered_at, "1101")
    clock.wait(minutes=3)
    runner.end_as_lost([line.id])
    (visit,) = line.visits
    assert ("answered", "1101", answered_at, clock.now) == (
        visit.outcome,
        visit.agent,
        visit.answered_at,
        visit.left_at,
    )
