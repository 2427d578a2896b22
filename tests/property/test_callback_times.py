"""When callbacks are tried: at most three times, later each time, and in opening hours only."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.callback_times import LONGEST_LINE, PAUSES, first_try, next_try, open_until
from routing.hours import MIDNIGHT_AT_THE_END, Hours, Span

DAYTIME = Hours("Europe/Warsaw", dict.fromkeys(range(5), (Span(time(7), time(18)),)), "PL")
ALWAYS = Hours("Europe/Warsaw", dict.fromkeys(range(7), (Span(time(0), MIDNIGHT_AT_THE_END),)))
NEVER = Hours("Europe/Warsaw", {})
# When clocks are put forward, and back.
CHANGES = (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC))
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(MOMENTS)
def test_every_try_is_in_opening_hours_and_after_the_one_before(asked: datetime) -> None:
    """The pauses are kept; closing time, week-ends and holidays only make them longer."""
    at, tries = first_try(asked, DAYTIME), 0
    before = asked
    while at is not None:
        assert DAYTIME.is_open(at)
        assert at >= before + (PAUSES[tries - 1] if tries else timedelta())
        tries, before = tries + 1, at
        at = next_try(tries, before, DAYTIME)
    assert len(PAUSES) + 1 == tries


@given(MOMENTS)
def test_in_opening_hours_nobody_waits_longer_than_stated(asked: datetime) -> None:
    """The first try is at once where the queue is open."""
    first = first_try(asked, DAYTIME)
    assert (first == asked) == DAYTIME.is_open(asked)


@given(st.sampled_from(CHANGES), st.integers(-180, 180), st.sampled_from(["UTC", "Europe/Warsaw"]))
def test_the_pauses_are_as_long_on_the_nights_on_which_clocks_change(change: datetime, minute: int, zone: str) -> None:
    """By whichever clock the last try is told: fifteen minutes, then an hour, and not two or none."""
    last = (change + timedelta(minutes=minute)).astimezone(ZoneInfo(zone))
    found = [next_try(tries, last, ALWAYS) for tries in (1, 2)]
    assert [last.astimezone(UTC) + pause for pause in PAUSES] == found


@pytest.mark.parametrize(
    ("asked", "first"), [("2026-03-27T17:30Z", "2026-03-30T05:00Z"), ("2026-10-23T16:30Z", "2026-10-26T06:00Z")]
)
def test_over_a_weekend_on_which_clocks_change_seven_is_seven(asked: str, first: str) -> None:
    """Asked on Friday evening, after closing."""
    assert datetime.fromisoformat(first) == first_try(datetime.fromisoformat(asked), DAYTIME)


@given(MOMENTS, st.floats(0, 1))
def test_until_closing_it_is_open_and_then_it_is_not(at: datetime, share: float) -> None:
    """Whatever moment of a stretch of opening hours one looks at; outside them it closes at once."""
    until = open_until(at, DAYTIME)
    assert (until == at) == (not DAYTIME.is_open(at))
    assert until == at or DAYTIME.is_open(at + (until - at) * share * 0.999)
    assert not DAYTIME.is_open(until)


@given(st.sampled_from(CHANGES), st.integers(-180, 180))
def test_what_never_closes_is_looked_at_for_a_day(change: datetime, minute: int) -> None:
    """And not for ever."""
    at = change + timedelta(minutes=minute)
    assert at + LONGEST_LINE == open_until(at, ALWAYS)


def test_a_queue_that_never_opens_calls_nobody() -> None:
    """And nobody looks for its opening for ever."""
    assert None is first_try(datetime(2026, 11, 23, tzinfo=UTC), NEVER)
