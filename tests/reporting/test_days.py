"""The service's days, at midnight and when clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.reporting.days import Period, day_of, days, period_of

WARSAW = ZoneInfo("Europe/Warsaw")
HOUR = 3600
dates = st.dates(date(2025, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-20T22:59:59.999999+00:00", "2026-11-20"),
        ("2026-11-20T23:00:00+00:00", "2026-11-21"),
        ("2026-07-20T21:59:59.999999+00:00", "2026-07-20"),
        ("2026-07-20T22:00:00+00:00", "2026-07-21"),
        ("2026-12-31T23:00:00+00:00", "2027-01-01"),
    ],
)
def test_a_day_begins_at_midnight_in_warsaw(moment: str, day: str) -> None:
    """One hour before midnight UTC in winter, two in summer."""
    assert date.fromisoformat(day) == day_of(datetime.fromisoformat(moment), WARSAW)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-20", 24)])
def test_a_day_on_which_clocks_change_is_shorter_or_longer(day: str, hours: int) -> None:
    """The last Sundays of March and October."""
    that = date.fromisoformat(day)
    assert hours * HOUR == period_of(that, that, WARSAW).seconds


@pytest.mark.parametrize("utc", ["2026-10-25T00:30:00+00:00", "2026-10-25T01:30:00+00:00"])
def test_the_hour_that_comes_twice_is_of_one_day(utc: str) -> None:
    """02:30 before and after the clock was put back."""
    that = date(2026, 10, 25)
    moment = datetime.fromisoformat(utc)
    assert "02:30" == moment.astimezone(WARSAW).strftime("%H:%M")
    assert period_of(that, that, WARSAW).holds(moment)


@given(dates, st.integers(0, 40))
def test_days_follow_one_another_without_gap_or_overlap(first: date, count: int) -> None:
    """Together they are the whole period, and its seconds are theirs."""
    last = first + timedelta(days=count)
    single = [period_of(day, day, WARSAW) for day in days(first, last)]
    whole = period_of(first, last, WARSAW)
    assert count + 1 == len(single)
    assert all(earlier.end == following.start for earlier, following in pairwise(single))
    assert (whole.start, whole.end) == (single[0].start, single[-1].end)
    assert whole.seconds == sum(period.seconds for period in single)


@given(st.datetimes(datetime(2025, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))
def test_every_moment_is_of_its_day_and_no_other(moment: datetime) -> None:
    """Counting and querying agree on where a day ends."""
    day = day_of(moment, WARSAW)
    around = (day - timedelta(days=1), day, day + timedelta(days=1))
    assert [False, True, False] == [period_of(one, one, WARSAW).holds(moment) for one in around]


def test_what_lies_outside_is_empty() -> None:
    """And empty is never less than nothing."""
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    early, late = Period(noon, noon + timedelta(hours=1)), Period(noon + timedelta(hours=2), noon + timedelta(hours=3))
    assert 0.0 == early.within(late).seconds
