"""How long a caller will wait, as a range of minutes that can be promised. Pure.

The caller at place k is answered when the k-th consultant becomes free. While c consultants talk, each conversation
with its wrap-up taking m seconds on average, one of them becomes free every m / c seconds, and the time until the k-th
has a gamma distribution of shape k and scale m / c: exactly so where lengths are exponential, nearly so where several
consultants answer (W. Whitt, Predicting Queueing Delays, Management Science 45, 1999, 870-888). Callers ahead who
give up only shorten the wait.

What is told are the bounds of BOUNDS next to the middle of that distribution that holds SHARE of it, outwards. Its
quantiles are those of E. Wilson and M. Hilferty, The Distribution of Chi-Square, PNAS 17, 1931, 684-688.

The mean is needed and not the median: conversations have a long tail, and it is the mean that work is done by. One
conversation counts at most MOST_MEDIANS times the median, so that a forgotten telephone does not decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import NormalDist, median

# Minutes. A range begins and ends at two of these, or has no end.
BOUNDS = (0, 1, 2, 3, 5, 10, 15, 20, 30, 45, 60)
# Ranges without an end begin at one of these.
OPEN_ENDED = (0, 30, 60)
# Of callers answered within what they are told: what is aimed at. Less of the distribution than that is asked for: the
# bounds around it add their part, even where conversations vary much (tests/property/test_estimates.py).
AIM = 0.8
SHARE = 0.75
MOST_PLACES = 20
MOST_MEDIANS = 5
# A conversation of this length, so many times, is believed before there are any.
ASSUMED_SECONDS = 300.0
ASSUMED_TIMES = 2
MINUTE = 60


@dataclass(frozen=True, slots=True)
class Pace:
    """How a queue is answered: seconds of a conversation with its wrap-up, and how many consultants answer.

    Consultants who answer other queues as well count as the share of their conversations that this queue has.
    """

    handling: float
    consultants: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a caller is told: the place in the queue, and the wait in minutes, from `low` to `high` (None: no end)."""

    place: int
    low: int
    high: int | None

    def holds(self, seconds: float) -> bool:
        """Whether a wait was as it was told."""
        return self.low * MINUTE <= seconds and not self.is_over(seconds)

    def is_over(self, seconds: float) -> bool:
        """Whether it was longer."""
        return self.high is not None and seconds > self.high * MINUTE

    def proved(self, told_at: datetime, answered_at: datetime | None, left_at: datetime | None) -> bool | None:
        """Whether the wait was as it was told: who gave up proves it wrong once it was longer, and nothing before."""
        if answered_at is not None:
            return self.holds((answered_at - told_at).total_seconds())
        if left_at is not None and self.is_over((left_at - told_at).total_seconds()):
            return False
        return None


def handling_time(conversations: Sequence[float], wrap_up: float) -> float:
    """Seconds that a conversation and its wrap-up keep a consultant, from the lengths of recent ones."""
    most = MOST_MEDIANS * median(conversations) if conversations else 0.0
    known = [min(length, most) + wrap_up for length in conversations]
    return (sum(known) + ASSUMED_TIMES * ASSUMED_SECONDS) / (len(known) + ASSUMED_TIMES)


def estimate(place: int, pace: Pace) -> Estimate:
    """What the caller at `place` (1 is the next) is told; the wait is unknown where nobody answers."""
    if pace.consultants <= 0:
        return Estimate(place, 0, None)
    scale = pace.handling / pace.consultants / MINUTE
    tail = (1 - SHARE) / 2
    least, most = _quantile(place, scale, tail), _quantile(place, scale, 1 - tail)
    if most > BOUNDS[-1]:
        return Estimate(place, max(bound for bound in OPEN_ENDED if bound <= least), None)
    low = max(bound for bound in BOUNDS if bound <= least)
    return Estimate(place, low, min(bound for bound in BOUNDS if bound >= most and bound > low))


def _quantile(shape: float, scale: float, share: float) -> float:
    """Of the gamma distribution, by Wilson and Hilferty."""
    spread = 1 / (9 * shape)
    root = 1 - spread + NormalDist().inv_cdf(share) * spread**0.5
    positive: float = max(root, 0.0)
    return scale * shape * positive * positive * positive


def ranges() -> tuple[tuple[int, int | None], ...]:
    """Every range that can be told, the shortest waits first."""
    ended = [(low, high) for low in BOUNDS for high in BOUNDS if low < high]
    return (*ended, *((low, None) for low in OPEN_ENDED))


def nearer(told: Estimate | None, now: Estimate) -> bool:
    """Whether the place is news, and good ones, to a caller who was told that; far places are all alike."""
    return told is None or now.place < min(told.place, MOST_PLACES + 1)


def shorter(told: Estimate | None, now: Estimate) -> bool:
    """Whether the wait is news, and good ones: it is sure to end earlier than the caller was told."""
    if told is None:
        return True
    return now.high is not None and (told.high is None or now.high < told.high) and now.low <= told.low


def after_telling(told: Estimate | None, now: Estimate) -> Estimate:
    """What the caller knows once the news are told: a wait that has not become shorter is not spoken of."""
    heard = now if told is None or shorter(told, now) else told
    return Estimate(now.place, heard.low, heard.high)
