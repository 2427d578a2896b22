"""Records around midnight and around the changes of the clock: each counts once, on its day, and as long as it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.history.stays import stays_of
from ivr.history.totals import stay_totals
from routing import visits, waiting
from routing.reporting.days import day_of, period_of
from routing.reporting.figures import Figures, Thresholds, figures
from routing.reporting.records import Change, Stay
from routing.reporting.report import Records, whole_day
from routing.visits import Visit
from storage.database import Database
from tests.reporting.made import stays

WARSAW, UTC = ZoneInfo("Europe/Warsaw"), ZoneInfo("UTC")
THRESHOLDS = Thresholds()
COUNTS = ("offered", "answered", "in_time", "abandoned", "short_abandoned", "other", "unfinished", "estimates")
# The end of a Friday; the moments at which clocks are put forward and back.
MIDNIGHT = datetime(2026, 11, 21, tzinfo=WARSAW)
CHANGES = [datetime.fromisoformat(text) for text in ("2026-03-29T01:00+00:00", "2026-10-25T01:00+00:00")]


def keep(database: Database, name: str, began: datetime, wait: float, talk: float, zone: ZoneInfo = UTC) -> None:
    """A stay that was answered, on record; its moments are told by a clock of that zone."""
    enqueued, answered, left = (
        (began.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(zone) for seconds in (0, wait, wait + talk)
    )
    with database.writing() as connection:
        visits.enqueued(
            connection, Visit(name, 4, "pensions", "pensions", enqueued, answered, left, "1201", "answered")
        )


def of_day(database: Database, day: date) -> Figures:
    """The figures of what is on record of a day."""
    with database.reading() as connection:
        return figures(stays_of(connection, period_of(day, day, WARSAW)), THRESHOLDS)


def counts(found: Figures) -> list[int]:
    """Everything that is counted."""
    return [getattr(found, name) for name in COUNTS]


def test_who_waits_over_midnight_is_of_the_day_on_which_they_began(database: Database) -> None:
    """Whenever they were answered and whenever they left; nobody is of both days or of none."""
    friday, saturday = date(2026, 11, 20), date(2026, 11, 21)
    for name, begin, wait, talk in (
        ("talks over midnight", -60, 10, 100),
        ("waits over midnight", -30, 40, 60),
        ("begins just before", -0.000001, 5, 5),
        ("begins at midnight", 0, 5, 5),
    ):
        keep(database, name, MIDNIGHT + timedelta(seconds=begin), wait, talk)
    assert [3, 1] == [of_day(database, day).answered for day in (friday, saturday)]
    assert (40, 55) == (of_day(database, friday).longest_wait, of_day(database, friday).talk)
    with database.reading() as connection:
        both = figures(stays_of(connection, period_of(friday, saturday, WARSAW)), THRESHOLDS)
    assert counts(both) == [
        sum(pair) for pair in zip(*(counts(of_day(database, day)) for day in (friday, saturday)), strict=True)
    ]


@given(st.lists(stays, max_size=20))
def test_the_figures_of_days_add_up(made: Sequence[Stay]) -> None:
    """To those of all of them at once, whatever became of the stays and whenever."""
    days = {day_of(stay.joined_at, WARSAW) for stay in made}
    single = [
        counts(figures([stay for stay in made if period_of(day, day, WARSAW).holds(stay.joined_at)], THRESHOLDS))
        for day in days
    ]
    assert counts(figures(made, THRESHOLDS)) == [sum(column) for column in zip(*single, strict=True)] or not made


@pytest.mark.parametrize("change", CHANGES, ids=("forward", "back"))
def test_waits_and_conversations_over_a_change_of_the_clock_are_as_long_as_they_were(
    database: Database, change: datetime
) -> None:
    """Not an hour more or less, in the day's figures and in the totals, by whichever clock the moments were told."""
    keep(database, "waits", change - timedelta(seconds=10), 25, 60)
    keep(database, "talks", change - timedelta(seconds=100), 15, 300, WARSAW)
    day = day_of(change, WARSAW)
    found = of_day(database, day)
    assert (2, 20, 180, 25) == (found.answered, found.asa, found.talk, found.longest_wait)
    with database.reading() as connection:
        (total,) = stay_totals(connection, period_of(day, day, WARSAW).start, (20, 30))
    assert (2, 40.0, 360.0, (1, 2)) == (total.count, total.waited, total.talked, total.within)


@pytest.mark.parametrize("change", CHANGES, ids=("forward", "back"))
def test_who_began_to_wait_before_a_change_of_the_clock_stands_before_who_began_after(
    database: Database, change: datetime
) -> None:
    """Though the clock says the same again, or an hour more: in our order and in Asterisk's."""
    moments = [(change + timedelta(minutes=minute)).astimezone(WARSAW) for minute in (-61, -31, -1, 0, 29, 59)]
    for order in (moments, moments[::-1]):
        assert sorted(order, key=lambda at: at.timestamp()) == sorted(order, key=waiting.priority, reverse=True)
    assert [10 * 60 * 30] == [waiting.priority(moments[0]) - waiting.priority(moments[1])]
    with database.writing() as connection:
        for number, at in enumerate(moments[::-1]):
            visits.enqueued(connection, Visit(f"{number}", 4, "pensions", "pensions", at))
    with database.reading() as connection:
        found = waiting.waiting(connection, "pensions")
    assert [at.timestamp() for at in moments] == [visit.enqueued_at.timestamp() for visit in found]
    assert list(range(1, 7)) == [waiting.place_of(visit, found) for visit in found]


@pytest.mark.parametrize(("change", "hours"), [(CHANGES[0], 23), (CHANGES[1], 25)], ids=("forward", "back"))
def test_a_day_on_which_clocks_change_has_whole_figures(change: datetime, hours: int) -> None:
    """A consultant is there all day and talks for half an hour of each hour: half of its time, not of 24 hours."""
    day = day_of(change, WARSAW)
    period = period_of(day, day, WARSAW)
    made = [
        Change("1201", state, "", period.start + timedelta(hours=hour, minutes=minute))
        for hour in range(hours)
        for state, minute in (("on_call", 0), ("available", 30))
    ]
    talks = [
        Stay(
            "call",
            5,
            "pensions",
            "pensions",
            change.at,
            change.at,
            change.at + timedelta(minutes=30),
            "1201",
            "answered",
        )
        for change in made[::2]
    ]
    found = whole_day(day, period, period.end + timedelta(days=1), Records(talks, made), THRESHOLDS)
    assert (hours, 0.5, 1800) == (found.figures.answered, found.occupancy, found.figures.talk)
