"""How long something is kept: through the same date so many years or months after it ended, or through so many days.

Terms in years or months end with the day that has the date of their first one; where that day does not exist (29
February, the 31st), with the last of the month. Terms in days end with the last of so many days after the first one
(art. 111 and 112 of the Polish civil code). Days are those of the service's time zone. Nothing here knows a clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

YEARS = 3
LONGEST_YEARS = 50
MONTHS_A_YEAR = 12

_TERM = re.compile(r"([1-9][0-9]{0,4}) (day|month|year)s?")


class Unit(StrEnum):
    """What a term is counted in."""

    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"

    @property
    def most(self) -> int:
        """How many of them the longest term has."""
        match self:
            case Unit.DAYS:
                return LONGEST_YEARS * 365
            case Unit.MONTHS:
                return LONGEST_YEARS * MONTHS_A_YEAR
            case Unit.YEARS:
                return LONGEST_YEARS


@dataclass(frozen=True, slots=True)
class Term:
    """How long something is kept. Raises ValueError for no time, and for more than LONGEST_YEARS."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        if not 0 < self.count <= self.unit.most:
            raise ValueError(f"a term is 1 to {self.unit.most} {self.unit}")

    def __str__(self) -> str:
        return f"{self.count} {self.unit.removesuffix('s') if self.count == 1 else self.unit}"

    def last_day(self, first: date) -> date:
        """The last day on which something is kept that ended on the day `first`."""
        if self.unit is Unit.DAYS:
            return first + timedelta(days=self.count)
        last = _month(first, self._months)
        return last + timedelta(days=min(first.day, _days_of(last)) - 1)

    def first_kept(self, today: date) -> date:
        """The earliest day of which what ended then is still kept today: all that ended before it is due."""
        if self.unit is Unit.DAYS:
            return today - timedelta(days=self.count)
        month = _month(today, -self._months)
        # What ended in the last days of a shorter month has its last day before today's date.
        return month + timedelta(days=min(today.day - 1, _days_of(month)))

    @property
    def _months(self) -> int:
        return self.count * (MONTHS_A_YEAR if self.unit is Unit.YEARS else 1)


def parse_term(text: str) -> Term:
    """A term in words: "3 years", "18 months", "1 day". Raises ValueError."""
    found = _TERM.fullmatch(text)
    if found is None:
        raise ValueError('a term looks like "90 days", "18 months" or "3 years"')
    return Term(int(found[1]), Unit(f"{found[2]}s"))


def due_before(term: Term, today: date, zone: tzinfo) -> datetime:
    """The midnight before which all has ended that is due on that day."""
    return datetime.combine(term.first_kept(today), time(), zone)


def keep_until(ended_at: datetime, years: int, zone: tzinfo) -> date:
    """The last day on which a recording is kept whose conversation ended then. Raises ValueError for no years."""
    if ended_at.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return Term(years, Unit.YEARS).last_day(business_date(ended_at, zone))


def business_date(at: datetime, zone: tzinfo) -> date:
    """The day of the service's calendar on which a moment lies."""
    return at.astimezone(zone).date()


def policy(purpose: str, years: int) -> str:
    """The rule in words, as it stands with each recording and its tombstone."""
    return f"{purpose}: {Term(years, Unit.YEARS)}"


def _month(day: date, months: int) -> date:
    """The first of the month so many months on."""
    number = day.year * MONTHS_A_YEAR + day.month - 1 + months
    return date(number // MONTHS_A_YEAR, number % MONTHS_A_YEAR + 1, 1)


def _days_of(month: date) -> int:
    """How many days the month has that begins on that day."""
    return ((month + timedelta(days=31)).replace(day=1) - month).days
