from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_pin.limits import WAITS, Bucket, Decision, Failures, Limits, Standing, decide, wait_after

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
# So wide that only waits count.
WIDE = Bucket(10**6, SECOND)
UNLIMITED = Limits(WIDE, WIDE)
FRESH = Standing(None, NOON, NOON)

seconds = st.integers(0, 100_000).map(lambda number: timedelta(seconds=number))
moments = st.integers(-100_000, 100_000).map(lambda number: NOON + timedelta(seconds=number))
buckets = st.builds(Bucket, st.integers(1, 50), st.integers(1, 3600).map(lambda number: timedelta(seconds=number)))
standings = st.builds(Standing, st.none() | st.builds(Failures, st.integers(1, 20), moments), moments, moments)
limits = st.builds(Limits, buckets, buckets)


def test_two_failures_are_free_and_each_later_one_is_followed_by_a_longer_wait() -> None:
    """Half a minute after the third, then two minutes, ten, an hour, and never more."""
    assert [0, 0, 0, 30, 120, 600, 3600, 3600, 3600] == [wait_after(number).total_seconds() for number in range(9)]


def test_a_day_of_guessing_at_one_identifier_is_some_thirty_guesses() -> None:
    """Somebody tries each second, all day, from as many numbers as they like."""
    assert 29 == sum(not decision.seconds for decision in _tried_each(SECOND, timedelta(days=1)))


@given(st.integers(1, 4000))
def test_no_rhythm_guesses_more(every: int) -> None:
    """Whoever waits between tries, for however long, gets no more of them than whoever does not."""
    tried = _tried_each(timedelta(seconds=every), timedelta(days=1))
    assert 29 >= sum(not decision.seconds for decision in tried)


def _tried_each(pause: timedelta, span: timedelta) -> list[Decision]:
    now, standing, decisions = NOON, FRESH, []
    while now < NOON + span:
        decisions.append(decide(UNLIMITED, standing, now))
        now, standing = now + pause, decisions[-1].standing
    return decisions


@given(limits, standings, moments, st.lists(seconds, max_size=20))
def test_whoever_waits_as_long_as_they_were_told_gets_in(
    allowed: Limits, known: Standing, now: datetime, others: list[timedelta]
) -> None:
    """Whatever stood before, the clock set back among it; and what is refused meanwhile lengthens nothing."""
    told = decide(allowed, known, now)
    then, standing = now + told.seconds * SECOND, told.standing
    if told.seconds:
        for refused_at in sorted(now + after for after in others if now + after < then):
            refused = decide(allowed, standing, refused_at)
            if not refused.seconds:
                return
            standing = refused.standing
        assert 0 == decide(allowed, standing, then).seconds


@given(limits, standings, moments)
def test_nobody_is_told_to_wait_for_longer_than_the_longest_wait(
    allowed: Limits, known: Standing, now: datetime
) -> None:
    """However far a clock was set back."""
    longest = max(WAITS[-1], allowed.caller.refill, allowed.service.refill)
    assert 0 <= decide(allowed, known, now).seconds <= longest.total_seconds()


@given(st.integers(1, 20), seconds, seconds)
def test_a_clock_that_is_set_back_opens_no_door(failures: int, back: timedelta, after: timedelta) -> None:
    """By the new clock the whole wait passes, from when somebody first asks."""
    noticed = decide(UNLIMITED, Standing(Failures(failures, NOON), NOON, NOON), NOON - back - SECOND)
    later = decide(UNLIMITED, noticed.standing, NOON - back - SECOND + after) if noticed.seconds else noticed
    assert noticed.seconds == wait_after(failures).total_seconds()
    assert later.seconds == max(0, noticed.seconds - (after.total_seconds() if noticed.seconds else 0))


@given(limits, standings, moments)
def test_what_is_let_through_counts_once_and_what_is_refused_not_at_all(
    allowed: Limits, known: Standing, now: datetime
) -> None:
    """One failure more and a token of each bucket less; or nothing."""
    before = known.failures.count if known.failures else 0
    found = decide(allowed, known, now)
    after = found.standing.failures.count if found.standing.failures else 0
    assert (before if found.seconds else before + 1) == after
    if found.seconds:
        assert (found.standing.caller <= known.caller, found.standing.service <= known.service) == (True, True)
    else:
        assert found.standing.caller - max(known.caller, now) <= allowed.caller.refill
        assert found.standing.service - max(known.service, now) <= allowed.service.refill


@given(buckets, st.lists(seconds, min_size=1, max_size=60))
def test_a_bucket_lets_no_more_through_than_it_holds_and_gets(bucket: Bucket, pauses: list[timedelta]) -> None:
    """In any span of time, its ends among it; each attempt is at an identifier of its own."""
    now, full_at, let_through = NOON, NOON, 0
    for pause in pauses:
        now += pause
        found = decide(Limits(bucket, WIDE), Standing(None, full_at, now), now)
        full_at = found.standing.caller
        let_through += not found.seconds
    assert let_through <= bucket.capacity + (now - NOON) // bucket.refill + 1


@pytest.mark.parametrize("tight", [Limits(Bucket(3, SECOND), WIDE), Limits(WIDE, Bucket(3, SECOND))])
def test_so_many_at_once_and_then_one_each_time(tight: Limits) -> None:
    """Of a caller, and of everybody together."""
    standing, seconds_told = FRESH, []
    for _ in range(5):
        found = decide(tight, Standing(None, standing.caller, standing.service), NOON)
        standing = found.standing
        seconds_told.append(found.seconds)
    assert [0, 0, 0, 1, 1] == seconds_told
    again = Standing(None, standing.caller, standing.service)
    assert [1, 0] == [decide(tight, again, NOON + SECOND * after).seconds for after in (0, 1)]
