"""Which office serves a postal code: a table that the operator replaces."""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

COLUMNS = ("postal_from", "postal_to", "name", "street", "postal_code", "city")
POSTAL_CODE = re.compile(r"([0-9]{2})-?([0-9]{3})")


class OfficeTableError(Exception):
    """The table cannot be used; `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Office:
    """An office's name and address."""

    name: str
    street: str
    postal_code: str
    city: str


@dataclass(frozen=True, slots=True)
class Offices:
    """Ranges of postal codes, in order and without overlap, and the office of each."""

    starts: tuple[str, ...]
    ends: tuple[str, ...]
    offices: tuple[Office, ...]

    def serving(self, postal_code: str) -> Office | None:
        """The office for five digits, or None."""
        if not re.fullmatch(r"[0-9]{5}", postal_code):
            return None
        index = bisect_right(self.starts, postal_code) - 1
        return self.offices[index] if index >= 0 and postal_code <= self.ends[index] else None


def read_offices(raw: bytes) -> Offices:
    """Read a table in UTF-8. Raises OfficeTableError: which line, what is wrong."""
    try:
        reader = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except UnicodeDecodeError as error:
        raise OfficeTableError(raw[: error.start].count(b"\n") + 1, "not UTF-8 text") from error
    except csv.Error as error:
        raise OfficeTableError(reader.line_num + 1, f"not a CSV table: {error}") from error
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise OfficeTableError(1, f"the columns must be {','.join(COLUMNS)}")
    if not rows:
        raise OfficeTableError(1, "no office follows the names of the columns")
    ranges = sorted((_range(line, row) for line, row in rows), key=lambda item: item[0])
    for (_, end, _, _), (start, _, _, line) in pairwise(ranges):
        if start <= end:
            raise OfficeTableError(line, f"the range from {start} overlaps another one that ends at {end}")
    return Offices(
        tuple(start for start, _, _, _ in ranges),
        tuple(end for _, end, _, _ in ranges),
        tuple(office for _, _, office, _ in ranges),
    )


def _range(line: int, row: dict[str, str]) -> tuple[str, str, Office, int]:
    if None in row or None in row.values():
        raise OfficeTableError(line, f"a row has {len(COLUMNS)} columns")
    if empty := [column for column in COLUMNS if not row[column].strip()]:
        raise OfficeTableError(line, f"{empty[0]} is empty")
    if unspoken := [column for column in COLUMNS if not row[column].strip().isprintable()]:
        raise OfficeTableError(line, f"{unspoken[0]} holds a line break or a control character")
    start, end = _digits(line, row["postal_from"]), _digits(line, row["postal_to"])
    if start > end:
        raise OfficeTableError(line, "postal_from comes after postal_to")
    office = Office(*(row[column].strip() for column in COLUMNS[2:]))
    return start, end, office, line


def _digits(line: int, text: str) -> str:
    if match := POSTAL_CODE.fullmatch(text.strip()):
        return match[1] + match[2]
    raise OfficeTableError(line, f'"{text}" is not a postal code; write it as 00-123')
