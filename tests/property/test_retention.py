"""Until when a recording is kept, at every boundary of a year, a month and a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recordings.retention import business_date, keep_until, policy

WARSAW = ZoneInfo("Europe/Warsaw")
moments = st.datetimes(datetime(2000, 1, 1), datetime(2090, 12, 31), timezones=st.just(UTC))
near_midnight_on_new_year = st.builds(
    lambda year, seconds: datetime(year, 1, 1, tzinfo=WARSAW) + timedelta(seconds=seconds),
    st.integers(2001, 2090),
    st.integers(-3700, 3700),
)


@given(st.one_of(moments, near_midnight_on_new_year), st.integers(1, 10))
@example(datetime(2024, 2, 29, 12, tzinfo=WARSAW), 3)
@example(datetime(2024, 2, 29, 12, tzinfo=WARSAW), 4)
@example(datetime(2023, 12, 31, 23, 30, tzinfo=UTC), 3)
def test_it_is_kept_through_the_same_date(ended_at: datetime, years: int) -> None:
    """Of the year that many years on, by the calendar in Warsaw; on 28 February where there is no 29th."""
    ended_on = ended_at.astimezone(WARSAW).date()
    last = keep_until(ended_at, years, WARSAW)
    assert ended_on.year + years == last.year
    assert ended_on.month == last.month
    leaps = (ended_on.month, ended_on.day) == (2, 29) and last.day == 28
    assert leaps or ended_on.day == last.day
    assert not leaps or (last + timedelta(days=1)).month == 3


@given(moments, st.integers(1, 10))
def test_it_is_due_from_midnight_after_its_last_day(ended_at: datetime, years: int) -> None:
    """One second before, it is kept; at 00:00 it is due."""
    last = keep_until(ended_at, years, WARSAW)
    midnight = datetime.combine(last + timedelta(days=1), datetime.min.time(), WARSAW)
    before = midnight.astimezone(UTC) - timedelta(seconds=1)
    assert business_date(before, WARSAW) == last
    assert business_date(midnight, WARSAW) > last


@given(moments, moments, st.integers(1, 10))
def test_who_was_recorded_later_is_not_due_earlier(one: datetime, other: datetime, years: int) -> None:
    """Terms keep the order of conversations."""
    earlier, later = sorted((one, other))
    assert keep_until(earlier, years, WARSAW) <= keep_until(later, years, WARSAW)


@pytest.mark.parametrize("years", [0, -1, 51])
def test_no_years_are_no_term(years: int) -> None:
    """Nothing is kept for ever, and nothing for no time."""
    with pytest.raises(ValueError, match="1 to 50 years"):
        keep_until(datetime(2026, 1, 1, tzinfo=UTC), years, WARSAW)


def test_a_moment_without_a_zone_has_no_day() -> None:
    """It would be another day on another machine."""
    with pytest.raises(ValueError, match="time zone"):
        keep_until(datetime(2026, 1, 1), 3, WARSAW)


def test_the_rule_has_words() -> None:
    """They stand with each recording."""
    assert "consultant_call: 3 years" == policy("consultant_call", 3)
    assert "video_visit: 1 year" == policy("video_visit", 1)
    assert date(2029, 2, 28) == keep_until(datetime(2026, 2, 28, 12, tzinfo=UTC), 3, WARSAW)
