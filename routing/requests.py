"""What commands ask of Asterisk for a call that is under way: kept until whoever leads has it done, within a second.

A request is gone once it is carried out, or once there is no such call. A login is asked for by somebody who waits: it
is begun with once, one that is refused says why, and one that is old is removed. What a telephone is to show or not to
show any more waits until Asterisk can be told, and may be told twice.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Boolean, Column, ColumnElement, Connection, String, Table, delete, select, update

from storage.database import Instant, metadata
from storage.upsert import upsert

# The caller is to log in; has the level `substitute`, as a colleague who is asked is to know; speaks for no payer more.
LOGIN, LEVEL, PAYER = "login", "level", "payer"
OLD = timedelta(seconds=30)

caller_requests = Table(
    "caller_requests",
    metadata,
    Column("call_id", String(36), primary_key=True),
    Column("kind", String(12), primary_key=True),
    Column("agent", String(20), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("taken", Boolean(name="taken_is_boolean"), nullable=False),
    Column("refusal", String(80)),
)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for which call; `agent` is the consultant who talks to its caller, where that matters.

    `taken`: a leader has begun to carry it out. `refusal` is why it was not, for people.
    """

    call_id: str
    kind: str
    agent: str
    asked_at: datetime
    taken: bool = False
    refusal: str | None = None


def ask(connection: Connection, request: Request) -> None:
    """Keep a request, in place of an earlier one of its kind for the same call."""
    changing = ("agent", "asked_at", "taken", "refusal")
    connection.execute(upsert(connection, caller_requests, key=("call_id", "kind"), changing=changing), asdict(request))


def everything(connection: Connection) -> tuple[Request, ...]:
    """All that are kept, in the order in which they were asked."""
    query = select(caller_requests).order_by(caller_requests.c.asked_at, caller_requests.c.call_id)
    return tuple(Request(**row._mapping) for row in connection.execute(query))


def find(connection: Connection, call_id: str, kind: str) -> Request | None:
    """The request of a kind for a call; None once it is carried out."""
    return next((one for one in everything(connection) if (one.call_id, one.kind) == (call_id, kind)), None)


def take(connection: Connection, at: datetime) -> tuple[Request, ...]:
    """Those that are to be carried out, by the caller of this; a login that is old is removed."""
    table = caller_requests.c
    connection.execute(delete(caller_requests).where(table.kind == LOGIN, table.asked_at < at - OLD))
    due = table.taken.is_(False) | (table.kind != LOGIN)
    # Told by what is changed: a request that comes in meanwhile is neither begun with nor lost.
    rows = connection.execute(update(caller_requests).where(due).values(taken=True).returning(caller_requests))
    return tuple(sorted((Request(**row._mapping) for row in rows), key=lambda one: (one.asked_at, one.call_id)))


def refuse(connection: Connection, request: Request, why: str) -> None:
    """It cannot be carried out; `why` is a clause of at most 80 characters."""
    connection.execute(update(caller_requests).where(_same(request)).values(refusal=why))


def remove(connection: Connection, request: Request) -> None:
    """It is carried out, or not wanted any more."""
    connection.execute(delete(caller_requests).where(_same(request)))


def _same(request: Request) -> ColumnElement[bool]:
    table = caller_requests.c
    return (table.call_id == request.call_id) & (table.kind == request.kind) & (table.asked_at == request.asked_at)
