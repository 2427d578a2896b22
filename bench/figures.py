"""What was measured, and how it compares with what was aimed at."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bench.crowd import Crowd
from bench.ground import DIALPLAN, SQLITE, TITLES
from bench.keypress import Sample
from bench.load import Outcome
from bench.processor import Usage
from bench.turns import Pace

AIMED_RATE = 100
# Calls a second beside which waiting is judged.
LOADED = 50
MOST_WHOLE_SYSTEM = 1.5
MOST_IVR_MS = 3.0
MOST_P99 = 1.2
MOST_KILOBYTES = 150
LEAST_TURNS = 100_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stage:
    """One rate of calls through one way. `recorded` is how many of them the database says were completed."""

    way: str
    outcome: Outcome
    usage: Usage
    recorded: int | None

    @property
    def sustained(self) -> bool:
        """Whether nothing failed and the rate was kept, in the telephone's eyes and in the database's."""
        return self.outcome.sustained and self.recorded in (None, self.outcome.placed)

    def ms_per_call(self, part: str | None = None) -> float:
        """Processor milliseconds per call, of one part or of all."""
        seconds = self.usage.parts.get(part, 0.0) if part else sum(self.usage.parts.values())
        return 1000 * seconds / self.outcome.placed


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

    def stage(self, way: str, rate: int) -> Stage | None:
        """The stage of a way at a rate, if it came to that."""
        return next((stage for stage in self.stages if (stage.way, stage.outcome.rate) == (way, rate)), None)

    def sustained_rate(self, way: str) -> int:
        """The highest rate up to which every one was sustained; 0 if the first one was not."""
        best = 0
        for stage in self.stages:
            if stage.way != way:
                continue
            if not stage.sustained:
                break
            best = stage.outcome.rate
        return best

    def waiting_of(self, way: str, rate: int) -> Waiting | None:
        """The waiting of a way beside a load."""
        return next((found for found in self.waiting if (found.way, found.rate) == (way, rate)), None)


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
    ours, crowd = figures.stage(SQLITE, AIMED_RATE), figures.crowd
    whole = _ratio(ours, figures.stage(DIALPLAN, AIMED_RATE), Stage.ms_per_call)
    ivr = ours.ms_per_call("ivr") if ours else None
    p99 = _ratio(figures.waiting_of(SQLITE, LOADED), figures.waiting_of(DIALPLAN, LOADED), lambda found: found.p99)
    return (
        Aim("CPU of the whole system, against the dialplan's", MOST_WHOLE_SYSTEM, whole, "times"),
        Aim("CPU of the IVR per call", MOST_IVR_MS, ivr, "ms"),
        Aim("calls set up without failure", AIMED_RATE, figures.sustained_rate(SQLITE), "a second", at_least=True),
        Aim("p99 from key to next prompt, against the dialplan's", MOST_P99, p99, "times"),
        Aim(f"memory per call, {crowd.calls:,} at once", MOST_KILOBYTES, crowd.rss_per_call, "KB"),
        Aim("turns of the flow on one core", LEAST_TURNS, figures.pace.per_second, "a second", at_least=True),
    )


def _ratio(one: T | None, other: T | None, value: Callable[[T], float]) -> float | None:
    return value(one) / value(other) if one is not None and other is not None else None


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
