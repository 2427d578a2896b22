"""Tombstones: what is left of a recording that was destroyed, in a chain that shows whether it was changed since.

Each certificate and each run of the job has a head of the chain. No personal data is in any of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from recordings.catalogue import Decided
from recordings.records import tombstones
from recordings.serial import one_at_a_time
from storage import chain
from storage.chain import NOTHING, Chain, Head

_KIND = "centrala tombstone 1"


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One destroyed recording: the SHA-256 of its sound, why it was kept and destroyed, and when."""

    number: int
    recording_id: str
    sha256: str
    policy: str
    decision: str
    ended_at: datetime
    keep_until: date
    purged_at: datetime
    previous: str
    hash: str

    @property
    def head(self) -> Head:
        """The chain's head once this is its last one."""
        return Head(self.number, self.hash)


def append(connection: Connection, buried: Iterable[Decided], purged_at: datetime) -> None:
    """Lengthen the chain by recordings whose destruction was decided, in the caller's transaction."""
    one_at_a_time(connection)
    last, rows = head(connection), []
    for recording in buried:
        values = _following(last, recording, purged_at.astimezone(UTC))
        last = Head(values["number"], hash_of(Tombstone(**values, hash="")))
        rows.append(values | {"hash": last.hash})
    if rows:
        connection.execute(insert(tombstones), rows)


def _following(last: Head, recording: Decided, purged_at: datetime) -> dict[str, Any]:
    return {
        "number": last.number + 1,
        "recording_id": recording.id,
        "sha256": recording.sha256,
        "policy": recording.policy,
        "decision": recording.decision or "",
        "ended_at": recording.ended_at.astimezone(UTC),
        "keep_until": recording.keep_until,
        "purged_at": purged_at,
        "previous": last.hash,
    }


def find(connection: Connection, recording_id: str) -> Tombstone | None:
    """The tombstone of a recording."""
    row = connection.execute(select(tombstones).where(tombstones.c.recording_id == recording_id)).one_or_none()
    return None if row is None else Tombstone(**row._mapping)


def head(connection: Connection) -> Head:
    """The newest tombstone's number and hash."""
    c = tombstones.c
    row = connection.execute(select(c.number, c.hash).order_by(c.number.desc()).limit(1)).one_or_none()
    return NOTHING if row is None else Head(row.number, row.hash)


def everything(connection: Connection) -> Iterator[Tombstone]:
    """The whole chain from its beginning, read as it is needed."""
    query = select(tombstones).order_by(tombstones.c.number).execution_options(yield_per=1000)
    for row in connection.execute(query):
        yield Tombstone(**row._mapping)


def verify(connection: Connection, known: Iterable[Head] = ()) -> Chain:
    """Check the whole chain, and that the heads that are `known` are in it."""
    return chain.check(everything(connection), hash_of, known)


def hash_of(stone: Tombstone) -> str:
    """SHA-256 over every field but the hash itself."""
    fields = (
        _KIND,
        str(stone.number),
        stone.recording_id,
        stone.sha256,
        stone.policy,
        stone.decision,
        chain.moment(stone.ended_at),
        stone.keep_until.isoformat(),
        chain.moment(stone.purged_at),
        stone.previous,
    )
    return chain.digest(fields)
