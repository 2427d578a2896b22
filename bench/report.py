"""A run for people (tables in a terminal and in Markdown) and for programs (JSON)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from bench.centre import PROMISED_AGENTS
from bench.distribution import Distribution, Flood
from bench.figures import AIMED_RATE, EASY_RATE, LOADED, Aim, Figures, aims, percentile
from bench.ground import TITLES
from bench.keypress import HELD_MS
from bench.load import AT_EASE, BRIEFLY
from bench.machine import Machine
from bench.processor import DISTURBING
from bench.promises import Promises

Row = tuple[str, ...]

MISSING = "-"


@dataclass(frozen=True, slots=True)
class Report:
    """One run: when, on what, and what came out. A quick one is less exact."""

    at: datetime
    machine: Machine
    figures: Figures
    quick: bool

    @property
    def disturbance(self) -> float:
        """Cores' worth of work that others did, on average, while calls were measured."""
        usages = [stage.usage for stage in self.figures.stages]
        return sum(usage.elsewhere for usage in usages) / (sum(usage.seconds for usage in usages) or 1.0)


def as_json(report: Report) -> str:
    """All of it."""
    figures = report.figures
    whole = {
        "at": report.at.isoformat(timespec="seconds"),
        "quick": report.quick,
        "machine": asdict(report.machine),
        "disturbance_cores": report.disturbance,
        "aims": [{**asdict(aim), "met": aim.met} for aim in aims(figures)],
        **asdict(figures),
    }
    return json.dumps(rounded(whole), indent=1) + "\n"


def rounded(value: object) -> object:
    """Numbers with four digits behind the point, wherever they stand."""
    match value:
        case float():
            return round(value, 4)
        case dict():
            return {key: rounded(item) for key, item in value.items()}
        case list() | tuple():
            return [rounded(item) for item in value]
        case _:
            return value


def as_markdown(report: Report) -> str:
    """What README shows."""
    tables = [markdown(aim_rows(report.figures)), markdown(way_rows(report.figures))]
    return "\n\n".join([about(report.at, report.machine, quick=report.quick), *tables, _remarks(report)]) + "\n"


def as_text(report: Report) -> str:
    """What a terminal shows."""
    tables = [aligned(aim_rows(report.figures)), aligned(way_rows(report.figures))]
    return "\n\n".join([about(report.at, report.machine, quick=report.quick), *tables, _remarks(report)])


def aim_rows(figures: Figures) -> list[Row]:
    """Each aim, what was measured, and whether that is enough."""
    return aim_table(aims(figures))


def aim_table(found: Sequence[Aim]) -> list[Row]:
    """These aims."""
    heading = ("aim", "limit", "measured", "")
    return [heading, *(_aim_row(aim) for aim in found)]


def _aim_row(aim: Aim) -> Row:
    limit = f"at {'least' if aim.at_least else 'most'} {number(aim.limit)} {aim.unit}"
    if aim.measured is None:
        return aim.what, limit, MISSING, "not measured"
    return aim.what, limit, f"{number(aim.measured)} {aim.unit}", "met" if aim.met else "**not met**"


def way_rows(figures: Figures) -> list[Row]:
    """Each way that the call can take, side by side."""
    ways = dict.fromkeys(stage.way for stage in figures.stages)
    heading = (
        "the same call through",
        "calls/s without failure",
        "CPU per call: Asterisk",
        "IVR",
        "database",
        "all",
        "all, at ease",
        "key to prompt: p50",
        "p99",
        "idle p50",
        "idle p99",
    )
    return [heading, *(_way_row(figures, way) for way in ways)]


def _way_row(figures: Figures, way: str) -> Row:
    costs = [figures.ms_per_call(way, part) for part in ("asterisk", "ivr", "database", None)]
    costs.append(figures.ms_per_call(way, at_ease=True))
    waits = [*figures.key_to_prompt(way, LOADED), *figures.key_to_prompt(way, 0)]
    return TITLES[way], _sustained(figures, way), *(_ms(value) for value in (*costs, *waits))


def _ms(milliseconds: float | None) -> str:
    return MISSING if milliseconds is None else f"{number(milliseconds)} ms"


def _sustained(figures: Figures, way: str) -> str:
    """The rate; `>=` where nothing higher was tried."""
    best = figures.sustained_rate(way)
    highest = max(stage.load.rate for stage in figures.climb(way))
    return f"≥ {best}" if best == highest else str(best)


def about(at: datetime, machine: Machine, *, quick: bool) -> str:
    """When and on what it was measured."""
    kind = " (a quick run)" if quick else ""
    return (
        f"Measured {at:%Y-%m-%d}{kind} at commit {machine.commit} on {machine.processor}, {machine.cores} "
        f"cores, {machine.system}, Python {machine.python}, Asterisk {machine.asterisk}; "
        f"a commit waits {number(machine.sync_ms)} ms for the disk. `make bench` repeats it."
    )


def _remarks(report: Report) -> str:
    remarks = [
        f"A call is two menus, a key in each, and a goodbye, with sound both ways; SIPp, Asterisk, the IVR and the "
        f"database share the {report.machine.cores} cores. Callers in a hurry, {AIMED_RATE} a second, hear "
        f"{BRIEFLY} s of each menu; callers at ease, {EASY_RATE} a second, hear {AT_EASE:.0f} s. Key to prompt is "
        f"from the end of a key (held {HELD_MS:.0f} ms) to the first packet of the next prompt, at the caller's side, "
        f"beside "
        f"{LOADED} calls a second and on an idle system. Centrala commits every turn to its disk before it is heard; "
        "the other two keep nothing. PostgreSQL runs without waiting for its disk."
    ]
    if (shared := report.figures.distribution) is not None:
        remarks += [_of_distribution(shared), _of_order(shared)]
    if (promises := report.figures.promises) is not None:
        remarks.append(_of_promises(promises))
    if report.disturbance > DISTURBING:
        remarks.append(
            f"Others on the machine used {report.disturbance:.1f} cores meanwhile, so the figures are worse than "
            "they would be."
        )
    return "\n\n".join(remarks)


def _of_distribution(found: Distribution) -> str:
    cost = ", ".join(f"{part} {number(1000 * seconds / found.calls)} ms" for part, seconds in found.usage.parts.items())
    (ours, bare) = (percentile(gaps, 99) for gaps in (found.ours.gaps, found.bare.gaps))
    return (
        f"{found.consultants} consultants in five groups, {found.calls} calls on six topics in a minute, as many as a "
        f"helpline with 2,000 calls an hour has in ten; CPU per call: {cost} (reader: an IVR process that carries no "
        "calls and reads Asterisk's manager interface; all of it). From free to ringing is measured in a group of ten "
        f"with callers always waiting: p99 {number(ours)} s, {number(bare)} s where the same kind of queue is "
        "entered directly."
    )


def _of_order(found: Distribution) -> str:
    (ours, bare) = (_lateness(flood) for flood in (found.ours, found.bare))
    return (
        "A caller is overtaken where a telephone rings for a later one first. That violates the order if no other "
        f"consultant was free for the earlier one: {found.ours.violations} callers here, {found.bare.violations} in "
        "the queue that is entered directly (app_queue counts a consultant who is being called as free until the "
        "telephone's state has come round). Else of two consultants who are free the first rang for the second caller: "
        f"so it was for {ours}, in the other queue for {bare}. There each caller looks once a second; in Centrala's "
        "the first is told to look when a consultant is free."
    )


def _lateness(flood: Flood) -> str:
    longest = max((one.late for one in flood.overtaken if not one.unjustly), default=0.0)
    return f"{flood.same_second} of {flood.callers} callers, by {number(longest)} s at most"


def _of_promises(found: Promises) -> str:
    waits = sorted(one.waited for one in found.made)
    told = ", ".join(f"{count} times {span}" for span, count in found.ranges.items())
    return (
        f"Of {len(waits)} callers who were told their wait and answered {number(found.kept_share or 0)} percent were "
        f"answered within it. {PROMISED_AGENTS} consultants talk for a minute on average, exponentially "
        f"distributed; the callers waited from {number(waits[0])} to {number(waits[-1])} s, the median "
        f"{number(percentile(waits, 50))} s, and were told, in minutes: {told}."
    )


def number(value: float) -> str:
    """Three digits that matter, thousands apart."""
    if value >= 100 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def markdown(rows: Sequence[Row]) -> str:
    """A table for GitHub; the first row is its heading."""
    heading, *body = rows
    return "\n".join("| " + " | ".join(row) + " |" for row in (heading, ("---",) * len(heading), *body))


def aligned(rows: Sequence[Row]) -> str:
    """A table for a terminal."""
    plain = [tuple(cell.replace("**", "") for cell in row) for row in rows]
    widths = [max(len(row[column]) for row in plain) for column in range(len(plain[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in plain
    )
