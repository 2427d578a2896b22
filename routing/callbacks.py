"""Callbacks: who is to be called, at which place of which queue, and when the next try is.

A callback stands in its queue by `enqueued_at`, as every caller does (`routing.waiting`). Its number is kept only as
long as it is needed: when the callback is over, the last digits stay.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import CheckConstraint, Column, Connection, Index, Integer, String, Table, insert, select, update

from storage.database import Instant, metadata

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
    CheckConstraint("state IN ('waiting', 'kept', 'not_reached', 'cancelled')", name="state"),
    Index("ix_callbacks_next_try_at", "next_try_at"),
)


@dataclass(frozen=True, slots=True)
class Callback:
    """A caller who is to be called. `call_id` is the call in which it was asked for; one call asks once.

    `number` is E.164; `next_try_at` is None once the callback is over.
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

    @property
    def shown_number(self) -> str:
        """The number as lists show it."""
        return masked(self.number)


def masked(number: str) -> str:
    """A number without all but its last digits."""
    return "*" * (len(number) - SHOWN_DIGITS) + number[-SHOWN_DIGITS:]


def request(connection: Connection, callback: Callback) -> None:
    """Keep a callback."""
    connection.execute(insert(callbacks), asdict(callback))


def tried(connection: Connection, call_id: str, next_try_at: datetime | None) -> None:
    """A try was not answered; without a next one the callback is over."""
    if next_try_at is None:
        return over(connection, call_id, "not_reached", tried=True)
    _change(connection, call_id, tries=callbacks.c.tries + 1, next_try_at=next_try_at)
    return None


def over(connection: Connection, call_id: str, state: State, *, tried: bool = False) -> None:
    """The callback was kept, given up or cancelled; one that is over stays as it is."""
    found = find(connection, call_id)
    if found is None or found.state != "waiting":
        return
    tries = found.tries + tried
    _change(connection, call_id, state=state, tries=tries, next_try_at=None, number=found.shown_number)


def _change(connection: Connection, call_id: str, **values: object) -> None:
    waiting = (callbacks.c.call_id == call_id) & (callbacks.c.state == "waiting")
    connection.execute(update(callbacks).where(waiting).values(**values))


def find(connection: Connection, call_id: str) -> Callback | None:
    """The callback that was asked for in a call."""
    row = connection.execute(select(callbacks).where(callbacks.c.call_id == call_id)).one_or_none()
    return _callback(row) if row else None


def waiting_callbacks(connection: Connection) -> tuple[Callback, ...]:
    """Those that are not over, in their order."""
    c = callbacks.c
    rows = connection.execute(select(callbacks).where(c.state == "waiting").order_by(c.enqueued_at, c.call_id))
    return tuple(map(_callback, rows))


def newest(connection: Connection, limit: int) -> tuple[Callback, ...]:
    """The newest, newest first, whatever became of them."""
    rows = connection.execute(select(callbacks).order_by(callbacks.c.requested_at.desc()).limit(limit))
    return tuple(map(_callback, rows))


def _callback(row: object) -> Callback:
    values = dict(row._mapping)  # type: ignore[attr-defined]
    return replace(Callback(**values), state=cast("State", values["state"]))
