"""Callers who wait: who stands before whom, how fast a queue is answered, and what they were told about it.

The order is that of `enqueued_at`. Asterisk keeps it, too, by a priority that is made from it (`priority`), however
long each caller is spoken to on the way to the queue: nobody overtakes anybody, and who gets an old place back has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    String,
    Table,
    and_,
    false,
    func,
    insert,
    or_,
    select,
)

from routing.estimates import Estimate, Pace, handling_time
from routing.visits import Visit, queue_visits
from storage.database import Instant, metadata

# Conversations that tell how fast a queue is answered, and who answers it now.
MOST_CONVERSATIONS = 50
CONVERSATIONS_OF = timedelta(hours=8)
ANSWERING_SINCE = timedelta(minutes=30)

# Who left a queue unanswered in one of these ways gets the place back within so long.
REQUESTED = "callback_requested"
LEFT_WAITING = frozenset({"abandoned", "failed", "timeout", "leave_empty", "returned_to_ivr", REQUESTED})
# So does whom a consultant's telephone was lost to.
CUT_OFF = "cut_off"
PLACE_KEPT = timedelta(minutes=10)

# QUEUE_PRIO is a signed number of 32 bits, the higher the earlier; so much is a second of waiting. Until 2039.
FIRST_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
PRIORITY_PER_SECOND = 10
HIGHEST_PRIORITY = 2**31 - 1

wait_estimates = Table(
    "wait_estimates",
    metadata,
    Column("call_id", String(36), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("place", Integer, nullable=False),
    Column("low", Integer, nullable=False),
    Column("high", Integer),
    Column("handling_seconds", Float, nullable=False),
    Column("consultants", Float, nullable=False),
    Column("offered", Boolean, nullable=False, server_default=false()),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What the caller of a visit was told: the `number`-th time (0 on the way to the queue), and from which pace.

    `offered`: by then a callback had been offered.
    """

    call_id: str
    seq: int
    number: int
    at: datetime
    estimate: Estimate
    pace: Pace
    offered: bool = False


def priority(enqueued_at: datetime) -> int:
    """The QUEUE_PRIO by which Asterisk keeps callers in the order in which they began to wait."""
    return HIGHEST_PRIORITY - int((enqueued_at - FIRST_MOMENT).total_seconds() * PRIORITY_PER_SECOND)


def kept_place(visits: Iterable[Visit], queue: str, at: datetime) -> datetime | None:
    """When a caller began to wait who is in a queue again at `at`: the `enqueued_at` of an earlier visit, or None.

    `visits` are those of the call, and of other calls from the same number that are over.
    """
    return min(
        (
            visit.enqueued_at
            for visit in visits
            if visit.queue == queue
            and (visit.outcome == CUT_OFF or (visit.outcome in LEFT_WAITING and visit.answered_at is None))
            and visit.left_at is not None
            and at - visit.left_at <= PLACE_KEPT
        ),
        default=None,
    )


def is_taken(connection: Connection, queue: str, enqueued_at: datetime) -> bool:
    """Whether somebody waits at that place, or has been answered there: a place is given back once."""
    same = (queue_visits.c.queue == queue) & (queue_visits.c.enqueued_at == enqueued_at)
    talked = queue_visits.c.answered_at.is_not(None) & (queue_visits.c.outcome != CUT_OFF)
    used = queue_visits.c.left_at.is_(None) | talked
    return connection.execute(select(queue_visits.c.seq).where(same & used).limit(1)).first() is not None


def waiting(connection: Connection, queue: str | None = None) -> tuple[Visit, ...]:
    """The visits of callers who wait now (in one queue, or in all of them), in their order."""
    c = queue_visits.c
    where = c.left_at.is_(None) & c.answered_at.is_(None)
    if queue is not None:
        where &= c.queue == queue
    rows = connection.execute(select(queue_visits).where(where).order_by(c.enqueued_at, c.call_id))
    return tuple(Visit(**row._mapping) for row in rows)


def place_of(visit: Visit, waiting_now: Iterable[Visit]) -> int:
    """The place in the queue, 1 being the next, among all who wait now."""
    mine = (visit.enqueued_at, visit.call_id)
    return 1 + sum((other.enqueued_at, other.call_id) < mine for other in waiting_now if other.queue == visit.queue)


def pace(connection: Connection, queue: str, at: datetime, wrap_up: float) -> Pace:
    """How fast the queue is answered, from its conversations of the last hours and those that last."""
    return Pace(handling_time(_lengths(connection, queue, at), wrap_up), sum(_shares(connection, queue, at)))


def _lengths(connection: Connection, queue: str, at: datetime) -> list[float]:
    c = queue_visits.c
    over = (c.queue == queue) & (c.left_at > at - CONVERSATIONS_OF) & c.answered_at.is_not(None)
    query = select(c.answered_at, c.left_at).where(over).order_by(c.left_at.desc()).limit(MOST_CONVERSATIONS)
    return [(left - answered).total_seconds() for answered, left in connection.execute(query)]


def _shares(connection: Connection, queue: str, at: datetime) -> list[float]:
    """Of each consultant who answers or answered a moment ago, the share of conversations that were this queue's."""
    c = queue_visits.c
    recent = or_(c.left_at.is_(None), c.left_at > at - ANSWERING_SINCE)
    query = (
        select(c.agent, c.queue, func.count())
        .where(and_(recent, c.agent.is_not(None), c.answered_at.is_not(None)))
        .group_by(c.agent, c.queue)
    )
    all_of: dict[str, int] = {}
    here: dict[str, int] = {}
    for agent, answered_queue, count in connection.execute(query):
        all_of[agent] = all_of.get(agent, 0) + count
        if answered_queue == queue:
            here[agent] = count
    return [count / all_of[agent] for agent, count in here.items()]


def store(connection: Connection, told: Told) -> None:
    """Keep what a caller is told."""
    row = {
        "call_id": told.call_id,
        "seq": told.seq,
        "number": told.number,
        "at": told.at,
        "place": told.estimate.place,
        "low": told.estimate.low,
        "high": told.estimate.high,
        "handling_seconds": told.pace.handling,
        "consultants": told.pace.consultants,
        "offered": told.offered,
    }
    connection.execute(insert(wait_estimates), row)


def last_told(connection: Connection, visits: Iterable[Visit]) -> dict[tuple[str, int], Told]:
    """The newest telling of each visit, by call and seq; a visit that was told nothing is not among them."""
    ids = {visit.call_id for visit in visits}
    query = select(wait_estimates).where(wait_estimates.c.call_id.in_(ids)).order_by(wait_estimates.c.number)
    told = (_told(row) for row in connection.execute(query))
    return {(one.call_id, one.seq): one for one in told}


def of_call(connection: Connection, call_id: str) -> tuple[Told, ...]:
    """All that the caller of a call was told, in order."""
    mine = select(wait_estimates).where(wait_estimates.c.call_id == call_id)
    rows = connection.execute(mine.order_by(wait_estimates.c.seq, wait_estimates.c.number))
    return tuple(_told(row) for row in rows)


def _told(row: object) -> Told:
    values = row._mapping  # type: ignore[attr-defined]
    return Told(
        values["call_id"],
        values["seq"],
        values["number"],
        values["at"],
        Estimate(values["place"], values["low"], values["high"]),
        Pace(values["handling_seconds"], values["consultants"]),
        values["offered"],
    )
