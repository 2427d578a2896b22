"""Consultants' time: occupancy, and the wrap-up of each conversation."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from routing.reporting.days import Period
from routing.reporting.staffing import occupancy, spells, with_wrap_ups
from tests.reporting.made import NOON, answered, changes, later, left

STATES = ("logged_out", "available", "ringing", "on_call", "wrap_up", "on_break")
WHOLE = Period(NOON, later(1000))
courses = st.lists(st.tuples(st.integers(-500, 1500), st.sampled_from(STATES)), max_size=12)


def test_occupancy_is_work_in_the_time_logged_in() -> None:
    """300 s of talking and 100 s of wrap-up in 800 s; a break and being logged out are no part of it."""
    course = [
        (0, "available"),
        (300, "ringing"),
        (400, "on_call"),
        (700, "wrap_up"),
        (800, "on_break"),
        (900, "logged_out"),
    ]
    assert 400 / 800 == occupancy(spells(changes("1", *course), later(1000)), WHOLE)


def test_what_began_before_the_period_counts_from_its_beginning() -> None:
    """A conversation over midnight is half yesterday's work."""
    known = spells(changes("1", (-100, "on_call"), (100, "available"), (200, "logged_out")), later(1000))
    assert 100 / 200 == occupancy(known, WHOLE)


def test_nobody_logged_in_has_no_occupancy() -> None:
    """Neither none nor full."""
    assert occupancy(spells(changes("1", (0, "on_break")), later(1000)), WHOLE) is None
    assert occupancy((), WHOLE) is None


def test_wrap_up_belongs_to_the_conversation_before_it() -> None:
    """Two conversations in a row, each with its own; the last lasts until now."""
    stays = (answered(0, 100, agent="1"), answered(200, 50, agent="1", seq=6))
    course = changes("1", (0.1, "on_call"), (99.9, "wrap_up"), (130, "available"), (200, "on_call"), (250, "wrap_up"))
    found = with_wrap_ups(stays, spells(course, later(260)))
    assert [30.1, 10.0] == [round(stay.wrap_up or 0, 3) for stay in found]


def test_no_wrap_up_is_one_of_nothing() -> None:
    """Where the consultant's states are on record; else it is unknown."""
    stays = (answered(0, 100, agent="1"), answered(0, 100, agent="2"), left("abandoned", 3))
    found = with_wrap_ups(stays, spells(changes("1", (0, "on_call"), (100, "available")), later(200)))
    assert [0.0, None, None] == [stay.wrap_up for stay in found]


def test_another_consultants_wrap_up_is_not_mixed_in() -> None:
    """They end at the same time."""
    stays = (answered(0, 100, agent="1"), answered(0, 100, agent="2"))
    course = changes("1", (100, "wrap_up"), (110, "available")) + changes("2", (100, "wrap_up"), (140, "available"))
    assert [10.0, 40.0] == [stay.wrap_up for stay in with_wrap_ups(stays, spells(course, later(500)))]


@given(courses, courses)
def test_a_consultant_is_in_one_state_at_a_time(one: list[tuple[float, str]], two: list[tuple[float, str]]) -> None:
    """All spells together are as long as the time since each one's first change."""
    known = spells([*changes("1", *one), *changes("2", *two)], later(2000))
    since = [2000 - min(seconds for seconds, _ in course) for course in (one, two) if course]
    assert sum(since) == sum(spell.period.seconds for spell in known)


@given(courses)
def test_occupancy_is_a_share(course: list[tuple[float, str]]) -> None:
    """Between none and all."""
    found = occupancy(spells(changes("1", *course), later(2000)), WHOLE)
    assert found is None or 0 <= found <= 1
