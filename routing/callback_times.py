"""When a caller who asked to be called back is called: in opening hours only, and not for ever. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from routing.hours import Hours

# After a try that was not answered, so long until the next one; there is one try more than entries.
PAUSES = (timedelta(minutes=15), timedelta(hours=1))
# A line that left its queue without a consultant (none was there any more) stands there again after so long.
AGAIN = timedelta(minutes=1)
# How far ahead an opening is looked for, and how exactly.
HORIZON = timedelta(days=30)
STEP = timedelta(minutes=1)
# No line stands in a queue for so long: further ahead nobody looks for a closing.
LONGEST_LINE = timedelta(days=1)


def first_try(requested_at: datetime, hours: Hours) -> datetime | None:
    """When the callback's turn may come first: at once, or when the queue opens; None if it never does."""
    return _opening(hours, requested_at.astimezone(UTC))


def next_try(tries: int, last_try_at: datetime, hours: Hours, pauses: Sequence[timedelta] = PAUSES) -> datetime | None:
    """When the next try is after `tries` of them, the last of which was at `last_try_at`; None after the last one."""
    if tries > len(pauses):
        return None
    # Added to a local time, a pause would be another one on the nights on which clocks change.
    return _opening(hours, last_try_at.astimezone(UTC) + pauses[tries - 1])


def in_line_again(left_at: datetime, hours: Hours) -> datetime | None:
    """When somebody who left the queue at `left_at`, without a try, stands there again."""
    return _opening(hours, left_at.astimezone(UTC) + AGAIN)


def open_until(at: datetime, hours: Hours) -> datetime:
    """The closing that follows `at`, though at most a day ahead; `at` itself outside the opening hours."""
    at = at.astimezone(UTC)
    if not hours.is_open(at):
        return at
    minute = at.replace(second=0, microsecond=0) + STEP
    while minute < at + LONGEST_LINE and hours.is_open(minute):
        minute += STEP
    return minute


def _opening(hours: Hours, at: datetime) -> datetime | None:
    """`at` if it lies in the opening hours, else the first whole minute after it that does."""
    if hours.is_open(at):
        return at
    minute = at.replace(second=0, microsecond=0) + STEP
    while minute <= at + HORIZON:
        if hours.is_open(minute):
            return minute
        minute += STEP
    return None
