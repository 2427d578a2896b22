"""Leases: of several processes one does a thing at a time, until a moment that it keeps putting off.

A lease whose end has passed is anybody's. What its holder writes meanwhile can be guarded by `is_held` in the same
transaction: whoever was overtaken while it slept then writes nothing. Machines' clocks are taken to differ by less than
the time that a holder stops before its lease ends.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Connection, String, Table, delete, or_, select, update

from storage.database import Instant, metadata
from storage.upsert import upsert

leases = Table(
    "leases",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(100), nullable=False),
    Column("expires_at", Instant, nullable=False),
)


def take(connection: Connection, name: str, holder: str, now: datetime, expires_at: datetime) -> bool:
    """Take a lease that is free, or put off the end of one's own; whether that was done."""
    of_name = leases.c.name == name
    free = or_(leases.c.holder == holder, leases.c.expires_at <= now)
    renewed = update(leases).where(of_name, free).values(holder=holder, expires_at=expires_at)
    if connection.execute(renewed).rowcount:
        return True
    first = upsert(connection, leases, key=("name",), changing=()).returning(leases.c.name)
    return connection.execute(first, {"name": name, "holder": holder, "expires_at": expires_at}).first() is not None


def give_back(connection: Connection, name: str, holder: str) -> None:
    """Let somebody else have it at once; whoever no longer holds it changes nothing."""
    connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def is_free(connection: Connection, name: str, now: datetime) -> bool:
    """Whether anybody may take it."""
    held = select(leases.c.name).where(leases.c.name == name, leases.c.expires_at > now)
    return connection.execute(held).first() is None


def is_held(connection: Connection, name: str, holder: str) -> bool:
    """Whether it has not gone to somebody else; until the transaction ends nobody can take it."""
    held = select(leases.c.name).where(leases.c.name == name, leases.c.holder == holder)
    return connection.execute(held.with_for_update()).first() is not None
