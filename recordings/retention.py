"""How long a recording is kept: through the whole of the same date so many years after the conversation ended.

Terms in years end with the day that has the date of their first one; where that day does not exist (29 February), with
the last of the month (art. 112 of the Polish civil code). Days are those of the service's time zone. Nothing here knows
a clock.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

YEARS = 3
LONGEST_YEARS = 50


def keep_until(ended_at: datetime, years: int, zone: tzinfo) -> date:
    """The last day on which a recording is kept whose conversation ended then. Raises ValueError for no years."""
    if not 0 < years <= LONGEST_YEARS:
        raise ValueError(f"a recording is kept for 1 to {LONGEST_YEARS} years")
    if ended_at.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    ended_on = ended_at.astimezone(zone).date()
    last = ended_on.replace(day=1, year=ended_on.year + years)
    return last + timedelta(days=min(ended_on.day, _days_of(last)) - 1)


def _days_of(month: date) -> int:
    """How many days the month has that begins on that day."""
    return ((month + timedelta(days=31)).replace(day=1) - month).days


def business_date(at: datetime, zone: tzinfo) -> date:
    """The day of the service's calendar on which a moment lies."""
    return at.astimezone(zone).date()


def policy(purpose: str, years: int) -> str:
    """The rule in words, as it stands with each recording and its tombstone."""
    return f"{purpose}: {years} {'year' if years == 1 else 'years'}"
