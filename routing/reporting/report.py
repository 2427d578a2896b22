"""The figures of a day: of every topic, and of the whole service."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from routing.reporting.days import Period
from routing.reporting.figures import Figures, Thresholds, figures
from routing.reporting.measures import share
from routing.reporting.records import Change, Contact, Promise, Stay
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
    """What is on record of one day: what began in it (stays, calls, promises), and changes of states around it."""

    stays: Sequence[Stay] = ()
    changes: Sequence[Change] = ()
    contacts: Sequence[Contact] = ()
    promises: Sequence[Promise] = ()


Grouped = Stay | Promise


def by_topic(one: Grouped) -> str:
    """What the caller chose; empty where the dialplan alone led to the queue."""
    return one.topic


def by_queue(one: Grouped) -> str:
    """The group that was to answer."""
    return one.queue


def whole_day(
    day: date,
    period: Period,
    now: datetime,
    records: Records,
    thresholds: Thresholds,
    group: Callable[[Grouped], str] = by_topic,
) -> WholeDay:
    """The figures of the day that is this period, as far as it has come."""
    known = spells(records.changes, now)
    stays = with_wrap_ups(records.stays, known)
    contained = sum(contact.is_contained for contact in records.contacts)
    return WholeDay(
        day,
        figures(stays, thresholds, records.promises),
        tuple(_topics(day, stays, records.promises, thresholds, group)),
        occupancy(known, Period(period.start, min(period.end, now))),
        len(records.contacts),
        contained,
        share(contained, len(records.contacts)),
    )


def _topics(
    day: date,
    stays: Sequence[Stay],
    promises: Sequence[Promise],
    thresholds: Thresholds,
    group: Callable[[Grouped], str],
) -> Iterator[TopicDay]:
    everything: tuple[Grouped, ...] = (*stays, *promises)
    for name in sorted({group(one) for one in everything}):
        own = [stay for stay in stays if group(stay) == name]
        promised = [promise for promise in promises if group(promise) == name]
        yield TopicDay(day, name, figures(own, thresholds, promised))
