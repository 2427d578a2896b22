"""Everything on record of recordings: what is kept or held, what is quarantined, and what has been destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, or_, select

from recordings import catalogue, rejected
from recordings.catalogue import Recording, State
from recordings.records import held_recordings, legal_holds, tombstones
from recordings.rejected import Rejected


class Status(StrEnum):
    """How a recording stands. PURGING: its destruction is decided and not finished."""

    KEPT = "kept"
    HELD = "held"
    PURGING = "purging"
    QUARANTINED = "quarantined"
    PURGED = "purged"


@dataclass(frozen=True, slots=True)
class Entry:
    """One recording. `recording` is its row while it is in the catalogue; `reason` why it is not, in words."""

    id: str
    ended_at: datetime | None
    keep_until: date | None
    status: Status
    recording: Recording | None = None
    reason: str | None = None
    purged_at: datetime | None = None


def entries(connection: Connection, today: date) -> Iterator[Entry]:
    """All of them, read as they are needed: the catalogue, the quarantine, and what was destroyed."""
    held = _held(connection, today)
    for recording in catalogue.everything(connection):
        yield _catalogued(recording, recording.id in held)
    yield from map(_quarantined, rejected.quarantined(connection))
    query = select(tombstones).order_by(tombstones.c.number).execution_options(yield_per=1000)
    yield from map(_purged, connection.execute(query))


def find(connection: Connection, id: str, today: date) -> Entry | None:
    """The one of that id."""
    recording = catalogue.find(connection, id)
    if recording is not None:
        return _catalogued(recording, id in _held(connection, today, id))
    stone = connection.execute(select(tombstones).where(tombstones.c.recording_id == id)).one_or_none()
    if stone is not None:
        return _purged(stone)
    # They are few, and have their ids from where they came from.
    return next((_quarantined(one) for one in rejected.quarantined(connection) if one.id == id), None)


def _held(connection: Connection, today: date, id: str | None = None) -> frozenset[str]:
    """The recordings that a hold keeps: one that was not lifted and whose last day is not over."""
    hold, held = legal_holds.c, held_recordings.c
    query = select(held.recording_id).join(legal_holds, hold.id == held.hold_id)
    query = query.where(hold.lifted_at.is_(None), or_(hold.until.is_(None), hold.until >= today))
    if id is not None:
        query = query.where(held.recording_id == id)
    return frozenset(connection.execute(query).scalars())


def _catalogued(recording: Recording, held: bool) -> Entry:
    status = Status.PURGING if recording.state is State.PURGING else Status.HELD if held else Status.KEPT
    return Entry(
        recording.id, recording.ended_at, recording.keep_until, status, recording=recording, reason=recording.decision
    )


def _quarantined(one: Rejected) -> Entry:
    return Entry(one.id, one.ended_at, one.keep_until, Status.QUARANTINED, reason=one.reason)


def _purged(stone: Any) -> Entry:
    return Entry(
        stone.recording_id,
        stone.ended_at,
        stone.keep_until,
        Status.PURGED,
        reason=stone.decision,
        purged_at=stone.purged_at,
    )
