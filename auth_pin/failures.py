"""Failures one after another at each identifier, known or not, by its pseudonym."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Connection, Index, Integer, String, Table, delete, literal, select

from auth_pin.limits import Failures
from storage.database import Instant, metadata
from storage.upsert import upsert

auth_failures = Table(
    "auth_failures",
    metadata,
    Column("claim", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
    CheckConstraint("failures >= 1", name="failures"),
    Index("ix_auth_failures_last_at", "last_at"),
)


def find(connection: Connection, claim: str) -> Failures | None:
    """What is known of an identifier; nobody else changes it until the transaction ends."""
    row = connection.execute(
        select(auth_failures).where(auth_failures.c.claim == claim).with_for_update()
    ).one_or_none()
    return None if row is None else Failures(row.failures, row.last_at)


def store(connection: Connection, claim: str, failures: Failures) -> None:
    """Keep what is known of an identifier."""
    statement = upsert(connection, auth_failures, key=("claim",), changing=("failures", "last_at"))
    connection.execute(statement, {"claim": claim, "failures": failures.count, "last_at": failures.last_at})


def clear(connection: Connection, claim: str, *, right: bool) -> None:
    """Forget them where the attempt was `right`: one statement either way."""
    connection.execute(delete(auth_failures).where(auth_failures.c.claim == claim, literal(right)))
