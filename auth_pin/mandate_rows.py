"""Mandates in an operator's table (`auth_pin.tables`).

Columns: `identifier` of the profile, `payer` (whose number it speaks for) and, if the mandate has an end, its last day
`valid_until` (ISO 8601).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from auth_pin import identifiers, payer_numbers, tables
from auth_pin.faults import ImportFault
from auth_pin.tables import Header, Line

COLUMNS = ("identifier", "payer", "valid_until")
NEEDED = (("identifier",), ("payer",))


@dataclass(frozen=True, slots=True)
class Row:
    """A mandate as the table gives it."""

    identifier: str = field(repr=False)
    payer: str = field(repr=False)
    valid_until: date | None


def read_header(line: Line | None) -> Header:
    """The first line. Raises ImportFault: columns missing or named twice."""
    return tables.read_header(line, COLUMNS, NEEDED)


def read_row(header: Header, line: Line) -> Row | None:
    """The mandate of a line, or None where the line is blank. Raises ProfileFault."""
    values = tables.read_cells(header, line)
    if values is None:
        return None
    identifiers.check(values["identifier"])
    payer = payer_numbers.read(values["payer"])
    return Row(values["identifier"], payer, _day(values.get("valid_until", "")))


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ImportFault("valid_until is not a day like 2027-06-30") from None
