"""The catalogue of recordings: what was recorded of whom, for what purpose, and until when it is kept.

A row is there from when a recording is taken in until it is destroyed; then a tombstone takes its place. The sound lies
in the archive, its key in the key store; neither can be read without the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Date,
    Float,
    Index,
    Integer,
    String,
    Table,
    func,
    insert,
    select,
    true,
    update,
)

from storage.database import Instant, metadata

CALLER_LENGTH = 40


class Purpose(StrEnum):
    """What was recorded."""

    CONSULTANT_CALL = "consultant_call"
    VIRTUAL_ASSISTANT = "virtual_assistant"
    VIDEO_VISIT = "video_visit"


class State(StrEnum):
    """Whether a recording is kept, is kept by a hold alone, or is being destroyed, which never turns back."""

    KEPT = "kept"
    WITHDRAWN = "withdrawn"
    PURGING = "purging"


recordings = Table(
    "recordings",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("origin", String(120), nullable=False, unique=True),
    Column("call_id", String(36), index=True),
    Column("purpose", String(20), nullable=False),
    Column("topic", String(40)),
    Column("queue", String(40)),
    Column("consultant", String(40)),
    Column("level", String(20)),
    Column("caller", String(CALLER_LENGTH), index=True),
    Column("ended_at", Instant, nullable=False),
    Column("taken_in_at", Instant, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("format", String(8), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("level_dbfs", Float),
    Column("silence", Float),
    Column("keep_until", Date, nullable=False),
    Column("policy", String(60), nullable=False),
    Column("state", String(10), nullable=False),
    Column("decision", String(120)),
    Index("ix_recordings_due", "state", "keep_until", "id"),
)


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded conversation.

    `origin` names where it came from, once: "call:<call>/<seq>" or "import:<file>". `duration_ms` is in milliseconds,
    `size` in bytes as stored, `sha256` is of the plain sound as stored before it was sealed, `level_dbfs` in decibels
    below full scale (None: silent throughout), `silence` the share of it that is silent. `keep_until` is the last day,
    by the service's calendar, on which it is kept; `policy` says in words why. `decision` is what decided to destroy
    it, once that is decided; no person is named there, as it outlives the recording.
    """

    id: str
    origin: str
    call_id: str | None
    purpose: Purpose
    topic: str | None
    queue: str | None
    consultant: str | None
    level: str | None
    caller: str | None
    ended_at: datetime
    taken_in_at: datetime
    duration_ms: int
    format: str
    size: int
    sha256: str
    level_dbfs: float | None
    silence: float | None
    keep_until: date
    policy: str
    state: State = State.KEPT
    decision: str | None = None


def store(connection: Connection, recording: Recording) -> None:
    """Add a row. Raises IntegrityError where its id or origin is there already."""
    connection.execute(insert(recordings), asdict(recording))


def find(connection: Connection, id: str) -> Recording | None:
    """The recording of that id."""
    row = connection.execute(select(recordings).where(recordings.c.id == id)).one_or_none()
    return None if row is None else _recording(row._mapping)


def of_origin(connection: Connection, origin: str) -> Recording | None:
    """The recording that came from there."""
    row = connection.execute(select(recordings).where(recordings.c.origin == origin)).one_or_none()
    return None if row is None else _recording(row._mapping)


def is_due(today: date) -> ColumnElement[bool]:
    """Whose last day is over: from the beginning of the day after it."""
    return (recordings.c.state == State.KEPT) & (recordings.c.keep_until < today)


def due(connection: Connection, today: date, after: str, most: int) -> tuple[Recording, ...]:
    """Recordings whose last day is over, by id from behind `after` on, at most so many."""
    c = recordings.c
    where = is_due(today) & (c.id > after)
    rows = connection.execute(select(recordings).where(where).order_by(c.id).limit(most))
    return tuple(_recording(row._mapping) for row in rows)


def withdrawn(connection: Connection, after: str, most: int) -> tuple[Recording, ...]:
    """Recordings that only holds keep since consent was withdrawn, by id from behind `after` on, at most so many."""
    c = recordings.c
    where = (c.state == State.WITHDRAWN) & (c.id > after)
    rows = connection.execute(select(recordings).where(where).order_by(c.id).limit(most))
    return tuple(_recording(row._mapping) for row in rows)


def purging(connection: Connection, most: int) -> tuple[Recording, ...]:
    """Recordings whose destruction is decided and not finished, at most so many."""
    rows = connection.execute(select(recordings).where(recordings.c.state == State.PURGING).limit(most))
    return tuple(_recording(row._mapping) for row in rows)


def decide(connection: Connection, ids: Iterable[str], decision: str) -> None:
    """Have these destroyed. What is decided already keeps its decision, which is why a hold alone kept it, too."""
    c = recordings.c
    where = c.id.in_(list(ids)) & (c.state != State.PURGING)
    values = {"state": State.PURGING, "decision": func.coalesce(c.decision, decision)}
    connection.execute(update(recordings).where(where).values(values))


def decide_after_holds(connection: Connection, ids: Iterable[str], decision: str) -> None:
    """Have these destroyed as soon as no hold keeps them."""
    c = recordings.c
    where = c.id.in_(list(ids)) & (c.state == State.KEPT)
    connection.execute(update(recordings).where(where).values(state=State.WITHDRAWN, decision=decision))


def remove(connection: Connection, id: str) -> bool:
    """Take the row out; its tombstone is written in the same transaction. Whether it was there."""
    return connection.execute(recordings.delete().where(recordings.c.id == id)).rowcount > 0


def of_call(connection: Connection, call_id: str) -> tuple[Recording, ...]:
    """The recordings of a call, the oldest first."""
    c = recordings.c
    rows = connection.execute(select(recordings).where(c.call_id == call_id).order_by(c.ended_at, c.id))
    return tuple(_recording(row._mapping) for row in rows)


def matching(connection: Connection, where: ColumnElement[bool]) -> Iterator[Recording]:
    """The recordings of which that is so, the oldest conversation first, read as they are needed."""
    c = recordings.c
    query = select(recordings).where(where).order_by(c.ended_at, c.id).execution_options(yield_per=1000)
    for row in connection.execute(query):
        yield _recording(row._mapping)


def everything(connection: Connection) -> Iterator[Recording]:
    """All rows, the oldest conversation first, read as they are needed."""
    return matching(connection, true())


def _recording(row: object) -> Recording:
    values = dict(row)  # type: ignore[call-overload]
    values |= {"purpose": Purpose(values["purpose"]), "state": State(values["state"])}
    return Recording(**values)
