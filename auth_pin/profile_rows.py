"""Profiles in a CSV table (RFC 4180, UTF-8): one row a line, whatever is wrong with the lines around it.

Columns: `identifier`, `pin` or `pin_hash`, `state`, and, if the operator knows it, `created_at` (ISO 8601; without an
offset it is Polish time). They come in any order, separated by commas or, as spreadsheets write them in Poland, by
semicolons. Line breaks inside quotes are not understood, so that one stray quote spoils one row and not the rest.

No message repeats what a cell holds: where columns are mixed up, that may be a PIN.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from auth_pin import identifiers, pin_policy, pins
from auth_pin.faults import ImportFault, PinFault
from auth_pin.profiles import State

COLUMNS = ("identifier", "pin", "pin_hash", "state", "created_at")
LONGEST_LINE = 64 * 1024
ZONE = ZoneInfo("Europe/Warsaw")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file: its number, counted from 1, its length in bytes, and its text unless it is too long."""

    number: int
    size: int
    text: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A profile as the table gives it: either the PIN or its hash."""

    identifier: str = field(repr=False)
    pin: str | None = field(repr=False)
    pin_hash: str | None = field(repr=False)
    state: State
    created_at: datetime | None


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


def read_header(line: Line | None) -> Header:
    """The first line. Raises ImportFault: columns missing or named twice."""
    text = line.text if line and line.text else ""
    separator = ";" if ";" in text and "," not in text else ","
    names = [name.strip().casefold() for name in _cells(text, separator)]
    lacking = [name for name in ("identifier", "state") if name not in names]
    if "pin" not in names and "pin_hash" not in names:
        lacking.append("pin or pin_hash")
    if lacking:
        raise ImportFault(f"the first line must name the columns; it lacks {', '.join(lacking)}")
    if twice := [name for name in COLUMNS if names.count(name) > 1]:
        raise ImportFault(f"the column {twice[0]} is there twice")
    places = {name: names.index(name) for name in COLUMNS if name in names}
    unknown = tuple(name for name in names if name and name not in COLUMNS)
    return Header(separator, places, unknown, len(names))


def read_row(header: Header, line: Line) -> Row | None:
    """The profile of a line, or None where the line is blank. Raises ProfileFault."""
    if line.text is None:
        raise ImportFault(f"longer than {LONGEST_LINE} bytes")
    cells = _cells(line.text, header.separator)
    if not any(cells):
        return None
    if len(cells) != header.width:
        hint = "; quote a cell that holds a separator, as hashes do" if len(cells) > header.width else ""
        raise ImportFault(f"{len(cells)} cells instead of {header.width}{hint}")
    values = {name: cells[place].strip() for name, place in header.places.items()}
    identifiers.check(values["identifier"])
    pin, pin_hash = _secret(values.get("pin") or None, values.get("pin_hash") or None)
    return Row(values["identifier"], pin, pin_hash, _state(values["state"]), _moment(values.get("created_at", "")))


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


def _secret(pin: str | None, pin_hash: str | None) -> tuple[str | None, str | None]:
    if (pin is None) == (pin_hash is None):
        raise PinFault("one of pin and pin_hash is needed, and only one")
    if pin is not None:
        pin_policy.check_shape(pin)
    if pin_hash is not None and not pins.is_hash(pin_hash):
        raise PinFault("pin_hash is not an Argon2id hash with m=19456,t=2,p=1 in the PHC format")
    return pin, pin_hash


def _state(text: str) -> State:
    try:
        return State(text)
    except ValueError:
        raise ImportFault(f"state is one of {', '.join(State)}") from None


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZONE)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ImportFault("created_at is not a date or time like 2026-11-21T09:30:00+01:00") from None
