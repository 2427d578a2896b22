"""How recordings are kept and taken in: what was measured of it, against what was aimed at, for people and programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from statistics import median

from bench.figures import Aim
from bench.keeping import Keeping, Night
from bench.machine import Machine
from bench.report import MISSING, Row, about, aim_table, aligned, markdown, number, rounded
from bench.taking_in import Intake
from recordings.encoding import FORMATS

MOST_AGAINST_FIND = 4.0
MOST_GROWTH = 1.25
MOST_MEMORY_MB = 100
MOST_MEMORY_GROWTH = 1.1
MB = 1e6


@dataclass(frozen=True, slots=True)
class RecordingsReport:
    """One run: when, on what, and what came out. A quick one is less exact."""

    at: datetime
    machine: Machine
    keeping: Keeping
    intake: Intake
    quick: bool


def aims(keeping: Keeping, intake: Intake) -> tuple[Aim, ...]:
    """Compare a run with what was aimed at."""
    least, most = keeping.sizes[0], keeping.sizes[-1]
    per = f"{most:,} kept"
    return (
        Aim(
            f"CPU to destroy a recording, {per}, against a file by find", MOST_AGAINST_FIND, keeping.cpu_ratio, "times"
        ),
        Aim("the same, by the clock", MOST_AGAINST_FIND, keeping.clock_ratio, "times"),
        Aim(f"the same CPU, against {least:,} kept", MOST_GROWTH, keeping.growth, "times"),
        Aim("memory of the retention job, the most", MOST_MEMORY_MB, keeping.memory / MB, "MB"),
        Aim("memory to take in two hours, against ten minutes", MOST_MEMORY_GROWTH, intake.memory_growth, "times"),
    )


def as_json(report: RecordingsReport) -> str:
    """All of it."""
    whole = {
        "at": report.at.isoformat(timespec="seconds"),
        "quick": report.quick,
        "machine": asdict(report.machine),
        "aims": [{**asdict(aim), "met": aim.met} for aim in aims(report.keeping, report.intake)],
        "keeping": asdict(report.keeping),
        "intake": asdict(report.intake),
    }
    return json.dumps(rounded(whole), indent=1) + "\n"


def as_markdown(report: RecordingsReport) -> str:
    """What README shows."""
    return "\n\n".join(_parts(report, markdown)) + "\n"


def as_text(report: RecordingsReport) -> str:
    """What a terminal shows."""
    return "\n\n".join(_parts(report, aligned))


def written(report: RecordingsReport) -> tuple[str, str, str]:
    """It for a terminal, in Markdown and as JSON."""
    return as_text(report), as_markdown(report), as_json(report)


def _parts(report: RecordingsReport, table: Callable[[list[Row]], str]) -> list[str]:
    keeping, intake = report.keeping, report.intake
    return [
        about(report.at, report.machine, quick=report.quick),
        table(aim_table(aims(keeping, intake))),
        table(keeping_rows(keeping)),
        _of_keeping(keeping),
        table(intake_rows(intake)),
        _of_intake(intake),
    ]


def keeping_rows(keeping: Keeping) -> list[Row]:
    """Each size of the catalogue."""
    heading = ("recordings kept", "CPU a recording", "find, a file", "by the clock", "find", "of it start", "memory")
    kinds = [(size, cold) for size in keeping.sizes for cold in (False, True) if keeping.of_size(size, cold=cold)]
    return [heading, *(_night_row(size, keeping.of_size(size, cold=cold)) for size, cold in kinds)]


def _night_row(size: int, nights: tuple[Night, ...]) -> Row:
    def middle(value: Callable[[Night], float]) -> str:
        return f"{number(1e6 * median(value(night) / night.due for night in nights))} µs"

    return (
        f"{size:,}{', nothing in memory' if nights[0].cold else ''}",
        middle(lambda night: night.own_cpu),
        middle(lambda night: night.find.processor),
        middle(lambda night: night.own_seconds),
        middle(lambda night: night.find.seconds),
        f"{number(median(night.idle.processor for night in nights))} s",
        f"{number(max(night.job.memory for night in nights) / MB)} MB",
    )


def intake_rows(intake: Intake) -> list[Row]:
    """Each format, and sox."""
    rows = [(format, _pace(intake.pace(format))) for format in FORMATS]
    peer = None if intake.peer is None else intake.seconds / intake.peer.processor
    return [
        ("sound is kept as", "seconds of sound per second of CPU"),
        *rows,
        ("(sox joins and measures)", _pace(peer)),
    ]


def _pace(value: float | None) -> str:
    return MISSING if value is None else number(value)


def _of_keeping(keeping: Keeping) -> str:
    night = keeping.nights[-1]
    return (
        f"One night's {night.due:,} recordings are destroyed by `retention_job.py --once`: key, sealed file, "
        f"row, part and tombstone, each step on the disk before the next. Beside it in the same minute "
        f"`find -mtime +1095 -delete` deletes {night.due:,} of {10 * night.due:,} files, as large as sealed ones, in "
        f"folders like the archive's. "
        f"Catalogue and keys are SQLite's, with as many rows as told and files for those that are due. Before either "
        f"everything was synced and in the page cache as it was written, save where nothing was in memory. What an "
        f"idle run costs (starting Python) is told apart and is no part of a recording's cost."
    )


def _of_intake(intake: Intake) -> str:
    lengths = intake.lengths
    peer = "" if intake.peer else " sox is not there to compare with."
    return (
        f"{lengths.conversations} conversations of {lengths.typical // 60} minutes in two files each, noise by turns "
        f"for speech, are joined, measured, sealed and entered by `centrala recordings intake`; its start is left out. "
        f"Memory: {number(intake.short.memory / MB)} MB for {lengths.short // 60} minutes, "
        f"{number(intake.long.memory / MB)} MB for {lengths.long // 60}.{peer}"
    )
