"""Processor time: what a process and its children used, and what others on the machine did meanwhile."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import TypeVar

import psutil

T = TypeVar("T")

# Cores' worth of work of others, from which on a measurement is disturbed.
DISTURBING = 0.25
MOST_TRIES = 3


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds within `seconds` of time: by part, and of everything on the machine that is no part of ours.

    Much use elsewhere means that the measurement was disturbed.
    """

    seconds: float
    parts: Mapping[str, float]
    elsewhere: float

    @property
    def disturbance(self) -> float:
        """Cores' worth of work that others did meanwhile."""
        return self.elsewhere / self.seconds if self.seconds else 0.0


@dataclass(slots=True)
class Repeats:
    """Measures again what others on the machine have disturbed, so many times in all.

    What came out plays no part: of several measurements the least disturbed one counts.
    """

    left: int

    def measure(self, measured: Callable[[], T], usage: Callable[[T], Usage]) -> T:
        """Measure until nobody disturbs it, a bounded number of times."""
        best, tries = measured(), 1
        while usage(best).disturbance > DISTURBING and self.left and tries < MOST_TRIES:
            self.left, tries = self.left - 1, tries + 1
            best = min(best, measured(), key=lambda made: usage(made).disturbance)
        return best


@dataclass(frozen=True, slots=True)
class Meter:
    """Readings at one moment; `since` tells what came on top of an earlier one."""

    at: float
    parts: Mapping[str, float]
    ours: float
    machine: float

    @classmethod
    def read(cls, processes: Mapping[str, int]) -> Meter:
        """Read the processes (by part, as process ids), this process and the whole machine."""
        parts = {part: tree_seconds(pid) for part, pid in processes.items()}
        return cls(monotonic(), parts, _here() + sum(parts.values()), _machine())

    def since(self, earlier: Meter) -> Usage:
        """What was used between the two readings."""
        parts = {part: used - earlier.parts[part] for part, used in self.parts.items()}
        elsewhere = (self.machine - earlier.machine) - (self.ours - earlier.ours)
        return Usage(self.at - earlier.at, parts, max(0.0, elsewhere))


def tree_seconds(pid: int) -> float:
    """Processor seconds of a process, its living descendants, and the dead ones that were waited for."""
    root = psutil.Process(pid)
    return sum(_seconds(process) for process in (root, *root.children(recursive=True)))


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def _here() -> float:
    """This process and the children that it has waited for."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _machine() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))
