"""Attempts to authenticate, one row each.

A row is there before the PIN is looked at, so that no attempt goes uncounted because a process died over it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, Connection, Index, Integer, String, Table, update

from storage.database import Instant, metadata
from storage.upsert import upsert


class Outcome(StrEnum):
    """How an attempt ended. Why it was refused is not kept: nobody is to learn it, not even from a row."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"


_OUTCOMES = ", ".join(f"'{outcome}'" for outcome in Outcome)

auth_attempts = Table(
    "auth_attempts",
    metadata,
    Column("call_id", String(36), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("claim", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", String(8), nullable=False),
    CheckConstraint(f"outcome IN ({_OUTCOMES})", name="outcome"),
    Index("ix_auth_attempts_at", "at"),
)


def begin(connection: Connection, call_id: str, seq: int, claim: str, at: datetime) -> None:
    """Count an attempt; one that has the same (call_id, seq), from before a crash, is begun again and counts once."""
    statement = upsert(connection, auth_attempts, key=("call_id", "seq"), changing=("claim", "at", "outcome"))
    row = {"call_id": call_id, "seq": seq, "claim": claim, "at": at, "outcome": Outcome.PENDING}
    connection.execute(statement, row)


def finish(connection: Connection, call_id: str, seq: int, outcome: Outcome) -> None:
    """Say how an attempt ended."""
    own = (auth_attempts.c.call_id == call_id) & (auth_attempts.c.seq == seq)
    connection.execute(update(auth_attempts).where(own).values(outcome=outcome))
