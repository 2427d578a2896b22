"""When callbacks are tried: at most three times, later each time, and in opening hours only."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from routing.callback_times import PAUSES, first_try, next_try
from routing.hours import Hours, Span

DAYTIME = Hours("Europe/Warsaw", dict.fromkeys(range(5), (Span(time(7), time(18)),)), "PL")
NEVER = Hours("Europe/Warsaw", {})
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


def test_a_queue_that_never_opens_calls_nobody() -> None:
    """And nobody looks for its opening for ever."""
    assert None is first_try(datetime(2026, 11, 23, tzinfo=UTC), NEVER)
