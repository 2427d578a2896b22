"""`centrala surveys`: what callers said of their conversations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import click

from centrala import context, reports
from centrala.forms import Line, check_options, meanings, percent, print_lines, rounded, span, text
from routing.reporting.surveys import DEFINITIONS, SurveyFigures

COLUMNS = (
    *("type", "from", "until", "callers", "topic", "offered", "took_part", "taking_part"),
    *("question", "answers", "satisfied", "satisfied_share"),
)
SHARES = ("taking_part", "satisfied_share")
# What a terminal has room for.
SHOWN = {name: name for name in (*COLUMNS[3:7], *COLUMNS[8:])}


@click.command(epilog=meanings(DEFINITIONS))
@click.option("--day", "first", metavar="DAY", help="Surveys of this day, like 2026-11-20, instead of all on record.")
@click.option("--until", "last", metavar="DAY", help="... and of every day until this one, together.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV (RFC 4180) with a header.")
def surveys(first: str | None, last: str | None, as_json: bool, as_csv: bool) -> None:
    """Show what callers said of their conversations, by group of callers and topic.

    A line for each question of each topic, then those of the group, and of the whole service at last. Where nobody
    answered, one line tells how many were asked.
    """
    check_options(first, last, as_json, as_csv)
    days = span(first, last) if first else None
    lines = survey_lines(reports.surveys(context.installation(), days), days)
    print_lines(lines, COLUMNS, SHOWN, _shown, as_json=as_json, as_csv=as_csv)


def survey_lines(found: Iterable[SurveyFigures], days: tuple[date, date] | None) -> Iterator[Line]:
    """The figures in plain values, a line for each question; all have the same names."""
    begin, end = map(str, days) if days else (None, None)
    for one in found:
        head: Line = {
            "type": "all" if one.callers is None else "callers" if one.topic is None else "topic",
            "from": begin,
            "until": end,
            "callers": one.callers,
            "topic": one.topic,
            "offered": one.offered,
            "took_part": one.took_part,
            "taking_part": rounded(one.taking_part),
        }
        if not one.questions:
            yield {**head, "question": None, "answers": 0, "satisfied": 0, "satisfied_share": None}
        for given in one.questions:
            told = {"question": given.question, "answers": given.answers, "satisfied": given.satisfied}
            yield {**head, **told, "satisfied_share": rounded(given.satisfied_share)}


def _shown(name: str, value: object) -> str:
    if name in ("callers", "topic") and value is None:
        return "all"
    return percent(value) if name in SHARES else text(value)
