"""How often PINs may be guessed. Pure.

Of an identifier two attempts that fail one after another are free. From the third on each is followed by a wait, the
next one longer, up to an hour; a success ends it. What is refused meanwhile lengthens nothing, so that whoever suffers
from somebody else's guesses gets in after the wait that they were told, and a day of guessing is some thirty guesses.

Of a caller's number, and of the whole service, a token bucket allows so many attempts, whatever identifiers they are
at. It is kept as the moment at which it is full again (the virtual scheduling of the generic cell rate algorithm, ITU-T
I.371, annex A).

A clock that is set back would make a wait look as long as it was set back by. So a moment that lies too far ahead is
moved to where it can be at most, and kept so: a wait begins anew by that clock, once, and no earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FREE_FAILURES = 2
WAITS = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 600, 3600))

_AT_ONCE = timedelta()
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Failures:
    """Attempts at an identifier, one after another, that were let through and not known to be right.

    How many, and when the last one was let through.
    """

    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Bucket:
    """So many attempts at once, and one more each `refill`."""

    capacity: int
    refill: timedelta

    @property
    def emptiness(self) -> timedelta:
        """In how long an empty one is full."""
        return self.capacity * self.refill


@dataclass(frozen=True, slots=True)
class Limits:
    """The buckets of each caller's number and of the whole service."""

    caller: Bucket = Bucket(20, timedelta(minutes=1))
    service: Bucket = Bucket(300, timedelta(seconds=1))


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known when an attempt is made: of its identifier, and when the two buckets are full again."""

    failures: Failures | None
    caller: datetime
    service: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """In how many `seconds` the attempt may be made, 0 if it is let through; and what is known from then on."""

    seconds: int
    standing: Standing


def decide(limits: Limits, known: Standing, now: datetime) -> Decision:
    """Whether an attempt may be looked at. What is let through counts as a failure until it is known to be right."""
    standing = Standing(
        None if known.failures is None else _failures_by(known.failures, now),
        _full_by(limits.caller, known.caller, now),
        _full_by(limits.service, known.service, now),
    )
    wait = max(
        _rest(standing.failures, now),
        _until_token(limits.caller, standing.caller, now),
        _until_token(limits.service, standing.service, now),
    )
    if wait > _AT_ONCE:
        return Decision(-(-wait // _SECOND), standing)
    return Decision(
        0,
        Standing(
            Failures(1 + (standing.failures.count if standing.failures else 0), now),
            max(standing.caller, now) + limits.caller.refill,
            max(standing.service, now) + limits.service.refill,
        ),
    )


def wait_after(failures: int) -> timedelta:
    """How long nobody may try after so many failures."""
    if failures <= FREE_FAILURES:
        return _AT_ONCE
    return WAITS[min(failures - FREE_FAILURES, len(WAITS)) - 1]


def _failures_by(failures: Failures, now: datetime) -> Failures:
    return Failures(failures.count, min(failures.last_at, now))


def _full_by(bucket: Bucket, full_at: datetime, now: datetime) -> datetime:
    return min(full_at, now + bucket.emptiness)


def _rest(failures: Failures | None, now: datetime) -> timedelta:
    """What is left of the wait after the last failure."""
    return _AT_ONCE if failures is None else failures.last_at + wait_after(failures.count) - now


def _until_token(bucket: Bucket, full_at: datetime, now: datetime) -> timedelta:
    return full_at + bucket.refill - bucket.emptiness - now
