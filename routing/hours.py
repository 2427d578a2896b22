"""Opening hours: whether a moment lies in them.

Pure but for the public-holiday calendar, which is a table: the `holidays` library computes it per year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

MIDNIGHT_AT_THE_END = time.max
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` until just before `end`, on one day."""

    start: time
    end: time

    def holds(self, moment: time) -> bool:
        """Whether the time of day lies in the span."""
        return self.start <= moment and (self.ends_the_day or moment < self.end)

    @property
    def ends_the_day(self) -> bool:
        """Whether the span lasts until midnight."""
        return self.end == MIDNIGHT_AT_THE_END


@dataclass(frozen=True, slots=True)
class Hours:
    """Spans by weekday (0 = Monday), in a time zone, closed on a country's public holidays."""

    zone: str
    spans: Mapping[int, tuple[Span, ...]]
    country: str | None = None

    def is_open(self, at: datetime) -> bool:
        """Whether the moment `at` (aware) lies in the opening hours."""
        local = at.astimezone(ZoneInfo(self.zone))
        if self.country is not None and is_holiday(self.country, local.date()):
            return False
        return any(span.holds(local.time()) for span in self.spans.get(local.weekday(), ()))


def is_holiday(country: str, day: date) -> bool:
    """Whether the day is a public holiday of the country (ISO 3166-1 code)."""
    return day in _calendar(country, day.year)


def holidays_of(country: str, year: int) -> tuple[date, ...]:
    """The public holidays of a year, in order."""
    return tuple(sorted(_calendar(country, year)))


def known_country(country: str) -> bool:
    """Whether there is a calendar for the country."""
    return country in holidays.list_supported_countries()


@lru_cache(maxsize=64)
def _calendar(country: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year).keys())
