"""Callbacks: who is to be called, at which place of which queue, and when the next try is.

A callback stands in its queue by `enqueued_at`, as every caller does (`routing.waiting`). When it is over, the last
digits of its number stay here; the turns in which it was asked for hold it for as long as turns are kept.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    String,
    Table,
    select,
    update,
)

from routing.visits import Visit
from storage.database import Instant, metadata
from storage.upsert import upsert

State = Literal["waiting", "kept", "not_reached", "cancelled"]
SHOWN_DIGITS = 3

callbacks = Table(
    "callbacks",
    metadata,
    Column("call_id", String(36), primary_key=True),
    Column("number", String(20), nullable=False),
    Column("queue", String(40), nullable=False),
    Column("topic", String(40), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("enqueued_at", Instant, nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("state", String(12), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", Instant),
    Column("line_at", Instant),
    Column("met_at", Instant),
    Column("over_at", Instant),
    Column("cancelled_in", String(36)),
    CheckConstraint("state IN ('waiting', 'kept', 'not_reached', 'cancelled')", name="state"),
    Index("ix_callbacks_next_try_at", "next_try_at"),
    Index("ix_callbacks_number", "number"),
    Index("ix_callbacks_cancelled_in", "cancelled_in"),
    Index("ix_callbacks_over_at", "over_at"),
)
# What asking a second time in one call changes.
_ASKED_AGAIN = (
    *("number", "queue", "topic", "lang", "enqueued_at", "requested_at"),
    *("state", "tries", "next_try_at", "over_at", "cancelled_in"),
)


@dataclass(frozen=True, slots=True)
class Callback:
    """A caller who is to be called. `call_id` is the call in which it was asked for; one call asks once.

    `number` is E.164; `next_try_at` is None once the callback is over. `line_at` is since when a line of its own
    stands in the queue, or is with a consultant. `met_at` is when somebody answered at the number.
    `cancelled_in` is the call in which it was cancelled.
    """

    call_id: str
    number: str
    queue: str
    topic: str
    lang: str
    enqueued_at: datetime
    requested_at: datetime
    next_try_at: datetime | None
    tries: int = 0
    state: State = "waiting"
    line_at: datetime | None = None
    met_at: datetime | None = None
    over_at: datetime | None = None
    cancelled_in: str | None = None

    @property
    def in_hand(self) -> bool:
        """Whether somebody has answered at the number and may still be on the line."""
        return self.line_at is not None and self.met_at is not None and self.met_at >= self.line_at

    @property
    def shown_number(self) -> str:
        """The number as lists show it."""
        return masked(self.number)


def masked(number: str) -> str:
    """A number without all but its last digits."""
    return "*" * (len(number) - SHOWN_DIGITS) + number[-SHOWN_DIGITS:]


def request(connection: Connection, callback: Callback) -> None:
    """Keep a callback; asked for once more in the same call, it is the newer one's number that is called."""
    statement = upsert(connection, callbacks, key=("call_id",), changing=_ASKED_AGAIN)
    connection.execute(statement, asdict(callback))


def tried(connection: Connection, call_id: str, at: datetime, next_try_at: datetime | None) -> bool:
    """A try was not answered; without a next one the callback is over. Whether it is by this."""
    if next_try_at is None:
        return over(connection, call_id, "not_reached", at, tried=True)
    _change(connection, call_id, tries=callbacks.c.tries + 1, next_try_at=next_try_at)
    return False


def postponed(connection: Connection, call_id: str, next_try_at: datetime | None, at: datetime) -> bool:
    """No consultant was there; it is no try. A queue that never opens again keeps nothing. Whether that ends it."""
    if next_try_at is None:
        return over(connection, call_id, "not_reached", at)
    _change(connection, call_id, next_try_at=next_try_at)
    return False


def over(
    connection: Connection,
    call_id: str,
    state: State,
    at: datetime,
    *,
    tried: bool = False,
    cancelled_in: str | None = None,
) -> bool:
    """The callback was kept, given up or cancelled, and is over by this; one that is over stays as it is (False)."""
    found = find(connection, call_id)
    if found is None or found.state != "waiting":
        return False
    values = {"state": state, "tries": found.tries + tried, "next_try_at": None, "over_at": at}
    return _change(connection, call_id, **values, number=found.shown_number, cancelled_in=cancelled_in)


def put_in_line(connection: Connection, call_id: str, at: datetime) -> bool:
    """A line is about to be put in its queue; False if another process was quicker, or the callback is over."""
    free = (callbacks.c.call_id == call_id) & (callbacks.c.state == "waiting") & callbacks.c.line_at.is_(None)
    return connection.execute(update(callbacks).where(free).values(line_at=at)).rowcount == 1


def met(connection: Connection, call_id: str, at: datetime) -> None:
    """Somebody has answered at the number."""
    connection.execute(update(callbacks).where(callbacks.c.call_id == call_id).values(met_at=at))


def line_gone(connection: Connection, call_id: str) -> None:
    """Its line is in the queue no more."""
    connection.execute(update(callbacks).where(callbacks.c.call_id == call_id).values(line_at=None))


def _change(connection: Connection, call_id: str, **values: object) -> bool:
    """Change one that is not over; whether there was such a one."""
    waiting = (callbacks.c.call_id == call_id) & (callbacks.c.state == "waiting")
    return connection.execute(update(callbacks).where(waiting).values(**values)).rowcount == 1


def find(connection: Connection, call_id: str) -> Callback | None:
    """The callback that was asked for in a call."""
    row = connection.execute(select(callbacks).where(callbacks.c.call_id == call_id)).one_or_none()
    return _callback(row) if row else None


def matching(connection: Connection, where: ColumnElement[bool]) -> tuple[Callback, ...]:
    """Those of which that is so, in their order."""
    rows = connection.execute(select(callbacks).where(where).order_by(callbacks.c.enqueued_at, callbacks.c.call_id))
    return tuple(map(_callback, rows))


def waiting_callbacks(connection: Connection) -> tuple[Callback, ...]:
    """Those that are not over, in their order."""
    return matching(connection, callbacks.c.state == "waiting")


def due(connection: Connection, at: datetime) -> tuple[Callback, ...]:
    """Those whose try has come and that have no line yet, in their order."""
    c = callbacks.c
    return matching(connection, (c.state == "waiting") & (c.next_try_at <= at) & c.line_at.is_(None))


def with_line(connection: Connection) -> tuple[Callback, ...]:
    """Those that have a line, whatever became of them."""
    return matching(connection, callbacks.c.line_at.is_not(None))


def awaited_at(connection: Connection, number: str) -> tuple[Callback, ...]:
    """Those that wait to be called at the number (E.164)."""
    return matching(connection, (callbacks.c.state == "waiting") & (callbacks.c.number == number))


def cancelled_in(connection: Connection, call_id: str, queue: str) -> tuple[Callback, ...]:
    """Those for the queue that were cancelled in a call."""
    return matching(connection, (callbacks.c.cancelled_in == call_id) & (callbacks.c.queue == queue))


def in_queue(connection: Connection, at: datetime, queue: str | None = None) -> tuple[Visit, ...]:
    """Callbacks whose turn may come, as visits of people who wait (in one queue, or in all of them)."""
    c = callbacks.c
    where = (c.state == "waiting") & (c.next_try_at <= at)
    if queue is not None:
        where &= c.queue == queue
    return tuple(Visit(one.call_id, 0, one.queue, one.topic, one.enqueued_at) for one in matching(connection, where))


def newest(connection: Connection, limit: int) -> tuple[Callback, ...]:
    """The newest, newest first, whatever became of them."""
    rows = connection.execute(select(callbacks).order_by(callbacks.c.requested_at.desc()).limit(limit))
    return tuple(map(_callback, rows))


def _callback(row: object) -> Callback:
    values = dict(row._mapping)  # type: ignore[attr-defined]
    return replace(Callback(**values), state=cast("State", values["state"]))
