"""The catalogue of recordings: what was recorded of whom, for what purpose, and until when it is kept.

A row is there from when a recording is taken in until it is destroyed; then a tombstone takes its place. The sound lies
in the archive, its key in the key store; neither can be read without the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Date,
    Float,
    Index,
    Integer,
    Row,
    String,
    Table,
    func,
    insert,
    select,
    text,
    tuple_,
    update,
)

from recordings.consents import consents
from storage.database import Instant, metadata

CALLER_LENGTH = 40
_IMPORTED = text("call_id IS NULL")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Purpose(StrEnum):
    """What was recorded."""

    CONSULTANT_CALL = "consultant_call"
    VIRTUAL_ASSISTANT = "virtual_assistant"
    VIDEO_VISIT = "video_visit"


def sides_of(purpose: Purpose) -> tuple[str, str]:
    """Who is heard on the two channels of what was recorded of a call."""
    return "caller", "assistant" if purpose is Purpose.VIRTUAL_ASSISTANT else "consultant"


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
    Column("caller", String(CALLER_LENGTH)),
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
    Index("ix_recordings_caller", "caller", sqlite_where=_IMPORTED, postgresql_where=_IMPORTED),
    Index("ix_recordings_due", "state", "keep_until", "id"),
    Index("ix_recordings_ended_at", "ended_at", "id"),
    Index("ix_recordings_consultant", "consultant", "ended_at", "id"),
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


_PURPOSE, _STATE = (recordings.columns.keys().index(name) for name in ("purpose", "state"))

Place = tuple[date, str]
"""A last day and an id: a place in the order in which recordings are destroyed."""

BEGINNING: Place = (date.min, "")


@dataclass(frozen=True, slots=True)
class Due:
    """What must be known of a recording to decide on it."""

    id: str
    policy: str
    keep_until: date

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.keep_until, self.id


@dataclass(frozen=True, slots=True)
class Decided:
    """What must be known of a recording to destroy it, once that is decided, and to put up its tombstone."""

    id: str
    origin: str
    call_id: str | None
    sha256: str
    policy: str
    decision: str | None
    ended_at: datetime
    keep_until: date


_DECIDED = tuple(recordings.c[field.name] for field in fields(Decided))


def store(connection: Connection, recording: Recording) -> None:
    """Add a row. Raises IntegrityError where its id or origin is there already."""
    connection.execute(insert(recordings), asdict(recording))


def find(connection: Connection, id: str) -> Recording | None:
    """The recording of that id."""
    row = connection.execute(select(recordings).where(recordings.c.id == id)).one_or_none()
    return None if row is None else _recording(row)


def known(connection: Connection, ids: Iterable[str]) -> frozenset[str]:
    """Those of these ids that there is a row of."""
    c = recordings.c.id
    return frozenset(connection.execute(select(c).where(c.in_(list(ids)))).scalars())


def kept(connection: Connection, ids: Iterable[str]) -> frozenset[str]:
    """Those of these ids that there is a row of, and whose destruction is not decided."""
    c = recordings.c
    query = select(c.id).where(c.id.in_(list(ids)), c.state != State.PURGING)
    return frozenset(connection.execute(query).scalars())


def of_origin(connection: Connection, origin: str) -> Recording | None:
    """The recording that came from there."""
    row = connection.execute(select(recordings).where(recordings.c.origin == origin)).one_or_none()
    return None if row is None else _recording(row)


def is_due(today: date) -> ColumnElement[bool]:
    """Whose last day is over: from the beginning of the day after it."""
    return (recordings.c.state == State.KEPT) & (recordings.c.keep_until < today)


def due(connection: Connection, today: date, after: Place, most: int) -> tuple[Due, ...]:
    """Recordings whose last day is over, from behind that place on, at most so many."""
    return _in_turn(connection, is_due(today), after, most)


def withdrawn(connection: Connection, after: Place, most: int) -> tuple[Due, ...]:
    """Recordings that only holds keep since consent was withdrawn, from behind that place on, at most so many."""
    return _in_turn(connection, recordings.c.state == State.WITHDRAWN, after, most)


def is_lapsed() -> ColumnElement[bool]:
    """What is kept although consent to it was withdrawn."""
    # Begun at the few consents that were withdrawn, as it is asked about every few seconds. SQLite looks a comparison
    # up in their index, and IS NOT NULL not.
    calls = select(consents.c.call_id).where(consents.c.withdrawn_at > _EPOCH)
    return recordings.c.call_id.in_(calls) & _is_kept()


def _is_kept() -> ColumnElement[bool]:
    """As a condition on rows that something else finds: no database looks through all that is kept for it."""
    return recordings.c.state.not_in((State.WITHDRAWN, State.PURGING))


def lapsed(connection: Connection) -> tuple[Recording, ...]:
    """All that is kept although consent to it was withdrawn."""
    rows = connection.execute(select(recordings).where(is_lapsed()).order_by(recordings.c.id))
    return tuple(_recording(row) for row in rows)


def _in_turn(connection: Connection, where: ColumnElement[bool], after: Place, most: int) -> tuple[Due, ...]:
    """In the order of the index, which gives the next ones without looking at any other row."""
    c = recordings.c
    behind = tuple_(c.keep_until, c.id) > tuple_(*after)
    query = select(c.id, c.policy, c.keep_until).where(where, behind).order_by(c.keep_until, c.id).limit(most)
    return tuple(Due(*row) for row in connection.execute(query))


def purging(connection: Connection, most: int, *where: ColumnElement[bool]) -> tuple[str, ...]:
    """The ids of recordings whose destruction is decided and not finished, at most so many, neighbours together."""
    c = recordings.c
    query = select(c.id).where(c.state == State.PURGING, *where).order_by(c.keep_until, c.id).limit(most)
    return tuple(connection.execute(query).scalars())


def decided(connection: Connection, ids: Iterable[str]) -> tuple[Decided, ...]:
    """The recordings of these ids that there are, by id; whoever asks knows that they are decided on."""
    query = select(*_DECIDED).where(recordings.c.id.in_(list(ids))).order_by(recordings.c.id)
    return tuple(Decided(*row) for row in connection.execute(query))


def decide(connection: Connection, ids: Iterable[str], decision: str) -> None:
    """Have these destroyed. What is decided already keeps its decision, which is why a hold alone kept it, too."""
    c = recordings.c
    where = c.id.in_(list(ids)) & (c.state != State.PURGING)
    values = {"state": State.PURGING, "decision": func.coalesce(c.decision, decision)}
    connection.execute(update(recordings).where(where).values(values))


def decide_after_holds(connection: Connection, ids: Iterable[str], decision: str) -> None:
    """Have these destroyed as soon as no hold keeps them."""
    where = recordings.c.id.in_(list(ids)) & _is_kept()
    connection.execute(update(recordings).where(where).values(state=State.WITHDRAWN, decision=decision))


def remove(connection: Connection, ids: Iterable[str]) -> frozenset[str]:
    """Take the rows out, and say which were there; their tombstones are written in the same transaction.

    Whoever removes does so one at a time (`recordings.serial`).
    """
    mine = recordings.delete().where(recordings.c.id.in_(list(ids)))
    return frozenset(connection.execute(mine.returning(recordings.c.id)).scalars())


def count(connection: Connection, enough: int) -> int:
    """How many recordings there are; counting ends at `enough`, as it takes long where there are millions."""
    some = select(recordings.c.id).limit(enough).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def of_call(connection: Connection, call_id: str) -> tuple[Recording, ...]:
    """The recordings of a call, the oldest first."""
    c = recordings.c
    rows = connection.execute(select(recordings).where(c.call_id == call_id).order_by(c.ended_at, c.id))
    return tuple(_recording(row) for row in rows)


def everything(connection: Connection, *where: ColumnElement[bool]) -> Iterator[Recording]:
    """All rows of which this is so, the oldest conversation first, read as they are needed."""
    c = recordings.c
    query = select(recordings).where(*where).order_by(c.ended_at, c.id).execution_options(yield_per=1000)
    for row in connection.execute(query):
        yield _recording(row)


def _recording(row: Row[Any]) -> Recording:
    """The columns stand in the order of the fields; by name it would take twice as long."""
    values = list(row)
    values[_PURPOSE], values[_STATE] = Purpose(values[_PURPOSE]), State(values[_STATE])
    return Recording(*values)
