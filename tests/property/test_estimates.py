"""What callers are told about their wait: it grows with the place, and it proves true in simulated queues."""

from __future__ import annotations

import heapq
import math
import random
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.estimates import (
    AIM,
    BOUNDS,
    MOST_PLACES,
    Estimate,
    Pace,
    after_telling,
    estimate,
    handling_time,
    nearer,
    ranges,
    shorter,
)

PLACES = st.integers(1, 300)
PACES = st.builds(Pace, st.floats(5, 3600), st.floats(0.05, 400))
ESTIMATES = st.builds(
    lambda place, span: Estimate(place, *span), st.integers(1, 2 * MOST_PLACES), st.sampled_from(ranges())
)
NEVER = math.inf


def _end(told: Estimate) -> float:
    return NEVER if told.high is None else told.high


@given(PLACES, PACES)
def test_what_is_told_is_one_of_the_ranges_that_have_words(place: int, pace: Pace) -> None:
    """Never an empty range, never one without a phrase."""
    told = estimate(place, pace)
    assert (told.low, told.high) in ranges()
    assert told.low < _end(told)


@given(PLACES, PLACES, PACES)
def test_whoever_stands_behind_is_told_no_less(one: int, other: int, pace: Pace) -> None:
    """Neither end of the range falls with the place."""
    front, back = (estimate(place, pace) for place in sorted((one, other)))
    _tells_no_less(front, back)


@given(PLACES, PACES, st.floats(1, 10))
def test_slower_answers_and_fewer_consultants_tell_no_less(place: int, pace: Pace, factor: float) -> None:
    """The wait is what is to be done, divided by those who do it."""
    told = estimate(place, pace)
    for worse in (replace(pace, handling=pace.handling * factor), replace(pace, consultants=pace.consultants / factor)):
        _tells_no_less(told, estimate(place, worse))


def _tells_no_less(one: Estimate, other: Estimate) -> None:
    """Neither end falls; but where a wait has no end any more there are few words for how it begins."""
    assert _end(one) <= _end(other)
    assert one.low <= other.low or (one.high is not None and other.high is None)


@given(PLACES, st.floats(5, 3600))
def test_where_nobody_answers_the_wait_is_unknown(place: int, handling: float) -> None:
    """No number is made up."""
    assert Estimate(place, 0, None) == estimate(place, Pace(handling, 0))


@given(st.lists(st.floats(0, 7200), max_size=60), st.floats(0, 600))
def test_a_forgotten_telephone_decides_little(lengths: list[float], wrap_up: float) -> None:
    """However long one conversation lasts, the mean stays finite, positive, and no less than without it."""
    assert 0 < handling_time(lengths, wrap_up) <= 7200 + 600
    if len(lengths) >= 10:
        assert handling_time([*lengths, 10**9], wrap_up) <= 10 * max(handling_time(lengths, wrap_up), max(lengths))


@given(ESTIMATES, ESTIMATES)
def test_only_better_news_are_told(told: Estimate, now: Estimate) -> None:
    """After each telling a caller knows of no later end and of no farther place than before."""
    if nearer(told, now):
        assert now.place < told.place
    known = after_telling(told, now)
    assert _end(known) <= _end(told)
    assert not shorter(known, now), "nothing is told twice"


@dataclass(frozen=True, slots=True)
class Service:
    """A simulated queue: consultants, mean and coefficient of variation of conversations, load."""

    consultants: int
    mean: float
    variation: float
    load: float = 1.05


def _waits(service: Service, seed: int, calls: int = 800) -> list[tuple[Estimate, float]]:
    """What each caller who has to wait is told, and how long they wait."""
    chance = random.Random(seed)
    spread = math.log(1 + service.variation**2)
    free = [0.0] * service.consultants
    now, begun, over, told = 0.0, list[float](), list[tuple[float, float]](), list[tuple[Estimate, float]]()
    for _ in range(calls):
        now += chance.expovariate(service.load * service.consultants / service.mean)
        begun = [begin for begin in begun if begin > now]
        begin, length = (
            max(now, heapq.heappop(free)),
            chance.lognormvariate(math.log(service.mean) - spread / 2, math.sqrt(spread)),
        )
        heapq.heappush(free, begin + length)
        if begin > now:
            recent = [lasted for end, lasted in over if end <= now][-50:]
            pace = Pace(handling_time(recent, 0), service.consultants)
            told.append((estimate(len(begun) + 1, pace), begin - now))
        begun.append(begin)
        over.append((begin + length, length))
        over.sort()
    return told


SERVICES = [
    Service(consultants, mean, variation)
    for consultants in (1, 3, 10, 40)
    for mean in (120.0, 300.0)
    for variation in (0.5, 1.0)
]


@pytest.mark.parametrize("service", SERVICES, ids=str)
def test_most_callers_are_answered_within_what_they_were_told(service: Service) -> None:
    """Four of five at least, for steady conversations and for ones that vary as much as chance, over five days."""
    told = [one for seed in range(5) for one in _waits(service, seed)]
    within = sum(estimated.holds(waited) for estimated, waited in told)
    assert len(told) > 500
    assert within / len(told) >= AIM


def test_the_promise_is_not_kept_by_promising_nothing() -> None:
    """In a busy group of forty the range that is told is at most ten minutes wide, most of the time."""
    told = _waits(Service(40, 300.0, 1.0), 1)
    narrow = sum(_end(estimated) - estimated.low <= 10 for estimated, _ in told)
    assert narrow / len(told) >= AIM
    assert BOUNDS[0] == 0
