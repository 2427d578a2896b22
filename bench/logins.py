"""How callers log in, and how well guessing is held off: what was measured of it, against what was aimed at."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from auth_pin.limits import Limits
from bench.askers import Crowds
from bench.busy_hour import CALLS_AN_HOUR, Beside
from bench.figures import MOST_P99, Aim, percentile
from bench.guessing import DAY, HOUR, Guesses
from bench.importing import Import, Importing
from bench.keypress import Sample
from bench.machine import Machine
from bench.processor import DISTURBING
from bench.refusals import Refusals
from bench.report import MISSING, Row, about, aim_table, aligned, markdown, number, rounded

MOST_GUESSES = 59
MOST_CROWD_MEMORY = 1.25
MOST_MEMORY_GROWTH = 1.1
MOST_REPEATED = 1.0
MOST_APART = 1.05
MB = 1e6


@dataclass(frozen=True, slots=True)
class Logins:
    """All of it."""

    crowds: Crowds
    hour: tuple[Beside, ...]
    refusals: Refusals
    guesses: tuple[Guesses, ...]
    importing: Importing


@dataclass(frozen=True, slots=True)
class LoginsReport:
    """One run: when, on what, and what came out. A quick one is less exact."""

    at: datetime
    machine: Machine
    logins: Logins
    quick: bool


@dataclass(frozen=True, slots=True)
class Waits:
    """Many waits in milliseconds, summed up."""

    number: int
    p50: float
    p99: float
    longest: float


def waits(milliseconds: Sequence[float]) -> Waits | None:
    """Sum them up; None where there are none."""
    if not milliseconds:
        return None
    p50, p99 = (percentile(milliseconds, share) for share in (50, 99))
    return Waits(len(milliseconds), p50, p99, max(milliseconds))


def aims(logins: Logins) -> tuple[Aim, ...]:
    """Compare a run with what was aimed at."""
    crowds, importing, apart = logins.crowds, logins.importing, logins.refusals.apart
    askers = [one.askers for one in crowds.asking]
    most = max(guesses.most for guesses in logins.guesses)
    crowd = f"memory with {max(askers)} who log in at once, against {min(askers)}"
    many = f"memory to import {importing.many.rows:,} profiles, against {importing.few.rows:,}"
    return (
        Aim("p99 of the others' key to prompt beside the busy hour's logins", MOST_P99, _p99(logins), "times"),
        Aim("guesses let through at one identifier in a day, the most", MOST_GUESSES, most),
        Aim("p50 until unknown and known identifiers are refused, how far apart", MOST_APART, apart, "times"),
        Aim(crowd, MOST_CROWD_MEMORY, crowds.memory_growth, "times"),
        Aim(many, MOST_MEMORY_GROWTH, importing.memory_growth, "times"),
        Aim("time to import them once more, against the first time", MOST_REPEATED, importing.many.repeated, "times"),
    )


def _p99(logins: Logins) -> float | None:
    """How many times as long the others' p99 is beside the busy hour's logins as without any."""
    by_times = {beside.times: waits(beside.others.seconds) for beside in logins.hour}
    without, busy = by_times.get(0), by_times.get(1)
    return None if without is None or busy is None else busy.p99 / without.p99


def written(report: LoginsReport) -> tuple[str, str, str]:
    """It for a terminal, in Markdown and as JSON."""
    parts = (_parts(report, table) for table in (aligned, markdown))
    text, shown = ("\n\n".join(one) for one in parts)
    return text, f"{shown}\n", as_json(report)


def as_json(report: LoginsReport) -> str:
    """All of it, waits summed up."""
    logins = report.logins
    whole = {
        "at": report.at.isoformat(timespec="seconds"),
        "quick": report.quick,
        "machine": asdict(report.machine),
        "aims": [{**asdict(aim), "met": aim.met} for aim in aims(logins)],
        "crowds": asdict(logins.crowds),
        "busy_hour": [_hour_summed_up(beside) for beside in logins.hour],
        "refusals": {"known": _summed_up(logins.refusals.known), "unknown": _summed_up(logins.refusals.unknown)},
        "guesses": [{**asdict(guesses), "mean": guesses.mean} for guesses in logins.guesses],
        "importing": asdict(logins.importing),
    }
    return json.dumps(rounded(whole), indent=1) + "\n"


def _hour_summed_up(beside: Beside) -> dict[str, object]:
    kinds = {"others": beside.others, "logins": beside.logins}
    return {
        "times": beside.times,
        "disturbance_cores": disturbance(beside),
        **{name: {**_summed_up(_ms(kind.seconds)), "failed": kind.failed} for name, kind in kinds.items()},
    }


def _summed_up(milliseconds: Sequence[float]) -> dict[str, object]:
    found = waits(milliseconds)
    return {"number": 0} if found is None else asdict(found)


def disturbance(beside: Beside) -> float:
    """Cores' worth of work that others on the machine did meanwhile, on average."""
    return sum(usage.elsewhere for usage in beside.usages) / (sum(usage.seconds for usage in beside.usages) or 1.0)


def _ms(seconds: Sequence[float]) -> tuple[float, ...]:
    return tuple(1000 * one for one in seconds)


def _parts(report: LoginsReport, table: Callable[[list[Row]], str]) -> list[str]:
    logins = report.logins
    return [
        about(report.at, report.machine, quick=report.quick),
        table(aim_table(aims(logins))),
        table(hour_rows(logins.hour)),
        _of_hour(logins),
        table(crowd_rows(logins.crowds)),
        _of_crowds(logins),
        table(guess_rows(logins.guesses)),
        _of_guesses(),
        table(import_rows(logins.importing)),
        _of_imports(logins.importing),
    ]


def hour_rows(hour: Sequence[Beside]) -> list[Row]:
    """What the others and those who log in notice, beside more and more logins."""
    heading = ("logins", "others' keys", "p50", "p99", "logins timed", "p50", "p99", "the longest", "failed calls")
    return [heading, *(_hour_row(beside) for beside in hour)]


def _hour_row(beside: Beside) -> Row:
    names = {0: "none", 1: "the busy hour's"}
    return (
        names.get(beside.times, f"{beside.times} times as many"),
        *_noticed(beside.others)[:-1],
        *_noticed(beside.logins),
        f"{beside.others.failed + beside.logins.failed:,}",
    )


def _noticed(sample: Sample) -> Row:
    """How many waits, p50, p99 and the longest."""
    found = waits(_ms(sample.seconds))
    if found is None:
        return "0", *[MISSING] * 3
    return f"{found.number:,}", *(f"{number(one)} ms" for one in (found.p50, found.p99, found.longest))


def crowd_rows(crowds: Crowds) -> list[Row]:
    """Each crowd, and hashes alone."""
    heading = ("at once", "database", "logins a second", "memory")
    rows = [
        (f"{one.askers}", one.database, number(one.a_second), f"{number(one.cost.memory / MB)} MB")
        for one in crowds.asking
    ]
    return [heading, *rows, (f"{crowds.at_once}", "(hashes alone)", number(crowds.hashes), MISSING)]


def guess_rows(guesses: Sequence[Guesses]) -> list[Row]:
    """Each attack."""
    heading = (
        "a day of guesses",
        "calls",
        "identifiers",
        "made",
        "let through",
        "at an identifier: mean",
        "the most",
    )
    return [heading, *(_guess_row(one) for one in guesses)]


def _guess_row(found: Guesses) -> Row:
    attack = found.attack
    sizes = f"{attack.calls:,} from {attack.numbers:,} numbers", f"{attack.identifiers:,}"
    counts = f"{found.made:,}", f"{found.let_through:,}", number(found.mean), f"{found.most}"
    return attack.what, *sizes, *counts


def import_rows(importing: Importing) -> list[Row]:
    """Each table."""
    heading = ("profiles imported", "time", "a second", "memory", "once more", "a second", "memory")
    kinds = (importing.few, "hashes"), (importing.many, "hashes"), (importing.pins, "plain PINs")
    return [heading, *(_import_row(one, kind) for one, kind in kinds)]


def _import_row(one: Import, kind: str) -> Row:
    pairs = (one.first, one.a_second), (one.again, one.again_a_second)
    told = ((f"{number(cost.seconds)} s", number(rate), f"{number(cost.memory / MB)} MB") for cost, rate in pairs)
    return f"{one.rows:,} with {kind}", *(cell for cells in told for cell in cells)


def _of_hour(logins: Logins) -> str:
    disturbed = max((disturbance(beside) for beside in logins.hour), default=0.0)
    others = f" Others on the machine used {disturbed:.1f} cores meanwhile." if disturbed > DISTURBING else ""
    return (
        f"A login is from the end of the last digit of a right PIN to the first "
        f"packet of the next prompt, at the caller's telephone; the others are the measured call's keys, of many more "
        f"callers than the {CALLS_AN_HOUR // 2:,} an hour who log in. Who logs in comes by chance. Rounds with and "
        f"without logins took turns.{others}"
    )


def _of_crowds(logins: Logins) -> str:
    known, unknown = (waits(kind) for kind in (logins.refusals.known, logins.refusals.unknown))
    assert known is not None
    assert unknown is not None
    return (
        f"In one process, {logins.crowds.at_once} hashes at a time (`hashes_at_once`), each attempt counted in the "
        f"database before and after; limits on guessing out of the way. Memory is the process's most. A wrong PIN is "
        f"refused in {number(known.p50)} ms (p99 {number(known.p99)} ms) where the identifier is known, in "
        f"{number(unknown.p50)} ms (p99 {number(unknown.p99)} ms) where it is not: {known.number:,} tries of each."
    )


def _of_guesses() -> str:
    service = Limits().service
    most = service.capacity + DAY / service.refill.total_seconds()
    return (
        "The time is told and not waited for; each try is counted by the code and the kind of database that count in a "
        "call. PINs are not hashed, as what is let through hangs on the counting alone. A call has three tries (a "
        "spray's one), and ends when it is told to wait. Patient ones come back when the wait is over that they were "
        f"told, and begin within {HOUR / 60:.0f} minutes. Of {10**6:,} PINs each guess let through tries one. Whatever "
        f"the identifiers, the whole service lets through {most:,.0f} in a day at most."
    )


def _of_imports(importing: Importing) -> str:
    return (
        "`centrala profiles import` with SQLite, starting and making the installation's first key included. Once more: "
        f"the same table, when all of it is known. Plain PINs are hashed, or compared with the hash that is known; "
        f"{importing.pins.rows:,} of them tell the rate."
    )
