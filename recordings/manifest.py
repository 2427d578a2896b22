"""The list of another archive's recordings, in CSV (RFC 4180, UTF-8): one row a line, whatever is wrong with others.

Columns, in any order, separated by commas or, as spreadsheets write them in Poland, by semicolons: `file` (relative to
the list), `ended_at` (ISO 8601), `purpose` and `consent`; and where known `caller`, `topic`, `queue`, `consultant`. No
message repeats what a cell holds: that may be a caller's number.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import BinaryIO

from recordings.catalogue import Purpose
from recordings.faults import RecordingFault

NEEDED = ("file", "ended_at", "purpose", "consent")
COLUMNS = (*NEEDED, "caller", "topic", "queue", "consultant")
LONGEST_LINE = 64 * 1024
LONGEST_WORD = 40
EARLIEST_YEAR = 1970

_CONSENT = {"yes": True, "no": False}
_CALLER = re.compile(r"\+?[0-9]{2,20}")


class ManifestFault(RecordingFault):
    """The list, or a row of it, cannot be used."""


@dataclass(frozen=True, slots=True)
class Row:
    """A recording as the list gives it. `file` is relative to the list."""

    file: str = field(repr=False)
    ended_at: datetime
    purpose: Purpose
    consent: bool
    caller: str | None = field(repr=False)
    topic: str | None
    queue: str | None
    consultant: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list: its number, counted from 1, its length in bytes, and its row, or what is wrong with it."""

    number: int
    size: int
    row: Row | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class _Header:
    separator: str
    places: Mapping[str, int]
    width: int


def read(source: BinaryIO, zone: tzinfo, now: datetime) -> Iterator[Line]:
    """The lines, one at a time; a time without an offset is the zone's, and none is later than `now`.

    Raises ManifestFault: the first line does not name the columns.
    """
    header: _Header | None = None
    for number, raw in enumerate(iter(lambda: source.readline(LONGEST_LINE), b""), 1):
        skipped = _skipped(source, raw)
        size = len(raw) + skipped
        if header is None:
            header = _header(raw)
            yield Line(number, size)
            continue
        try:
            if skipped:
                raise ManifestFault(f"longer than {LONGEST_LINE} bytes")
            yield Line(number, size, row=_row(header, raw, zone, now))
        except ManifestFault as fault:
            yield Line(number, size, fault=str(fault))
    if header is None:
        raise ManifestFault("it is empty; its first line names the columns")


def _skipped(source: BinaryIO, part: bytes) -> int:
    """Read on to the end of a line that `part` is the beginning of; how many bytes that was."""
    skipped = 0
    while len(part) == LONGEST_LINE and not part.endswith(b"\n"):
        part = source.readline(LONGEST_LINE)
        skipped += len(part)
    return skipped


def _header(raw: bytes) -> _Header:
    text = _text(raw.removeprefix(b"\xef\xbb\xbf"))
    separator = ";" if ";" in text and "," not in text else ","
    names = [name.strip().casefold() for name in _cells(text, separator)]
    if lacking := [name for name in NEEDED if name not in names]:
        raise ManifestFault(f"the first line must name the columns; it lacks {', '.join(lacking)}")
    if twice := [name for name in COLUMNS if names.count(name) > 1]:
        raise ManifestFault(f"the column {twice[0]} is there twice")
    return _Header(separator, {name: names.index(name) for name in COLUMNS if name in names}, len(names))


def _row(header: _Header, raw: bytes, zone: tzinfo, now: datetime) -> Row | None:
    cells = _cells(_text(raw), header.separator)
    if not any(cell.strip() for cell in cells):
        return None
    if len(cells) != header.width:
        raise ManifestFault(f"{len(cells)} cells instead of {header.width}")
    values = {name: cells[place].strip() for name, place in header.places.items()}
    if not values["file"]:
        raise ManifestFault("file: no name")
    if values["consent"].casefold() not in _CONSENT:
        raise ManifestFault("consent: yes or no expected")
    return Row(
        file=values["file"],
        ended_at=_moment(values["ended_at"], zone, now),
        purpose=_purpose(values["purpose"]),
        consent=_CONSENT[values["consent"].casefold()],
        caller=_caller(values.get("caller", "")),
        topic=_word(values, "topic"),
        queue=_word(values, "queue"),
        consultant=_word(values, "consultant"),
    )


def _text(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise ManifestFault("not in UTF-8") from None
    if "\0" in text:
        raise ManifestFault("a zero byte in it")
    return text


def _cells(text: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=separator, strict=True), [])
    except csv.Error:
        raise ManifestFault("quotes that do not match") from None


def _moment(text: str, zone: tzinfo, now: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ManifestFault("ended_at: not a time; write it like 2024-05-17T14:30") from None
    at = found if found.tzinfo else found.replace(tzinfo=zone)
    if at.year < EARLIEST_YEAR:
        raise ManifestFault(f"ended_at: before {EARLIEST_YEAR}")
    # Whose end lay ahead would be kept for too long.
    if at > now:
        raise ManifestFault("ended_at: in the future")
    return at


def _purpose(text: str) -> Purpose:
    try:
        return Purpose(text.casefold())
    except ValueError:
        raise ManifestFault(f"purpose: one of {', '.join(Purpose)} expected") from None


def _caller(text: str) -> str | None:
    number = re.sub(r"[ ()-]", "", text)
    if number and not _CALLER.fullmatch(number):
        raise ManifestFault("caller: not a telephone number")
    return number or None


def _word(values: Mapping[str, str], name: str) -> str | None:
    text = values.get(name, "")
    if len(text) > LONGEST_WORD:
        raise ManifestFault(f"{name}: longer than {LONGEST_WORD} characters")
    return text or None
