"""Places in a queue: kept for whoever was there a moment ago, given back once, and overtaken by nobody."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from ivr.runner import Conversation, Runner, hang_up
from routing import waiting
from routing.estimates import Estimate
from storage.database import Database
from tests.runner.conftest import Clock, Line


def joins(line: Line, runner: Runner) -> Line:
    """Dial and go to the queue."""
    line.arrives(runner)
    line.keys(runner, "2")
    line.hears_out(runner)
    return line


def order(database: Database) -> list[str]:
    """The calls that wait, in their order."""
    with database.reading() as connection:
        return [visit.call_id for visit in waiting.waiting(connection, "help")]


@pytest.fixture
def early(database: Database, runner: Runner, clock: Clock) -> Line:
    """Somebody who waits; a minute later somebody else joins, `late`."""
    line = joins(Line(database, "600100201"), runner)
    clock.wait(minutes=1)
    return line


@pytest.fixture
def late(early: Line, database: Database, runner: Runner, clock: Clock) -> Line:
    """Somebody who came later."""
    line = joins(Line(database, "600100202"), runner)
    clock.wait(minutes=1)
    return line


def test_whoever_was_cut_off_has_the_old_place(
    early: Line, late: Line, database: Database, runner: Runner, clock: Clock
) -> None:
    """A new call from the same number, before everybody who came after the first one."""
    hang_up(runner, early.now)
    clock.wait(minutes=9)
    again = joins(Line(database, early.ani), runner)

    assert [again.id, late.id] == order(database)
    assert early.visits[0].enqueued_at == again.visits[0].enqueued_at


def test_a_call_that_was_lost_with_its_asterisk_counts_as_cut_off(
    early: Line, late: Line, database: Database, runner: Runner, clock: Clock
) -> None:
    """Once its end is known."""
    clock.wait(minutes=20)
    runner.end_lost(clock())
    again = joins(Line(database, early.ani), runner)

    assert early.visits[0].enqueued_at == again.visits[0].enqueued_at


def test_whoever_was_cut_off_from_a_consultant_is_served_next(
    early: Line, late: Line, database: Database, runner: Runner, clock: Clock
) -> None:
    """The same call, after a conversation whose consultant's telephone has gone: both stays began at the same time."""
    talk = Conversation("cut_off", "11", clock(), turn=early.now.seq)
    clock.wait(minutes=1)
    early.live = runner.back_from_queue(early.arrival, talk)
    early.keys(runner, "2")

    assert [early.id, late.id] == order(database)
    assert ["cut_off", None] == [visit.outcome for visit in early.visits]
    assert 1 == len({visit.enqueued_at for visit in early.visits})


@pytest.mark.parametrize(
    "case", ["too late", "another number", "a withheld number", "answered before", "another call has it"]
)
def test_others_stand_at_the_end(
    case: str, early: Line, late: Line, database: Database, runner: Runner, clock: Clock
) -> None:
    """After ten minutes, from elsewhere, after a conversation, or where the place was given back already."""
    ani = {"another number": "600100209", "a withheld number": "anonymous"}.get(case, early.ani)
    if case == "answered before":
        runner.note_answer(early.id, early.now.seq, clock(), "11")
    hang_up(runner, early.now)
    if case == "too late":
        clock.wait(minutes=11)
    if case == "another call has it":
        joins(Line(database, early.ani), runner)
    again = joins(Line(database, ani), runner)

    assert again.id == order(database)[-1]
    assert clock() == again.visits[0].enqueued_at


def test_whoever_is_back_from_a_menu_has_the_old_place(
    early: Line, late: Line, database: Database, runner: Runner, clock: Clock
) -> None:
    """Left by a key or when the longest wait was over: the same call waits on where it stood."""
    for outcome in ("returned_to_ivr", "timeout"):
        early.live = runner.back_from_queue(early.arrival, Conversation(outcome, turn=early.now.seq))
        assert [late.id] == order(database)
        clock.wait(minutes=2)
        early.keys(runner, "2")
        assert [early.id, late.id] == order(database)
    assert 1 == len({visit.enqueued_at for visit in early.visits})


def test_whoever_is_sent_on_has_waited_already(
    early: Line, late: Line, database: Database, runner: Runner, clock: Clock
) -> None:
    """A consultant's transfer leads to the place of somebody who has waited since the first queue."""
    talked = Conversation("answered", "11", clock(), turn=early.now.seq)
    early.live = runner.send_on(early.arrival, talked, "help")

    assert [early.id, late.id] == order(database)
    first, second = early.visits
    assert first.enqueued_at == second.enqueued_at


def test_whoever_is_answered_waits_no_more(early: Line, late: Line, database: Database, runner: Runner) -> None:
    """Those behind move up as soon as it is known, while the conversation lasts."""
    with database.reading() as connection:
        both = waiting.waiting(connection, "help")
    assert [1, 2] == [waiting.place_of(visit, both) for visit in both]
    runner.note_answer(early.id, early.now.seq, late.visits[0].enqueued_at, "11")

    assert [late.id] == order(database)
    (visit,) = early.visits
    assert ("11", None) == (visit.agent, visit.left_at)


def test_an_answer_that_is_told_late_changes_nothing(early: Line, runner: Runner, clock: Clock) -> None:
    """Of a visit that is over everything is known."""
    hang_up(runner, early.now)
    before = early.visits
    runner.note_answer(early.id, early.now.seq, clock(), "11")
    assert before == early.visits


def test_asterisk_keeps_the_same_order(clock: Clock) -> None:
    """The earlier, the higher the priority, a tenth of a second apart at most; within its 32 bits until 2039."""
    chance = random.Random(1)
    moments = sorted(clock() + timedelta(seconds=chance.uniform(0, 12 * 366 * 86400)) for _ in range(1000))
    priorities = [waiting.priority(moment) for moment in moments]
    assert sorted(priorities, reverse=True) == priorities
    assert -(2**31) <= priorities[-1] < priorities[0] < 2**31
    assert waiting.priority(clock()) > waiting.priority(clock() + timedelta(seconds=0.1))


@pytest.mark.parametrize(
    ("seconds", "answered", "right"),
    [(90, True, True), (150, True, False), (150, False, False), (30, False, None)],
    ids=["within", "late", "gave up late", "gave up"],
)
def test_an_estimate_is_judged_by_what_came(clock: Clock, seconds: float, answered: bool, right: bool | None) -> None:
    """Answered within, answered too late, and gave up after longer than was told; who gave up before says nothing."""
    begin, over = clock(), clock() + timedelta(seconds=seconds)

    assert right is Estimate(1, 1, 2).proved(begin, over if answered else None, over)
