"""`centrala queues`: the queues now, and the figures of days."""

from __future__ import annotations

import csv
import io
import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

import click

from centrala import context, reports
from centrala.settings import Settings
from centrala.staff import staff
from routing.reporting.definitions import DEFINITIONS
from routing.reporting.figures import Figures, Thresholds
from routing.reporting.report import WholeDay
from routing.reporting.standing import Standing

Line = dict[str, Any]

NOW = ("queue", "waiting", "longest_wait", "talking", "callbacks", "agents")
HELP_WIDTH = 78
SHARES = ("service_level", "occupancy", "containment", "estimate_accuracy")
OF_THE_DAY = ("occupancy", "calls", "contained", "containment")
# What a terminal has room for; --json and --csv hold everything.
SHOWN = {
    "offered": "offered",
    "answered": "answered",
    "abandoned": "abandoned",
    "short_abandoned": "short",
    "other": "other",
    "service_level": "in time",
    "asa": "ASA",
    "wait_p50": "p50",
    "wait_p90": "p90",
    "wait_p95": "p95",
    "aht": "AHT",
    "transfers": "transfers",
    "callbacks_kept": "called back",
}


def _meanings() -> str:
    width = max(len(name) for name, _ in DEFINITIONS) + 4
    wrapped = (textwrap.wrap(meaning, HELP_WIDTH - width) for _, meaning in DEFINITIONS)
    told = [
        f"  {name if number == 0 else '':<{width - 2}}{line}"
        for (name, _), meaning in zip(DEFINITIONS, wrapped, strict=True)
        for number, line in enumerate(meaning)
    ]
    return "\b\nWhat the figures mean:\n" + "\n".join(told)


@click.command(epilog=_meanings())
@click.option("--day", "first", metavar="DAY", help="Figures of this day, like 2026-11-20, instead of the queues now.")
@click.option("--until", "last", metavar="DAY", help="... and of every day until this one.")
@click.option(
    "--by",
    type=click.Choice(["topic", "queue"]),
    default="topic",
    show_default=True,
    help="Rows of a day: what callers chose, or the group that they were sent to.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV (RFC 4180) with a header.")
def queues(first: str | None, last: str | None, by: str, as_json: bool, as_csv: bool) -> None:
    """Show the queues now, or the figures of a day.

    Everything is counted from the installation's own records. Thresholds are those of `reporting:` in settings.yaml.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other")
    if first is None:
        if last is not None:
            raise click.UsageError("--until needs --day")
        return _show_now(as_json, as_csv)
    begin = _day(first, "--day")
    end = _day(last, "--until") if last else begin
    if end < begin:
        raise click.BadParameter(f"{end} comes before {begin}", param_hint="--until")
    settings = context.settings()
    found = reports.days(context.installation(), settings, begin, end, by)
    if as_json:
        _print_json(line for day in found for line in day_lines(day, reports.thresholds(settings), by))
    elif as_csv:
        names = day_columns(by)
        _print_csv(names, (line for day in found for line in day_lines(day, reports.thresholds(settings), by)))
    else:
        _print_days(list(found), settings, by)
    return None


def _day(text: str, hint: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f'"{text}" is not a day; write it like 2026-11-20', param_hint=hint) from error
    if day.year not in context.YEARS:
        years = f"{context.YEARS.start}-{context.YEARS.stop - 1}"
        raise click.BadParameter(f"{day.year} is out of reach; the years {years} are known", param_hint=hint)
    return day


# Now


def _show_now(as_json: bool, as_csv: bool) -> None:
    settings = context.settings()
    flow = context.menus(settings.menus).flow
    found = reports.now(context.installation(), flow, staff(settings, flow))
    if as_json:
        _print_json(map(standing_line, found))
    elif as_csv:
        _print_csv(NOW, map(standing_line, found))
    else:
        _print_table([NOW, *(tuple(_text(standing_line(one)[name]) for name in NOW) for one in found)])


def standing_line(one: Standing) -> Line:
    """A queue as it stands, in plain values."""
    return {name: _plain(name, getattr(one, name)) for name in NOW}


# Days


def day_columns(by: str) -> tuple[str, ...]:
    """The names of everything that is told of a day."""
    stated = ("service_level_seconds", "short_abandon_seconds", "service_level_is")
    return ("type", "day", by, *(field.name for field in fields(Figures)), *OF_THE_DAY, *stated)


def day_lines(day: WholeDay, thresholds: Thresholds, by: str) -> Iterator[Line]:
    """A day's topics (or queues), then the whole day, in plain values; all have the same names."""
    stated = {
        "service_level_seconds": thresholds.service_level,
        "short_abandon_seconds": thresholds.short_abandon,
        "service_level_is": thresholds.formula,
    }
    for topic in day.topics:
        head: Line = {"type": by, "day": str(day.day), by: topic.name}
        yield {**head, **_figures(topic.figures), **dict.fromkeys(OF_THE_DAY), **stated}
    head = {"type": "day", "day": str(day.day), by: None}
    whole = {name: _plain(name, getattr(day, name)) for name in OF_THE_DAY}
    yield {**head, **_figures(day.figures), **whole, **stated}


def _figures(figures: Figures) -> Line:
    return {field.name: _plain(field.name, getattr(figures, field.name)) for field in fields(Figures)}


def _plain(name: str, value: object) -> object:
    """A share to a hundredth of a percent, seconds to a tenth."""
    match value:
        case float():
            return round(value, 4 if name in SHARES else 1)
        case Mapping():
            return dict(value)
        case _:
            return value


def _print_days(found: Sequence[WholeDay], settings: Settings, by: str) -> None:
    thresholds = reports.thresholds(settings)
    table = [("day", by, *SHOWN.values())]
    for day in found:
        for line in day_lines(day, thresholds, by):
            name = "all" if line["type"] == "day" else line[by]
            table.append((str(day.day), name or "-", *(_shown(column, line[column]) for column in SHOWN)))
    _print_table(table)
    for day in found:
        contained = (
            f"{day.contained} of {day.calls} calls contained in the IVR ({_shown('containment', day.containment)})"
        )
        click.echo(f"{day.day}: {contained}; occupancy {_shown('occupancy', day.occupancy)}")
    click.echo(f"in time: {thresholds.formula}; short: abandoned within {thresholds.short_abandon} s; times in seconds")


def _shown(name: str, value: Any) -> str:
    if value is not None and name in SHARES:
        return f"{value:.1%}"
    return _text(value)


# Forms


def _text(value: object) -> str:
    match value:
        case None:
            return "-"
        case dict():
            return _listed(value) or "-"
        case _:
            return str(value)


def _listed(counts: Mapping[str, int]) -> str:
    return "; ".join(f"{name} {count}" for name, count in counts.items())


def _print_json(lines: Iterable[Line]) -> None:
    for line in lines:
        click.echo(json.dumps(line, ensure_ascii=False))


def _print_csv(names: Sequence[str], lines: Iterable[Line]) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, names)
    writer.writeheader()
    for line in lines:
        writer.writerow({name: _listed(value) if isinstance(value, dict) else value for name, value in line.items()})
    click.echo(buffer.getvalue(), nl=False)


def _print_table(table: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[index]) for row in table) for index in range(len(table[0]))]
    for row in table:
        click.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
