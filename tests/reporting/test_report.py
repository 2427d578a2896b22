"""Days and moments, put together from records."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from routing.reporting.days import period_of
from routing.reporting.figures import Thresholds
from routing.reporting.report import Records, by_queue, whole_day
from routing.reporting.standing import Standing, standing
from tests.reporting.made import NOON, answered, changes, contact, lasting, later, left

DAY = date(2026, 11, 20)
PERIOD = period_of(DAY, DAY, ZoneInfo("Europe/Warsaw"))
THRESHOLDS = Thresholds()


def test_topics_stand_for_themselves_and_the_day_for_all() -> None:
    """Two topics of one queue; by queue they are one."""
    stays = [answered(10, topic="benefits", queue="benefits"), left("abandoned", 60, topic="doctors", queue="benefits")]
    found = whole_day(DAY, PERIOD, later(3600), Records(stays), THRESHOLDS)
    assert [("benefits", 1, 0), ("doctors", 0, 1)] == [
        (topic.name, topic.figures.answered, topic.figures.abandoned) for topic in found.topics
    ]
    assert (2, 0.5) == (found.figures.offered, found.figures.service_level)
    grouped = whole_day(DAY, PERIOD, later(3600), Records(stays), THRESHOLDS, by_queue)
    assert [("benefits", 2)] == [(queue.name, queue.figures.offered) for queue in grouped.topics]


def test_an_empty_day_is_a_day() -> None:
    """It has figures, of nothing."""
    found = whole_day(DAY, PERIOD, NOON, Records(), THRESHOLDS)
    assert ((), 0, None, 0, None) == (
        found.topics,
        found.figures.offered,
        found.occupancy,
        found.calls,
        found.containment,
    )


def test_containment_is_being_informed_and_asking_for_nobody() -> None:
    """Of five calls: one asked, one heard nothing, one broke off through our fault, one was both, one is contained."""
    contacts = [
        contact(informed=True),
        contact(informed=True, asked=True),
        contact(asked=True),
        contact(),
        contact(informed=True, broken=True),
    ]
    found = whole_day(DAY, PERIOD, NOON, Records(contacts=contacts), THRESHOLDS)
    assert (5, 1, 0.2) == (found.calls, found.contained, found.containment)


def test_a_day_that_lasts_is_occupied_as_far_as_it_has_come() -> None:
    """What is still to come is no idle time."""
    records = Records(changes=changes("1", (0, "on_call"), (60, "available")))
    assert 0.5 == whole_day(DAY, PERIOD, later(120), records, THRESHOLDS).occupancy


def test_how_queues_stand() -> None:
    """One waits, one talks; another queue is empty; somebody is in one that is in no menu any more."""
    stays = [lasting(at=later(-90)), lasting(answered_at=later(-10), agent="1201"), lasting(queue="gone")]
    queues = {"pensions": ("1201", "1202"), "payers": ("1501",)}
    states = {"1201": "on_call", "1501": "available"}
    assert (
        Standing("pensions", 1, 90.0, 1, {"on_call": 1, "unknown": 1}),
        Standing("payers", 0, 0.0, 0, {"available": 1}),
        Standing("gone", 1, 0.0, 0, {}),
    ) == standing(queues, stays, states, NOON)
