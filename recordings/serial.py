"""What must happen one after another: whatever decides what is kept, and lengthening the chain of tombstones."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

KEEPING = int.from_bytes(b"keeping")  # PostgreSQL's advisory locks are named by 64-bit numbers


def one_at_a_time(connection: Connection) -> None:
    """Until this transaction ends nobody else does any of it. SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(KEEPING)))
