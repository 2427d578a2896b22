"""Turn logs and callbacks go long before their calls do, and no report of a past day changes."""

from __future__ import annotations

from datetime import date, timedelta

from centrala import reports
from centrala.context import SERVICE_ZONE
from centrala.reports import informing_of
from centrala.settings import Settings
from ivr.library import Library
from ivr.runner import Conversation, Runner, hang_up
from personal_data import expiry
from personal_data.expiry import Day
from personal_data.kinds import Kind
from recordings.purge import unwatched
from recordings.retention import Term, Unit
from routing import callbacks
from routing.callbacks import Callback
from routing.reporting.report import WholeDay
from storage.installation import Installation
from tests.runner.conftest import MONDAY, Clock, Line
from tests.runner.test_history import in_queue
from tests.runner.test_queue_stays import answered

DAY = MONDAY.date()


def report(installation: Installation, by: str) -> list[WholeDay]:
    """Sunday to Tuesday."""
    days = (DAY - timedelta(days=1), DAY + timedelta(days=1))
    return list(reports.days(installation, Settings(), *days, by))


def a_day_of_calls(installation: Installation, runner: Runner, clock: Clock) -> list[Line]:
    """One is informed, one hangs up at once, others wait: answered, in vain, and again at an old place."""
    database = installation.database
    informed, gone = Line(database), Line(database)
    talked, left = in_queue(database, runner), in_queue(database, runner)
    for line in (informed, gone):
        line.arrives(runner)
    informed.keys(runner, "1")
    informed.hears_out(runner)
    clock.wait(minutes=3)
    talked.leaves_queue(runner, answered(talked, clock))
    left.leaves_queue(runner, Conversation("abandoned", turn=left.now.seq))
    clock.wait(minutes=1)
    again = in_queue(database, runner)
    clock.wait(minutes=2)
    again.leaves_queue(runner, answered(again, clock))
    return [informed, gone, talked, left, again]


def expire(installation: Installation, kind: Kind, today: date) -> None:
    """Have rows of a kind go after a day."""
    day = Day(today, SERVICE_ZONE, 2, informing_of(Library(installation.database)))
    expiry.expire(installation.database, kind, Term(1, Unit.DAYS), day, unwatched)


def test_reports_are_as_they_were_when_the_turns_were_there(
    installation: Installation, runner: Runner, clock: Clock
) -> None:
    """Who was informed, who asked, when each began to wait and for how long: by topic and by queue."""
    lines = a_day_of_calls(installation, runner, clock)
    for line in lines:
        hang_up(runner, line.now, "caller")
    before = {by: report(installation, by) for by in ("topic", "queue")}
    whole = before["topic"][1]
    assert (5, 1) == (whole.calls, whole.contained)
    assert [True] * 5 == [bool(line.turns) for line in lines]
    expire(installation, Kind.TURNS, DAY + timedelta(days=2))
    assert [()] * 5 == [line.turns for line in lines]
    assert before == {by: report(installation, by) for by in ("topic", "queue")}
    assert [False] * 5 == [line.row.asked is None for line in lines]


def test_callbacks_are_counted_when_their_rows_are_gone(installation: Installation, runner: Runner) -> None:
    """Of the day on which they were asked for, by what became of them."""
    asked = [("kept", 0), ("kept", 1), ("cancelled", 2), ("not_reached", 26)]
    with installation.database.writing() as connection:
        for state, hours in asked:
            at = MONDAY + timedelta(hours=hours)
            made = Callback(f"call {hours}", "+48600100200", "help", "help", "pl", at, at, at)
            callbacks.request(connection, made)
            callbacks.over(connection, made.call_id, state, at)  # type: ignore[arg-type]
    before = report(installation, "topic")
    expire(installation, Kind.CALLBACKS, DAY + timedelta(days=2))
    with installation.database.reading() as connection:
        assert ["call 26"] == [one.call_id for one in callbacks.newest(connection, 10)]
    assert before == report(installation, "topic")
    expire(installation, Kind.CALLBACKS, DAY + timedelta(days=3))
    assert before == report(installation, "topic")
