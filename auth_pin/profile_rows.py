"""Profiles in an operator's table (`auth_pin.tables`).

Columns: `identifier`, `pin` or `pin_hash`, `state`, and, if the operator knows it, `created_at` (ISO 8601; without an
offset it is Polish time).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from auth_pin import identifiers, pin_policy, pins, tables
from auth_pin.faults import ImportFault, PinFault
from auth_pin.profiles import ZONE, State
from auth_pin.tables import Header, Line

COLUMNS = ("identifier", "pin", "pin_hash", "state", "created_at")
NEEDED = (("identifier",), ("state",), ("pin", "pin_hash"))


@dataclass(frozen=True, slots=True)
class Row:
    """A profile as the table gives it: either the PIN or its hash."""

    identifier: str = field(repr=False)
    pin: str | None = field(repr=False)
    pin_hash: str | None = field(repr=False)
    state: State
    created_at: datetime | None


def read_header(line: Line | None) -> Header:
    """The first line. Raises ImportFault: columns missing or named twice."""
    return tables.read_header(line, COLUMNS, NEEDED)


def read_row(header: Header, line: Line, pin_digits: int = pin_policy.PIN_DIGITS) -> Row | None:
    """The profile of a line, or None where the line is blank. Raises ProfileFault."""
    values = tables.read_cells(header, line)
    if values is None:
        return None
    identifiers.check(values["identifier"])
    pin, pin_hash = _secret(values.get("pin") or None, values.get("pin_hash") or None, pin_digits)
    return Row(values["identifier"], pin, pin_hash, _state(values["state"]), _moment(values.get("created_at", "")))


def _secret(pin: str | None, pin_hash: str | None, pin_digits: int) -> tuple[str | None, str | None]:
    if (pin is None) == (pin_hash is None):
        raise PinFault("one of pin and pin_hash is needed, and only one")
    if pin is not None:
        pin_policy.check_shape(pin, pin_digits)
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
