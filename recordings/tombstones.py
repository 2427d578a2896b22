"""Tombstones: what is left of a recording that was destroyed, in a chain that shows whether it was changed since.

Each holds the hash of the one before, and its own hash covers all of it, so that a tombstone that is changed, removed,
put in or moved breaks the chain there. A chain that was cut off at its end looks whole: whoever keeps a head (a number
and its hash; each certificate and each run of the job has one) can tell. No personal data is in any of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from recordings.catalogue import Recording
from recordings.records import tombstones
from recordings.serial import one_at_a_time

_KIND = "centrala tombstone 1"


@dataclass(frozen=True, slots=True)
class Head:
    """Up to where a chain was whole: the number of a tombstone and its hash."""

    number: int
    hash: str


NOTHING = Head(0, "0" * 64)
"""The head of an empty chain."""


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


@dataclass(frozen=True, slots=True)
class Chain:
    """What became of checking a chain. `broken` is the first number at which it is not whole, and `why` says how."""

    head: Head
    broken: int | None = None
    why: str = ""

    @property
    def whole(self) -> bool:
        """Whether nothing was changed, removed or moved."""
        return self.broken is None


def append(connection: Connection, buried: Iterable[Recording], purged_at: datetime) -> None:
    """Lengthen the chain by recordings whose destruction was decided, in the caller's transaction."""
    one_at_a_time(connection)
    last, rows = head(connection), []
    for recording in buried:
        values = _following(last, recording, purged_at.astimezone(UTC))
        last = Head(values["number"], hash_of(Tombstone(**values, hash="")))
        rows.append(values | {"hash": last.hash})
    if rows:
        connection.execute(insert(tombstones), rows)


def _following(last: Head, recording: Recording, purged_at: datetime) -> dict[str, Any]:
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
    return check(everything(connection), known)


def check(chain: Iterable[Tombstone], known: Iterable[Head] = ()) -> Chain:
    """Check tombstones in the order of their numbers."""
    expected = {one.number: one.hash for one in known}
    last = NOTHING
    for stone in chain:
        if (why := _fault(stone, last)) or (why := _unexpected(stone.head, expected)):
            return Chain(last, min(stone.number, last.number + 1), why)
        last = stone.head
    missing = min((number for number in expected if number > last.number), default=None)
    if missing is not None:
        return Chain(last, last.number + 1, f"missing: the chain has reached {missing} before")
    return Chain(last)


def hash_of(stone: Tombstone) -> str:
    """SHA-256 over every field but the hash itself, each with its length before it, so that none can run into another.

    Moments are in UTC to the microsecond.
    """
    fields = (
        _KIND,
        str(stone.number),
        stone.recording_id,
        stone.sha256,
        stone.policy,
        stone.decision,
        _moment(stone.ended_at),
        stone.keep_until.isoformat(),
        _moment(stone.purged_at),
        stone.previous,
    )
    encoded = (field.encode() for field in fields)
    return hashlib.sha256(b"".join(b"%d:%b\n" % (len(one), one) for one in encoded)).hexdigest()


def _fault(stone: Tombstone, last: Head) -> str:
    if stone.number != last.number + 1:
        return "missing"
    if stone.previous != last.hash:
        return "does not follow the one before it"
    return "" if stone.hash == hash_of(stone) else "changed"


def _unexpected(found: Head, expected: dict[int, str]) -> str:
    return "" if expected.get(found.number, found.hash) == found.hash else "another one than was there before"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
