"""The figures of a day: of every topic, and of the whole service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from routing.reporting.days import Period
from routing.reporting.figures import Figures, Thresholds, figures
from routing.reporting.measures import share
from routing.reporting.records import Change, Contact, Stay
from routing.reporting.staffing import occupancy, spells, with_wrap_ups


@dataclass(frozen=True, slots=True)
class TopicDay:
    """A topic (or a queue, where figures are by queue) on one day."""

    day: date
    name: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class WholeDay:
    """The service on one day.

    `calls` are those that began that day and are over; `contained` of them, see Contact. Occupancy is of consultants
    whose states are on record, None where there are none.
    """

    day: date
    figures: Figures
    topics: tuple[TopicDay, ...]
    occupancy: float | None
    calls: int
    contained: int
    containment: float | None


@dataclass(frozen=True, slots=True)
class Records:
    """What is on record of one day: stays that began in it, changes of states around it, calls that began in it."""

    stays: Sequence[Stay] = ()
    changes: Sequence[Change] = ()
    contacts: Sequence[Contact] = ()


def by_topic(stay: Stay) -> str:
    """What the caller chose; empty where the dialplan alone led to the queue."""
    return stay.topic


def by_queue(stay: Stay) -> str:
    """The group that was to answer."""
    return stay.queue


def whole_day(
    day: date,
    period: Period,
    now: datetime,
    records: Records,
    thresholds: Thresholds,
    group: Callable[[Stay], str] = by_topic,
) -> WholeDay:
    """The figures of the day that is this period, as far as it has come."""
    known = spells(records.changes, now)
    stays = with_wrap_ups(records.stays, known)
    contained = sum(contact.is_contained for contact in records.contacts)
    return WholeDay(
        day,
        figures(stays, thresholds),
        tuple(TopicDay(day, name, figures(own, thresholds)) for name, own in _grouped(stays, group)),
        occupancy(known, Period(period.start, min(period.end, now))),
        len(records.contacts),
        contained,
        share(contained, len(records.contacts)),
    )


def _grouped(stays: Iterable[Stay], group: Callable[[Stay], str]) -> list[tuple[str, list[Stay]]]:
    found: dict[str, list[Stay]] = defaultdict(list)
    for stay in stays:
        found[group(stay)].append(stay)
    return sorted(found.items())
