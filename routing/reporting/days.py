"""The service's days: from midnight to midnight where it is, 23 or 25 hours long when clocks change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` until just before `end`."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """How long it is; never less than nothing."""
        return max(0.0, (self.end - self.start).total_seconds())

    def holds(self, at: datetime) -> bool:
        """Whether the moment lies in it."""
        return self.start <= at < self.end

    def within(self, other: Period) -> Period:
        """What of it lies in the other one; it may be empty."""
        return Period(max(self.start, other.start), min(self.end, other.end))


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The day that a moment belongs to."""
    return at.astimezone(zone).date()


def period_of(first: date, last: date, zone: ZoneInfo) -> Period:
    """From the midnight that begins the first day to the one that ends the last, in UTC."""
    return Period(_midnight(first, zone), _midnight(last + timedelta(days=1), zone))


def days(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last."""
    return (first + timedelta(days=count) for count in range((last - first).days + 1))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
