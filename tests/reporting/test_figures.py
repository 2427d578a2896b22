"""The figures of stays: what is counted where, and that every percentile was measured."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from routing.reporting.figures import Thresholds, figures
from routing.reporting.measures import nearest_rank
from routing.reporting.records import Stay
from tests.reporting.made import answered, lasting, later, left, stays

THRESHOLDS = Thresholds(service_level=20, short_abandon=5)
many = st.lists(stays, max_size=40)
seconds = st.floats(0, 1e6, allow_nan=False)


def test_a_day_in_numbers() -> None:
    """Six stays of every kind, counted by hand."""
    made = [answered(10, 100), answered(20, 200), answered(60, 300), left("abandoned", 4), left("abandoned", 40)]
    found = figures([*made, left("timeout", 90), lasting()], THRESHOLDS)

    assert (6, 3, 2, 1, 1) == (found.offered, found.answered, found.abandoned, found.other, found.unfinished)
    assert (2, 1, {"timeout": 1}) == (found.in_time, found.short_abandoned, found.outcomes)
    assert 2 / 5 == found.service_level
    assert (30.0, 20.0, 60.0, 60.0) == (found.asa, found.wait_p50, found.wait_p90, found.wait_p95)
    assert (90.0, 200.0, None, 200.0) == (found.longest_wait, found.talk, found.wrap_up, found.aht)


def test_the_thresholds_themselves_are_within() -> None:
    """An answer in the twentieth second is in time, one a moment later is not; so with giving up."""
    made = [answered(20), answered(20.001), left("abandoned", 5), left("abandoned", 5.001)]
    found = figures(made, THRESHOLDS)
    assert (1, 1, 1 / 3) == (found.in_time, found.short_abandoned, found.service_level)


def test_the_formula_is_stated() -> None:
    """With the thresholds that were used."""
    assert "answered within 20 s / (offered - abandoned within 5 s)" == THRESHOLDS.formula


def test_of_nothing_there_are_no_averages() -> None:
    """An empty day has counts of zero and no shares, rather than wrong ones."""
    found = figures([], THRESHOLDS)
    assert (0, 0, 0, 0, 0) == (found.offered, found.answered, found.abandoned, found.other, found.unfinished)
    measured = (found.service_level, found.asa, found.wait_p50, found.longest_wait, found.talk, found.aht)
    assert (None,) * 6 == measured


def test_who_gives_up_at_once_does_not_lower_the_service_level() -> None:
    """Where all have, there is none."""
    assert figures([left("abandoned", 1)], THRESHOLDS).service_level is None
    assert 1.0 == figures([answered(1), left("abandoned", 1)], THRESHOLDS).service_level


def test_clocks_that_differ_make_no_negative_wait() -> None:
    """An answer a little before the joining, by another machine's clock, is one at once."""
    found = figures([answered(-0.2, 60)], THRESHOLDS)
    assert (0.0, 0.0, 1) == (found.asa, found.longest_wait, found.in_time)


def test_wrap_up_is_added_where_it_is_known() -> None:
    """The mean of what is known; without any, the handling time is the conversation's."""
    made = [answered(1, 100, wrap_up=10.0), answered(1, 200, wrap_up=30.0), answered(1, 300)]
    found = figures(made, THRESHOLDS)
    assert (200.0, 20.0, 220.0) == (found.talk, found.wrap_up, found.aht)


def test_estimates_are_right_or_wrong_or_prove_nothing() -> None:
    """What proved nothing is not counted, nor what nobody was told."""
    made = [answered(1, foretold=True), left("abandoned", 9, foretold=False), answered(1), lasting(foretold=None)]
    found = figures(made, THRESHOLDS)
    assert (2, 1, 0.5) == (found.estimates, found.estimates_right, found.estimate_accuracy)


@given(many)
def test_what_was_offered_is_answered_abandoned_or_other(made: Sequence[Stay]) -> None:
    """Each stay is counted exactly once."""
    found = figures(made, THRESHOLDS)
    assert found.offered == found.answered + found.abandoned + found.other
    assert len(made) == found.offered + found.unfinished
    assert found.other == sum(found.outcomes.values())
    assert 0 <= found.short_abandoned <= found.abandoned
    assert 0 <= found.in_time <= found.answered
    assert 0 <= found.transfers <= found.answered
    assert 0 <= found.estimates_right <= found.estimates <= found.offered


@given(many)
def test_a_service_level_is_a_share(made: Sequence[Stay]) -> None:
    """Between none and all."""
    level = figures(made, THRESHOLDS).service_level
    assert level is None or 0 <= level <= 1


@given(many)
def test_percentiles_are_waits_that_were_measured(made: Sequence[Stay]) -> None:
    """In order, and somebody has waited so long."""
    found = figures(made, THRESHOLDS)
    waits = {stay.waited() for stay in made if stay.was_answered}
    percentiles = (found.wait_p50, found.wait_p90, found.wait_p95)
    if not waits:
        assert (None, None, None) == percentiles
        return
    assert set(percentiles) <= waits
    assert list(percentiles) == sorted(percentiles, key=float)  # type: ignore[arg-type]
    assert found.asa is not None
    assert min(waits) - 1e-6 <= found.asa <= max(waits) + 1e-6


@given(many, many)
def test_days_add_up(some: Sequence[Stay], more: Sequence[Stay]) -> None:
    """What two groups have together is what they have apart."""
    apart, together = (figures(some, THRESHOLDS), figures(more, THRESHOLDS)), figures([*some, *more], THRESHOLDS)
    for name in ("offered", "answered", "in_time", "abandoned", "short_abandoned", "other", "unfinished", "transfers"):
        assert getattr(together, name) == sum(getattr(one, name) for one in apart)


@given(st.lists(seconds, min_size=1), st.integers(1, 100))
def test_the_nearest_rank(values: list[float], percent: int) -> None:
    """At least so many percent do not exceed it, and fewer do not exceed any smaller value."""
    found = nearest_rank(sorted(values), percent)
    assert found in values
    assert found is not None
    needed = math.ceil(len(values) * percent / 100 - 1e-9)
    assert sum(value <= found for value in values) >= needed
    assert sum(value < found for value in values) < needed


def test_a_wait_lasts_until_now() -> None:
    """While nobody has answered."""
    assert 30.0 == lasting().waited(later(30))
