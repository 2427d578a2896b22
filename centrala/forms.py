"""How reports are told: days that are asked for, meanings of figures, JSON, CSV and tables."""

from __future__ import annotations

import csv
import io
import json
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import click

from centrala import context

Line = dict[str, Any]

HELP_WIDTH = 78


def meanings(definitions: Sequence[tuple[str, str]]) -> str:
    """What figures mean, for the end of `--help`."""
    width = max(len(name) for name, _ in definitions) + 4
    wrapped = (textwrap.wrap(meaning, HELP_WIDTH - width) for _, meaning in definitions)
    told = [
        f"  {name if number == 0 else '':<{width - 2}}{line}"
        for (name, _), meaning in zip(definitions, wrapped, strict=True)
        for number, line in enumerate(meaning)
    ]
    return "\b\nWhat the figures mean:\n" + "\n".join(told)


DAYS = ("--day", "--until")
FROM_TO = ("--from", "--to")


def check_options(
    first: str | None, last: str | None, as_json: bool, as_csv: bool = False, options: tuple[str, str] = DAYS
) -> None:
    """Options that exclude or need each other; `options` ask for the days. Raises click.UsageError."""
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other")
    if first is None and last is not None:
        raise click.UsageError(f"{options[1]} needs {options[0]}")


def span(first: str, last: str | None, options: tuple[str, str] = DAYS) -> tuple[date, date]:
    """The first and the last of the days that two options ask for. Raises click.BadParameter."""
    begin = day(first, options[0])
    end = day(last, options[1]) if last else begin
    if end < begin:
        raise click.BadParameter(f"{end} comes before {begin}", param_hint=options[1])
    return begin, end


def day(text: str, hint: str) -> date:
    """A day of the calendar. Raises click.BadParameter."""
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f'"{text}" is not a day; write it like 2026-11-20', param_hint=hint) from error
    if found.year not in context.YEARS:
        years = f"{context.YEARS.start}-{context.YEARS.stop - 1}"
        raise click.BadParameter(f"{found.year} is out of reach; the years {years} are known", param_hint=hint)
    return found


def rounded(share: float | None) -> float | None:
    """A share to a hundredth of a percent."""
    return None if share is None else round(share, 4)


def percent(value: object) -> str:
    """A share in a table."""
    return f"{value:.1%}" if isinstance(value, float) else text(value)


def text(value: object) -> str:
    """A value in a table."""
    match value:
        case None:
            return "-"
        case dict():
            return _listed(value) or "-"
        case _:
            return str(value)


def _listed(counts: Mapping[str, int]) -> str:
    return "; ".join(f"{name} {count}" for name, count in counts.items())


def print_lines(
    lines: Iterable[Line],
    columns: Sequence[str],
    shown: Mapping[str, str],
    cell: Callable[[str, object], str],
    *,
    as_json: bool,
    as_csv: bool,
) -> None:
    """All columns as JSON or CSV; else a table of those in `shown`, by their headings, each value as `cell` puts it."""
    if as_json:
        print_json(lines)
    elif as_csv:
        print_csv(columns, lines)
    else:
        print_table([tuple(shown.values()), *(tuple(cell(name, line[name]) for name in shown) for line in lines)])


def print_json(lines: Iterable[Line]) -> None:
    """One object per line."""
    for line in lines:
        click.echo(json.dumps(line, ensure_ascii=False))


def print_csv(names: Sequence[str], lines: Iterable[Line]) -> None:
    """RFC 4180, with a header."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, names)
    writer.writeheader()
    for line in lines:
        writer.writerow({name: _listed(value) if isinstance(value, dict) else value for name, value in line.items()})
    click.echo(buffer.getvalue(), nl=False)


def print_table(table: Sequence[Sequence[str]]) -> None:
    """Columns for people."""
    widths = [max(len(row[index]) for row in table) for index in range(len(table[0]))]
    for row in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
