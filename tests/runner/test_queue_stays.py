"""Stays in queues: how they begin and end in the account, whoever tells of them, and however often."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from ivr import calls
from ivr.events import HungUp, QueueLeft
from ivr.runner import WITHOUT_IVR, Conversation, Runner, hang_up
from ivr.state import AtMenu, InQueue
from storage.database import Database
from tests.runner.conftest import MONDAY, Clock, Line

FILES = {"caller_file": "x-caller.wav", "agent_file": "x-agent.wav"}


@pytest.fixture
def queued(line: Line, runner: Runner, clock: Clock) -> Line:
    """A caller who has joined the queue a minute ago."""
    line.arrives(runner)
    line.keys(runner, "2")
    line.hears_out(runner)
    assert isinstance(line.position, InQueue)
    clock.wait(minutes=1)
    return line


def answered(line: Line, clock: Clock, **more: object) -> Conversation:
    """A conversation of two minutes that the newest turn led to."""
    at = clock()
    clock.wait(minutes=2)
    told: dict[str, object] = {"agent": "11", "answered_at": at, "turn": line.now.seq, "queue": "help", **more}
    return Conversation("answered", **told)  # type: ignore[arg-type]


def test_a_conversation_closes_the_visit_and_keeps_its_recording(queued: Line, runner: Runner, clock: Clock) -> None:
    """Who answered, when, until when, and the files of both sides, in one turn with the return."""
    answered_at = clock()
    queued.live = runner.back_from_queue(queued.arrival, answered(queued, clock, **FILES))

    (visit,), (part,) = queued.visits, queued.parts
    assert ("answered", "11", answered_at, clock()) == (visit.outcome, visit.agent, visit.answered_at, visit.left_at)
    assert (visit.seq, answered_at, clock()) == (part.seq, part.started_at, part.ended_at)
    assert ("x-caller.wav", "x-agent.wav") == (part.caller_file, part.agent_file)
    assert (["farewell"], "completed") == (queued.said, queued.row.cause)


def test_who_was_not_answered_is_back_in_the_menu(queued: Line, runner: Runner) -> None:
    """The visit is closed by its outcome, and nothing was recorded."""
    stay = Conversation("timeout", turn=queued.now.seq, queue="help")
    queued.live = runner.back_from_queue(queued.arrival, stay)

    (visit,) = queued.visits
    assert ("timeout", None, MONDAY) == (visit.outcome, visit.agent, visit.enqueued_at)
    assert isinstance(queued.position, AtMenu)
    assert () == queued.parts


def test_a_second_visit_is_one_of_its_own(queued: Line, runner: Runner, clock: Clock) -> None:
    """Back in the queue after waiting in vain: two visits, one consent, no second notice."""
    queued.live = runner.back_from_queue(queued.arrival, Conversation("timeout", turn=queued.now.seq))
    queued.keys(runner, "2")
    queued.live = runner.back_from_queue(queued.arrival, answered(queued, clock))

    assert ["timeout", "answered"] == [visit.outcome for visit in queued.visits]
    assert 1 == len(queued.consents)


def test_a_return_that_was_told_before_is_no_second_one(queued: Line, runner: Runner, other: Runner) -> None:
    """The process that took the return in died: the other one takes the call over where it stands."""
    stay = Conversation("timeout", turn=queued.now.seq)
    runner.back_from_queue(queued.arrival, stay)
    queued.live = other.back_from_queue(queued.arrival, stay)

    assert 1 == sum(isinstance(event, QueueLeft) for turn in queued.turns for event in turn.events)
    assert isinstance(queued.position, AtMenu)


def test_a_process_that_dies_before_the_queue_takes_no_outcome_of_the_last_one(queued: Line, runner: Runner) -> None:
    """What is remembered of the first stay does not end the second, which has not begun."""
    first = Conversation("timeout", turn=queued.now.seq)
    queued.live = runner.back_from_queue(queued.arrival, first)
    queued.keys(runner, "2")
    queued.live = runner.back_from_queue(queued.arrival, first)

    assert isinstance(queued.position, InQueue)
    assert [("timeout", True), (None, False)] == [(visit.outcome, visit.left_at is not None) for visit in queued.visits]


def test_asterisk_gives_no_status_where_it_could_not_begin(queued: Line, runner: Runner) -> None:
    """Who is here has abandoned nothing."""
    queued.live = runner.back_from_queue(queued.arrival, Conversation("abandoned", turn=queued.now.seq))

    assert ["failed"] == [visit.outcome for visit in queued.visits]
    assert isinstance(queued.position, AtMenu)


# Hang-ups


def test_hanging_up_on_the_way_to_the_queue_abandons_it(queued: Line, runner: Runner, clock: Clock) -> None:
    """The session itself tells of it, knowing nothing of queues."""
    queued.live = hang_up(runner, queued.now)

    (visit,) = queued.visits
    assert ("abandoned", clock()) == (visit.outcome, visit.left_at)
    assert ("to-help", "caller") == (queued.row.ended_where, queued.row.cause)


def test_hanging_up_while_waiting_abandons_the_queue(queued: Line, runner: Runner) -> None:
    """The dialplan tells of it."""
    runner.note_end(queued.arrival, Conversation("abandoned", turn=queued.now.seq, queue="help"))

    assert ["abandoned"] == [visit.outcome for visit in queued.visits]
    assert ("to-help", "caller") == (queued.row.ended_where, queued.row.cause)


def test_hanging_up_on_a_consultant_keeps_the_conversation(queued: Line, runner: Runner, clock: Clock) -> None:
    """It was answered, and its recording has an end."""
    runner.note_end(queued.arrival, answered(queued, clock, **FILES))

    assert ["answered"] == [visit.outcome for visit in queued.visits]
    assert 1 == len(queued.parts)


@pytest.mark.parametrize("stay", [None, Conversation("timeout", turn=3), Conversation("answered", agent="11", turn=3)])
def test_hanging_up_later_changes_nothing_of_the_visit(queued: Line, runner: Runner, stay: Conversation | None) -> None:
    """What the dialplan remembers of a stay that is over is not told twice."""
    queued.live = runner.back_from_queue(queued.arrival, Conversation("timeout", turn=queued.now.seq))
    before = queued.visits
    runner.note_end(queued.arrival, stay)

    assert before == queued.visits
    assert ("main", "caller") == (queued.row.ended_where, queued.row.cause)


def test_an_end_is_kept_once_however_often_told(queued: Line, runner: Runner, other: Runner, clock: Clock) -> None:
    """By the session, by the dialplan, by a note: the first one counts."""
    stay = answered(queued, clock, **FILES)
    for one in (runner, other, runner):
        one.note_end(queued.arrival, stay)

    assert 1 == sum(isinstance(event, HungUp) for turn in queued.turns for event in turn.events)
    assert (1, 1) == (len(queued.visits), len(queued.parts))


# Without any process


def without_ivr(clock: Clock, **more: object) -> Conversation:
    """A conversation that the dialplan led to by itself."""
    joined = clock()
    at = clock.wait(seconds=30)
    clock.wait(minutes=2)
    told = {"agent": "12", "answered_at": at, "queue": "help", "turn": WITHOUT_IVR, "joined_at": joined, **more}
    return Conversation("answered", **told)  # type: ignore[arg-type]


def test_a_call_that_no_process_met_is_told_whole(line: Line, runner: Runner, clock: Clock) -> None:
    """Row, visit, agent, times: all but consent and recording, of which there is none."""
    joined, stay = clock(), without_ivr(clock)
    runner.note_end(line.arrival, stay, clock())

    (visit,) = line.visits
    assert ("help", "12", "answered", joined) == (visit.queue, visit.agent, visit.outcome, visit.enqueued_at)
    assert (stay.answered_at, clock()) == (visit.answered_at, visit.left_at)
    assert ("start", "no-ivr", "none", clock()) == (
        line.row.ended_where,
        line.row.cause,
        line.row.auth_level,
        line.row.ended_at,
    )
    assert ((), ()) == (line.consents, line.parts)


def test_a_call_that_lost_its_process_in_a_menu_is_told_whole(line: Line, runner: Runner, clock: Clock) -> None:
    """The menu is where it ended for the flow; the conversation is its visit."""
    line.arrives(runner)
    runner.note_end(line.arrival, without_ivr(clock), clock())

    assert [("help", "answered")] == [(visit.queue, visit.outcome) for visit in line.visits]
    assert ("main", "no-ivr") == (line.row.ended_where, line.row.cause)


def test_a_queue_that_was_never_reached_is_closed_too(queued: Line, runner: Runner, clock: Clock) -> None:
    """The process died between the turn and the queue, and the dialplan chose another way."""
    runner.note_end(queued.arrival, without_ivr(clock), clock())

    outcomes = {visit.seq: visit.outcome for visit in queued.visits}
    assert {WITHOUT_IVR: "answered", queued.now.seq: "failed"} == outcomes
    assert all(visit.left_at for visit in queued.visits)


def test_a_conversation_after_an_ending_is_not_lost(line: Line, runner: Runner, clock: Clock) -> None:
    """The flow had ended the call, its process died before saying so, and the dialplan found a consultant after all."""
    line.arrives(runner)
    line.keys(runner, "-", "-", "-")
    row = line.row
    for _ in range(2):
        runner.note_end(line.arrival, without_ivr(clock), clock())

    assert row == line.row
    assert ["answered"] == [visit.outcome for visit in line.visits]


def test_a_closed_hours_ending_without_the_ivr_leaves_no_visit(line: Line, runner: Runner) -> None:
    """No queue was joined."""
    runner.note_end(line.arrival, Conversation("abandoned", turn=WITHOUT_IVR))

    assert () == line.visits
    assert ("start", "no-ivr") == (line.row.ended_where, line.row.cause)


# Calls whose Asterisk died


def test_calls_that_fell_silent_are_given_up(queued: Line, runner: Runner, clock: Clock, database: Database) -> None:
    """No turn for longer than anybody talks: the call and its visit get an end; younger and ended calls do not."""
    ended = Line(database)
    hang_up(runner, ended.arrives(runner))
    since = clock.wait(hours=8)
    young = Line(database)
    young.arrives(runner)

    assert 1 == runner.end_lost(since)
    assert 0 == runner.end_lost(since)
    assert ("to-help", "lost", clock()) == (queued.row.ended_where, queued.row.cause, queued.row.ended_at)
    assert [("failed", clock())] == [(visit.outcome, visit.left_at) for visit in queued.visits]
    assert "caller" == ended.row.cause
    assert young.row.ended_at is None


def test_an_old_call_that_still_goes_on_is_not_given_up(line: Line, runner: Runner, clock: Clock) -> None:
    """It counts when the last turn was, not when the first."""
    line.arrives(runner)
    clock.wait(hours=7)
    line.keys(runner, "1")
    clock.wait(hours=7)

    assert 0 == runner.end_lost(clock.now.replace(hour=9))
    assert line.row.ended_at is None


def test_a_lost_call_that_cannot_be_read_is_given_up_too(
    queued: Line, runner: Runner, clock: Clock, database: Database
) -> None:
    """A damaged row keeps no other call open, and is not looked at again."""
    damaged = Line(database)
    damaged.arrives(runner)
    with database.writing() as connection:
        connection.execute(update(calls.turns).where(calls.turns.c.call_id == damaged.id).values(state="{}"))
    since = clock.wait(hours=8)

    assert 2 == runner.end_lost(since)
    assert 0 == runner.end_lost(since)
    assert ("lost", "damaged") == (queued.row.cause, damaged.row.cause)


def test_a_stay_is_kept_with_the_group_that_answered(queued: Line, runner: Runner, clock: Clock) -> None:
    """It had overflowed to another group than it was sent to; it is one stay still, and began when it did."""
    queued.live = runner.back_from_queue(queued.arrival, answered(queued, clock, queue="second"))

    (visit,) = queued.visits
    assert ("second", "answered", MONDAY) == (visit.queue, visit.outcome, visit.enqueued_at)
