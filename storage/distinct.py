"""The few values of a column of millions of rows."""

from __future__ import annotations

from sqlalchemy import Column, Connection, func, select


def distinct(connection: Connection, column: Column[str]) -> tuple[str, ...]:
    """All values but NULL and the empty text, in order: found one by one in their index, since counting takes long."""
    found: list[str] = []
    while value := connection.execute(select(func.min(column)).where(column > (found[-1] if found else ""))).scalar():
        found.append(value)
    return tuple(found)
