"""What was measured, and how it compares with what was aimed at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.crowd import Crowd
from bench.distribution import Distribution
from bench.ground import DIALPLAN, SQLITE, TITLES
from bench.keypress import HELD_MS, Sample
from bench.load import AT_EASE, BRIEFLY, Load, Outcome
from bench.processor import Usage
from bench.promises import Promises
from bench.turns import Pace
from routing import estimates

AIMED_RATE = 100
# Calls a second beside which waiting is judged, and at which callers listen at ease.
LOADED = 50
EASY_RATE = 30
MOST_WHOLE_SYSTEM = 1.5
MOST_IVR_MS = 3.0
MOST_P99 = 1.2
MOST_KILOBYTES = 150
LEAST_TURNS = 100_000


@dataclass(frozen=True, slots=True)
class Stage:
    """One rate of calls through one way. `recorded` is how many of them the database says were completed."""

    way: str
    outcome: Outcome
    usage: Usage
    recorded: int | None

    @property
    def load(self) -> Load:
        """What was placed."""
        return self.outcome.load

    @property
    def sustained(self) -> bool:
        """Whether nothing failed and the rate was kept, in the telephone's eyes and in the database's."""
        return self.outcome.sustained and self.recorded in (None, self.load.calls)

    def ms_per_call(self, part: str | None = None) -> float:
        """Processor milliseconds per call, of one part or of all."""
        seconds = self.usage.parts.get(part, 0.0) if part else sum(self.usage.parts.values())
        return 1000 * seconds / self.load.calls


@dataclass(frozen=True, slots=True)
class Waiting:
    """Milliseconds from a key to the next prompt through one way, beside `rate` calls a second of load."""

    way: str
    rate: int
    calls: int
    failed: int
    p50: float
    p99: float
    longest: float


@dataclass(frozen=True, slots=True)
class Figures:
    """All of one run."""

    stages: tuple[Stage, ...]
    waiting: tuple[Waiting, ...]
    crowd: Crowd
    pace: Pace
    distribution: Distribution | None = None
    promises: Promises | None = None

    def ms_per_call(self, way: str, part: str | None = None, *, at_ease: bool = False) -> float | None:
        """Processor milliseconds per call, the median of all rounds; None where there is nothing to tell.

        It is told at the aimed rate, or of callers who listen at ease.
        """
        sought = (way, EASY_RATE, AT_EASE) if at_ease else (way, AIMED_RATE, BRIEFLY)
        rounds = [stage for stage in self.stages if (stage.way, stage.load.rate, stage.load.listens) == sought]
        if not rounds or (part and part not in rounds[0].usage.parts):
            return None
        return median(stage.ms_per_call(part) for stage in rounds)

    def sustained_rate(self, way: str) -> int:
        """The highest rate up to which every round of every rate was sustained; 0 if the lowest one was not."""
        rounds = self.climb(way)
        failed = {stage.load.rate for stage in rounds if not stage.sustained}
        good = (stage.load.rate for stage in rounds if stage.load.rate < min(failed, default=math.inf))
        return max(good, default=0)

    def climb(self, way: str) -> tuple[Stage, ...]:
        """The stages that look for the highest rate."""
        return tuple(stage for stage in self.stages if stage.way == way and stage.load.listens == BRIEFLY)

    def key_to_prompt(self, way: str, rate: int) -> tuple[float | None, float | None]:
        """Milliseconds from a key to the next prompt beside a load: p50 and p99; None where it was not measured."""
        found = (waits for waits in self.waiting if (waits.way, waits.rate) == (way, rate))
        return next(((waits.p50, waits.p99) for waits in found), (None, None))


@dataclass(frozen=True, slots=True)
class Aim:
    """Something aimed at: in words, its limit and what was measured, with its unit. None: it was not measured."""

    what: str
    limit: float
    measured: float | None
    unit: str = ""
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether it was reached."""
        if self.measured is None:
            return False
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


def aims(figures: Figures) -> tuple[Aim, ...]:
    """Compare a run with what was aimed at."""
    crowd, ivr = figures.crowd, figures.ms_per_call(SQLITE, "ivr")
    hurried = _ratio(figures.ms_per_call(SQLITE), figures.ms_per_call(DIALPLAN))
    easy = _ratio(figures.ms_per_call(SQLITE, at_ease=True), figures.ms_per_call(DIALPLAN, at_ease=True))
    (_, ours), (_, native) = (figures.key_to_prompt(way, LOADED) for way in (SQLITE, DIALPLAN))
    pressed = None if ours is None or native is None else (HELD_MS + ours) / (HELD_MS + native)
    return (
        Aim("CPU of the whole system, against the dialplan's, callers at ease", MOST_WHOLE_SYSTEM, easy, "times"),
        Aim("the same, callers in a hurry", MOST_WHOLE_SYSTEM, hurried, "times"),
        Aim("CPU of the IVR per call", MOST_IVR_MS, ivr, "ms"),
        Aim("calls set up without failure", AIMED_RATE, figures.sustained_rate(SQLITE), "a second", at_least=True),
        Aim("p99 from a key going down to the next prompt, against the dialplan's", MOST_P99, pressed, "times"),
        Aim("the same, from the key coming up", MOST_P99, _ratio(ours, native), "times"),
        Aim(f"memory per call, {crowd.calls:,} at once", MOST_KILOBYTES, crowd.rss_per_call, "KB"),
        Aim("turns of the flow on one core", LEAST_TURNS, figures.pace.per_second, "a second", at_least=True),
        *_of_distribution(figures.distribution),
        *_of_promises(figures.promises),
    )


def _of_distribution(found: Distribution | None) -> tuple[Aim, ...]:
    if found is None:
        return ()
    free = _ratio(*(percentile(gaps, 99) if gaps else None for gaps in (found.ours.gaps, found.bare.gaps)))
    return (
        Aim("calls that ring in the right group", 100, found.right_share, "percent", at_least=True),
        Aim("consultants offered two calls at once", 0, found.offered_two),
        Aim("callers overtaken by a later one who got the only free consultant", 0, found.ours.violations),
        Aim("p99 from a consultant being free to ringing, against a bare queue's", MOST_P99, free, "times"),
    )


def _of_promises(found: Promises | None) -> tuple[Aim, ...]:
    if found is None:
        return ()
    aim = 100 * estimates.AIM
    return (Aim("callers answered within the wait they were told", aim, found.kept_share, "percent", at_least=True),)


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None


def waiting(way: str, rate: int, sample: Sample) -> Waiting:
    """Sum up what callers noticed. Raises ValueError where no call was completed."""
    if not sample.seconds:
        raise ValueError(f"{TITLES[way]}: none of {sample.calls} calls was completed")
    p50, p99 = (1000 * percentile(sample.seconds, share) for share in (50, 99))
    return Waiting(way, rate, sample.calls, sample.failed, p50, p99, 1000 * max(sample.seconds))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` percent of all do not exceed (nearest rank)."""
    rank = math.ceil(share / 100 * len(values))
    return sorted(values)[max(rank, 1) - 1]
