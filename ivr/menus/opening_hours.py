"""Opening hours: a known place, days that open, spans that do not meet."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from zoneinfo import ZoneInfo

from ivr.menus import schema
from ivr.menus.reporter import Reporter
from routing.hours import known_country


def hours_make_sense(file: schema.MenuFile, report: Reporter) -> None:
    """Report everything that is wrong with the opening hours but what their words lack."""
    try:
        ZoneInfo(file.timezone)
    except (KeyError, ValueError, OSError):
        report.error(("timezone",), f'there is no time zone "{file.timezone}"', "Europe/Warsaw, for example")
    for name, hours in file.hours.items():
        if hours.holidays is not None and not known_country(hours.holidays):
            report.error(("hours", name, "holidays"), f'no public holidays are known for "{hours.holidays}"')
        if not any(hours.open.values()):
            hint = 'give a day its hours: mon: ["07:00-18:00"]'
            report.at_key(("hours", name, "open"), f'"{name}" is never open', hint)
        for day, spans in hours.open.items():
            if any(start < end for end, start in _ends_and_next_starts(spans)):
                report.error(("hours", name, "open", day), "opening hours overlap", "make one of those that meet")


def _ends_and_next_starts(spans: list[str]) -> Iterator[tuple[str, str]]:
    """Where each span of a day ends and the next one starts."""
    times = [span.split("-") for span in sorted(spans)]
    return ((earlier[1], later[0]) for earlier, later in pairwise(times))
