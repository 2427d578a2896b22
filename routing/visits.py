"""Visits to queues: when a call joined one, who answered, how it left."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Connection, Index, Integer, String, Table, insert, select, update

from storage.database import Instant, metadata

queue_visits = Table(
    "queue_visits",
    metadata,
    Column("call_id", String(36), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("queue", String(40), nullable=False),
    Column("topic", String(40), nullable=False),
    Column("enqueued_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("left_at", Instant),
    Column("agent", String(20)),
    Column("outcome", String(20)),
    Column("callback", String(36)),
    # As the turn that led here says, once the turn log has gone.
    Column("joined_at", Instant),
    Index("ix_queue_visits_enqueued_at", "enqueued_at"),
    Index("ix_queue_visits_left_at", "left_at"),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay in a queue. `seq` is the turn that sent the call there; `outcome` is None while it lasts.

    `enqueued_at` is when the caller began to wait: earlier than this stay where a place was given back. `callback` is
    the one that is kept with it: then nobody has waited on the line. `joined_at` is when the call came here, kept only
    once the turn that says so has gone.
    """

    call_id: str
    seq: int
    queue: str
    topic: str
    enqueued_at: datetime
    answered_at: datetime | None = None
    left_at: datetime | None = None
    agent: str | None = None
    outcome: str | None = None
    callback: str | None = None
    joined_at: datetime | None = None


def enqueued(connection: Connection, visit: Visit) -> None:
    """The call joins the queue."""
    connection.execute(insert(queue_visits), asdict(visit))


def open_visit(connection: Connection, call_id: str) -> int | None:
    """The `seq` of the visit that the call is in, or None."""
    query = select(queue_visits.c.seq).where(_is_open(call_id)).order_by(queue_visits.c.seq.desc()).limit(1)
    return connection.execute(query).scalar()


def left(
    connection: Connection,
    call_id: str,
    *,
    at: datetime,
    outcome: str,
    answered_at: datetime | None = None,
    agent: str | None = None,
    queue: str | None = None,
) -> int | None:
    """The call left the queue; closes its open visit and returns that visit's `seq`, or None if none was open.

    `queue` is the group that it left if it had overflowed to another one than it was sent to.
    """
    seq = open_visit(connection, call_id)
    changes = {"left_at": at, "outcome": outcome, "answered_at": answered_at, "agent": agent, "queue": queue}
    # What was known of an answer stays, however the conversation ended.
    known = {name: value for name, value in changes.items() if value is not None}
    connection.execute(update(queue_visits).where(_is_open(call_id)).values(**known))
    return seq


def answered(connection: Connection, call_id: str, seq: int, *, at: datetime, agent: str | None) -> None:
    """A consultant answers in a visit that lasts; of one that is over everything is known already."""
    this = _is_open(call_id) & (queue_visits.c.seq == seq)
    connection.execute(update(queue_visits).where(this).values(answered_at=at, agent=agent))


def talks(connection: Connection, call_id: str) -> bool:
    """Whether a consultant has answered in the visit that the call is in."""
    return any(visit.answered_at and visit.left_at is None for visit in of_call(connection, call_id))


def _is_open(call_id: str) -> ColumnElement[bool]:
    return (queue_visits.c.call_id == call_id) & queue_visits.c.left_at.is_(None)


def of_call(connection: Connection, call_id: str) -> tuple[Visit, ...]:
    """The visits of a call, in order."""
    query = select(queue_visits).where(queue_visits.c.call_id == call_id).order_by(queue_visits.c.seq)
    return tuple(Visit(**row._mapping) for row in connection.execute(query))
