"""Attempts to authenticate, one row each.

A row is there before the PIN is looked at, so that no attempt goes uncounted because a process died over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, ColumnElement, Connection, Index, Integer, String, Table, select, update

from storage.database import Instant, metadata
from storage.upsert import upsert


class Outcome(StrEnum):
    """How an attempt ended. Why it was refused is not kept: nobody is to learn it, not even from a row.

    `limited`: its PIN was not looked at, since too many had been tried.
    """

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    LIMITED = "limited"


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


@dataclass(frozen=True, slots=True)
class Attempt:
    """Which try of which call, at whose pseudonym, and when."""

    call_id: str
    seq: int
    claim: str
    at: datetime


def was_let_through(connection: Connection, attempt: Attempt) -> bool:
    """Whether it was made before, at the same identifier, and is not known to be right: a process has died over it."""
    c = auth_attempts.c
    query = select(c.claim, c.outcome).where(_is(attempt))
    row = connection.execute(query).one_or_none()
    return row is not None and row.claim == attempt.claim and row.outcome in (Outcome.PENDING, Outcome.REFUSED)


def begin(connection: Connection, attempt: Attempt, outcome: Outcome = Outcome.PENDING) -> None:
    """Count an attempt; one that has the same (call_id, seq), from before a crash, is begun again and counts once."""
    statement = upsert(connection, auth_attempts, key=("call_id", "seq"), changing=("claim", "at", "outcome"))
    row = {"call_id": attempt.call_id, "seq": attempt.seq, "claim": attempt.claim, "at": attempt.at}
    connection.execute(statement, row | {"outcome": outcome})


def finish(connection: Connection, attempt: Attempt, outcome: Outcome) -> None:
    """Say how an attempt ended."""
    connection.execute(update(auth_attempts).where(_is(attempt)).values(outcome=outcome))


def _is(attempt: Attempt) -> ColumnElement[bool]:
    c = auth_attempts.c
    return (c.call_id == attempt.call_id) & (c.seq == attempt.seq)
