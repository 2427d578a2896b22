"""Tables of an operator in CSV (RFC 4180, UTF-8): one row a line, whatever is wrong with the lines around it.

The first line names the columns. They come in any order, separated by commas or, as spreadsheets write them in Poland,
by semicolons. Line breaks inside quotes are not understood, so that one stray quote spoils one row and not the rest.

No message repeats what a cell holds: where columns are mixed up, that may be a PIN.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from auth_pin.faults import ImportFault

LONGEST_LINE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file: its number, counted from 1, its length in bytes, and its text unless it is too long."""

    number: int
    size: int
    text: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Header:
    """Where each known column stands, and the names of the columns that mean nothing here."""

    separator: str
    places: Mapping[str, int]
    unknown: tuple[str, ...]
    width: int


def lines(source: BinaryIO) -> Iterator[Line]:
    """The lines of a file, one at a time, however long it is or they are."""
    number = 0
    while first := source.readline(LONGEST_LINE):
        number += 1
        size = len(first) + _skipped(source, first)
        yield Line(number, size, _text(first, number) if size == len(first) else None)


def read_header(line: Line | None, columns: Sequence[str], needed: Sequence[tuple[str, ...]]) -> Header:
    """The first line; of each of the `needed` one column must be there. Raises ImportFault: missing or named twice."""
    text = line.text if line and line.text else ""
    separator = ";" if ";" in text and "," not in text else ","
    names = [name.strip().casefold() for name in _cells(text, separator)]
    lacking = [" or ".join(one) for one in needed if not any(name in names for name in one)]
    if lacking:
        raise ImportFault(f"the first line must name the columns; it lacks {', '.join(lacking)}")
    if twice := [name for name in columns if names.count(name) > 1]:
        raise ImportFault(f"the column {twice[0]} is there twice")
    places = {name: names.index(name) for name in columns if name in names}
    unknown = tuple(name for name in names if name and name not in columns)
    return Header(separator, places, unknown, len(names))


def read_cells(header: Header, line: Line) -> Mapping[str, str] | None:
    """The cells of a line by their columns, or None where the line is blank. Raises ImportFault."""
    if line.text is None:
        raise ImportFault(f"longer than {LONGEST_LINE} bytes")
    cells = _cells(line.text, header.separator)
    if not any(cells):
        return None
    if len(cells) != header.width:
        hint = "; quote a cell that holds a separator, as hashes do" if len(cells) > header.width else ""
        raise ImportFault(f"{len(cells)} cells instead of {header.width}{hint}")
    return {name: cells[place].strip() for name, place in header.places.items()}


def _skipped(source: BinaryIO, part: bytes) -> int:
    """Read on to the end of a line that `part` is the beginning of; how many bytes that was."""
    skipped = 0
    while len(part) == LONGEST_LINE and not part.endswith(b"\n"):
        part = source.readline(LONGEST_LINE)
        skipped += len(part)
    return skipped


def _text(raw: bytes, number: int) -> str:
    # Only digits and ASCII words matter; a broken letter in a column that is not read harms nobody.
    return raw.decode("utf-8-sig" if number == 1 else "utf-8", "replace").rstrip("\r\n")


def _cells(text: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=separator, strict=True), [])
    except csv.Error:
        raise ImportFault("quotes that do not match") from None
