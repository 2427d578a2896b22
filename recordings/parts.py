"""Recorded parts of a call: the two sides of one conversation with one consultant, as Asterisk wrote them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Connection, Integer, String, Table, insert, select

from storage.database import Instant, metadata

recording_parts = Table(
    "recording_parts",
    metadata,
    Column("call_id", String(36), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("agent", String(20), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=False),
    Column("caller_file", String(200), nullable=False),
    Column("agent_file", String(200), nullable=False),
)


@dataclass(frozen=True, slots=True)
class RecordingPart:
    """One conversation of a call. `seq` is the turn that sent the call to the queue; files lie in Home.recordings."""

    call_id: str
    seq: int
    agent: str
    started_at: datetime
    ended_at: datetime
    caller_file: str
    agent_file: str


def store(connection: Connection, part: RecordingPart) -> None:
    """Keep the row of a finished part."""
    connection.execute(insert(recording_parts), asdict(part))


def of_call(connection: Connection, call_id: str) -> tuple[RecordingPart, ...]:
    """The parts of a call, in order."""
    query = select(recording_parts).where(recording_parts.c.call_id == call_id).order_by(recording_parts.c.seq)
    return tuple(RecordingPart(**row._mapping) for row in connection.execute(query))


def find(connection: Connection, call_id: str, seq: int) -> RecordingPart | None:
    """One part of a call."""
    row = connection.execute(select(recording_parts).where(_is(call_id, seq))).one_or_none()
    return None if row is None else RecordingPart(**row._mapping)


def remove(connection: Connection, call_id: str, seq: int) -> None:
    """Take the row out: what it tells of is destroyed."""
    connection.execute(recording_parts.delete().where(_is(call_id, seq)))


def file_names(connection: Connection) -> frozenset[str]:
    """The files of all parts."""
    c = recording_parts.c
    return frozenset(name for row in connection.execute(select(c.caller_file, c.agent_file)) for name in row)


def _is(call_id: str, seq: int) -> ColumnElement[bool]:
    return (recording_parts.c.call_id == call_id) & (recording_parts.c.seq == seq)
