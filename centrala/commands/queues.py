"""`centrala queues`: the queues now, and the figures of days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import click

from centrala import context, reports
from centrala.forms import Line, check_options, meanings, print_csv, print_json, print_table, span, text
from centrala.settings import Settings
from centrala.staff import staff
from routing.reporting.definitions import DEFINITIONS
from routing.reporting.figures import Figures, Thresholds
from routing.reporting.report import WholeDay
from routing.reporting.standing import Standing

NOW = ("queue", "waiting", "longest_wait", "talking", "callbacks", "agents")
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


@click.command(epilog=meanings(DEFINITIONS))
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
    check_options(first, last, as_json, as_csv)
    if first is None:
        return _show_now(as_json, as_csv)
    begin, end = span(first, last)
    settings = context.settings()
    found = reports.days(context.installation(), settings, begin, end, by)
    if as_json:
        print_json(line for day in found for line in day_lines(day, reports.thresholds(settings), by))
    elif as_csv:
        names = day_columns(by)
        print_csv(names, (line for day in found for line in day_lines(day, reports.thresholds(settings), by)))
    else:
        _print_days(list(found), settings, by)
    return None


# Now


def _show_now(as_json: bool, as_csv: bool) -> None:
    settings = context.settings()
    flow = context.menus(settings.menus).flow
    found = reports.now(context.installation(), flow, staff(settings, flow))
    if as_json:
        print_json(map(standing_line, found))
    elif as_csv:
        print_csv(NOW, map(standing_line, found))
    else:
        print_table([NOW, *(tuple(text(standing_line(one)[name]) for name in NOW) for one in found)])


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
    print_table(table)
    for day in found:
        contained = (
            f"{day.contained} of {day.calls} calls contained in the IVR ({_shown('containment', day.containment)})"
        )
        click.echo(f"{day.day}: {contained}; occupancy {_shown('occupancy', day.occupancy)}")
    click.echo(f"in time: {thresholds.formula}; short: abandoned within {thresholds.short_abandon} s; times in seconds")


def _shown(name: str, value: Any) -> str:
    if value is not None and name in SHARES:
        return f"{value:.1%}"
    return text(value)
