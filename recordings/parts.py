"""Recorded parts of a call: the two sides of one conversation, as Asterisk wrote them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    Row,
    String,
    Table,
    Text,
    and_,
    insert,
    or_,
    select,
    text,
    update,
)

from recordings.catalogue import Purpose
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
    Column("settled_at", Instant, index=True),
    Column("pauses", Text, nullable=False, server_default=text("''")),
    Column("purpose", String(20), nullable=False, server_default=text(f"'{Purpose.CONSULTANT_CALL}'")),
)


@dataclass(frozen=True, slots=True)
class RecordingPart:
    """One conversation of a call. `seq` is the turn that it began with; files lie in Home.recordings.

    `agent` is the consultant, or empty: the virtual assistant, whose part ends when it began as long as it lasts.
    `settled_at` is when they were gone from there: taken into the archive, put aside or destroyed. `pauses` are when it
    is silent, since the caller was logging in: `from-until`, in seconds since it began, with commas between. Of a
    callback these times are left out.
    """

    call_id: str
    seq: int
    agent: str
    started_at: datetime
    ended_at: datetime
    caller_file: str
    agent_file: str
    settled_at: datetime | None = None
    pauses: str = ""
    purpose: Purpose = Purpose.CONSULTANT_CALL


def pauses(begin: datetime, end: datetime, spans: tuple[tuple[datetime, datetime], ...]) -> str:
    """These spans of time as a part tells of its pauses, those that fall into it."""
    own = ((since, until) for since, until in spans if begin <= since < end)
    seconds = (((since - begin).total_seconds(), (until - begin).total_seconds()) for since, until in own)
    return ",".join(f"{since:.1f}-{until:.1f}" for since, until in seconds)


def store(connection: Connection, part: RecordingPart) -> None:
    """Keep the row of a finished part."""
    connection.execute(insert(recording_parts), asdict(part))


def end(connection: Connection, call_id: str, purpose: Purpose, at: datetime) -> None:
    """The part of that purpose which lasts is over."""
    c = recording_parts.c
    lasting = (c.call_id == call_id) & (c.purpose == purpose) & (c.ended_at == c.started_at)
    connection.execute(update(recording_parts).where(lasting).values(ended_at=at))


def of_call(connection: Connection, call_id: str) -> tuple[RecordingPart, ...]:
    """The parts of a call, in order."""
    query = select(recording_parts).where(recording_parts.c.call_id == call_id).order_by(recording_parts.c.seq)
    return tuple(_part(row) for row in connection.execute(query))


def pauses_in(connection: Connection, call_id: str, seq: int) -> str:
    """When a part paused; empty where it did not."""
    return connection.execute(select(recording_parts.c.pauses).where(_is(call_id, seq))).scalar() or ""


def unsettled(connection: Connection, after: tuple[str, int], most: int) -> tuple[RecordingPart, ...]:
    """Parts whose files are still to be taken in, from behind that call and `seq` on, at most so many."""
    c = recording_parts.c
    behind = or_(c.call_id > after[0], and_(c.call_id == after[0], c.seq > after[1]))
    query = select(recording_parts).where(c.settled_at.is_(None), behind).order_by(c.call_id, c.seq).limit(most)
    return tuple(_part(row) for row in connection.execute(query))


def settle(connection: Connection, part: RecordingPart, at: datetime) -> None:
    """Nothing is to be done about the part any more."""
    this = _is(part.call_id, part.seq)
    connection.execute(update(recording_parts).where(this).values(settled_at=at))


def names_of(connection: Connection, keys: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    """The files of the parts of these calls and turns, by their names as they stand there."""
    wanted, c = frozenset(keys), recording_parts.c
    query = select(c.call_id, c.seq, c.caller_file, c.agent_file)
    rows = connection.execute(query.where(c.call_id.in_({call_id for call_id, _ in wanted})))
    return tuple(name for call_id, seq, *names in rows if (call_id, seq) in wanted for name in names)


def remove(connection: Connection, keys: Iterable[tuple[str, int]]) -> None:
    """Take the rows of these calls and turns out: what they tell of is destroyed."""
    c, calls = recording_parts.c, defaultdict[int, list[str]](list)
    for call_id, seq in keys:
        calls[seq].append(call_id)
    # There are few turns, and thousands of calls: pairs SQLite would look for through the whole table.
    for seq, of_calls in calls.items():
        connection.execute(recording_parts.delete().where(c.call_id.in_(of_calls), c.seq == seq))


def files(part: RecordingPart, folder: Path) -> tuple[Path, ...]:
    """Where its files lie in that folder; none where a name leads out of it, since that is none of Asterisk's."""
    names = (part.caller_file, part.agent_file)
    is_safe = all(name == Path(name).name and name not in ("", "..") and "\0" not in name for name in names)
    return tuple(folder / name for name in names) if is_safe else ()


def file_names(connection: Connection) -> frozenset[str]:
    """The files of all parts."""
    c = recording_parts.c
    return frozenset(name for row in connection.execute(select(c.caller_file, c.agent_file)) for name in row)


def named(connection: Connection, names: Iterable[str]) -> frozenset[str]:
    """Those of these files that are of a part."""
    c, wanted = recording_parts.c, list(names)
    rows = connection.execute(
        select(c.caller_file, c.agent_file).where(c.caller_file.in_(wanted) | c.agent_file.in_(wanted))
    )
    return frozenset(name for row in rows for name in row)


def _part(row: Row[Any]) -> RecordingPart:
    values = dict(row._mapping)
    return RecordingPart(**values | {"purpose": Purpose(values["purpose"])})


def _is(call_id: str, seq: int) -> ColumnElement[bool]:
    return (recording_parts.c.call_id == call_id) & (recording_parts.c.seq == seq)
