"""Destroying one day's recordings out of millions, beside `find -delete` over as many files.

The catalogue grows in one folder; at each size the job destroys what one day brought, and `find` deletes as many old
files of a folder that is laid out as the archive, one after the other, several days over. Both find in memory what was
written before (it is synced to the disk), unless `cold` says that the caches were emptied before either.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from bench import program
from bench.filling import Stock, add_old_files, add_peers_files
from bench.program import Cost, ProgramError

JOB = Path("retention_job.py")
FIRST_NIGHT = date(2026, 1, 2)
KEPT_FROM = FIRST_NIGHT + timedelta(days=60)
FIND_DAYS = 1095
OLD_SECONDS = (FIND_DAYS + 5) * 86400
OF_ALL = 10
"""Of so many files in the folders one is old."""
CACHES = Path("/proc/sys/vm/drop_caches")


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes of the catalogue, how many are due a night, and how many nights at each size."""

    sizes: tuple[int, ...]
    due: int
    nights: int


@dataclass(frozen=True, slots=True)
class Night:
    """What the job and `find` cost on one night: of `kept` recordings so many were due.

    `idle` is the job once more, when there was nothing left to do.
    """

    kept: int
    due: int
    cold: bool
    job: Cost
    idle: Cost
    find: Cost

    @property
    def own_cpu(self) -> float:
        """Processor seconds of the job for what was due: without starting."""
        return self.job.processor - self.idle.processor

    @property
    def own_seconds(self) -> float:
        """Seconds by the clock for what was due."""
        return self.job.seconds - self.idle.seconds


@dataclass(frozen=True, slots=True)
class Keeping:
    """All nights."""

    nights: tuple[Night, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes of the catalogue, the smallest first."""
        return tuple(sorted({night.kept for night in self.nights}))

    def of_size(self, kept: int, *, cold: bool = False) -> tuple[Night, ...]:
        """The nights with so many recordings."""
        return tuple(night for night in self.nights if (night.kept, night.cold) == (kept, cold))

    @property
    def cpu_ratio(self) -> float:
        """How many times as much CPU as `find`'s the job's is, at the largest size; the median of its nights."""
        return median(night.own_cpu / night.find.processor for night in self.of_size(self.sizes[-1]))

    @property
    def clock_ratio(self) -> float:
        """The same of seconds by the clock."""
        return median(night.own_seconds / night.find.seconds for night in self.of_size(self.sizes[-1]))

    @property
    def growth(self) -> float:
        """How many times as much CPU the job takes at the largest size as at the smallest."""
        least, most = (median(one.own_cpu for one in self.of_size(self.sizes[end])) for end in (0, -1))
        return most / least

    @property
    def memory(self) -> int:
        """The most memory that the job ever had, in bytes."""
        return max(night.job.memory for night in self.nights)


def measure(folder: Path, scale: Scale, say: Callable[[str], None]) -> Keeping:
    """Fill a folder and destroy what is due, size by size. Raises ProgramError, OSError, sqlite3.Error.

    It takes about 1.6 KB of disk for each recording.
    """
    stock, peer = Stock(folder / "home", KEPT_FROM), folder / "peer"
    stock.make()
    others = scale.due * (OF_ALL - 1)
    stock.add_files(others)
    add_peers_files(peer, others)
    nights: list[Night] = []
    kept = 0
    for size in scale.sizes:
        say(f"Filling the catalogue up to {size:,} recordings ...")
        stock.grow(size - kept)
        kept = size
        # The last one with nothing in memory, at the largest size.
        colds = [False] * scale.nights + [True] * (size == scale.sizes[-1] and os.access(CACHES, os.W_OK))
        for cold in colds:
            today = FIRST_NIGHT + timedelta(days=len(nights))
            nights.append(_night(stock, peer, (size, scale.due), today, cold))
            _check(stock, peer, scale.due, len(nights))
            say(_line(nights[-1]))
    return Keeping(tuple(nights))


def _night(stock: Stock, peer: Path, sizes: tuple[int, int], today: date, cold: bool) -> Night:
    kept, due = sizes
    stock.add_due(due, today)
    add_old_files(peer, due, time.time() - OLD_SECONDS)
    words = [sys.executable, str(JOB.absolute()), "--once", "--now", f"{today}T03:30"]
    _settle(cold)
    find = program.run([_find(), str(peer), "-mtime", f"+{FIND_DAYS}", "-delete"])
    _settle(cold)
    job = program.run(words, stock.environment)
    idle = program.run(words, stock.environment)
    return Night(kept, due, cold, job, idle, find)


def _settle(cold: bool) -> None:
    """Have everything on the disk and, where it is to be cold, nothing of it in memory."""
    os.sync()
    if cold:
        CACHES.write_text("3")


def _check(stock: Stock, peer: Path, due: int, nights: int) -> None:
    """Both have done what they are measured for. Raises ProgramError."""
    left = sum(1 for _ in peer.glob("??/*"))
    buried = stock.buried()
    if left != due * (OF_ALL - 1) or buried != due * nights:
        raise ProgramError(f"{left} files are left by find, and {buried} tombstones stand after {nights} nights")


def _find() -> str:
    found = shutil.which("find")
    if found is None:
        raise ProgramError("there is no find to compare with: install findutils")
    return found


def _line(night: Night) -> str:
    job, find = (f"{1e6 * seconds / night.due:.0f} us of CPU" for seconds in (night.own_cpu, night.find.processor))
    kind = ", nothing in memory" if night.cold else ""
    waits = f"{night.job.seconds:.1f} s and {night.find.seconds:.1f} s by the clock"
    return f"  {night.kept:12,} kept{kind}: {job} a recording, find {find} a file; {waits}"
