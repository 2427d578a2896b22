"""Importing an operator's table at the command line: progress, bad rows by their line, and what came of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

import click

from auth_pin.faults import ProfileFault
from auth_pin.profile_import import BadRow, Listeners, Summary
from centrala.context import fail

CLEAR_LINE = "\r\x1b[K"


def import_table(file: Path, run: Callable[[BinaryIO, Listeners], Summary]) -> None:
    """Import a file by `run` and end the command: 1 if rows were bad."""
    with explained(str(file)), file.open("rb") as source:
        summary = _with_progress(source, file, run)
    rows = summary.added + summary.changed + summary.unchanged + summary.bad
    counts = f"{summary.added} added, {summary.changed} changed, {summary.unchanged} unchanged, {summary.bad} bad"
    click.echo(f"{rows} rows: {counts}")
    sys.exit(1 if summary.bad else 0)


@contextmanager
def explained(subject: str | None = None) -> Iterator[None]:
    """End with a message for people where something can be put right."""
    try:
        yield
    except ProfileFault as fault:
        fail(f"{subject}: {fault}" if subject else str(fault))


def _with_progress(source: BinaryIO, file: Path, run: Callable[[BinaryIO, Listeners], Summary]) -> Summary:
    size = os.fstat(source.fileno()).st_size
    with click.progressbar(length=size, label="importing", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        return run(source, Listeners(partial(_tell_bad_row, file), partial(_tell_unknown, file), bar.update))


def _tell_bad_row(file: Path, bad: BadRow) -> None:
    _tell(f"{file}:{bad.line}: {bad.message}")


def _tell_unknown(file: Path, columns: tuple[str, ...]) -> None:
    _tell(f"{file}:1: warning: columns that are not read: {', '.join(columns)}")


def _tell(message: str) -> None:
    """Write a line where the progress bar stands; the bar draws itself again below."""
    click.echo((CLEAR_LINE if sys.stderr.isatty() else "") + message, err=True)
