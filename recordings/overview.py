"""Everything on record of recordings: what is kept or held, what is quarantined, and what has been destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Connection

from recordings import catalogue, holds, rejected, tombstones
from recordings.catalogue import Recording, State
from recordings.rejected import Rejected
from recordings.tombstones import Tombstone


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
    held = frozenset(connection.execute(holds.held_on(today)).scalars())
    for recording in catalogue.everything(connection):
        yield _catalogued(recording, recording.id in held)
    yield from map(_quarantined, rejected.quarantined(connection))
    yield from map(_purged, tombstones.everything(connection))


def find(connection: Connection, id: str, today: date) -> Entry | None:
    """The one of that id."""
    recording = catalogue.find(connection, id)
    if recording is not None:
        return _catalogued(recording, bool(holds.held(connection, [id], today)))
    stone = tombstones.find(connection, id)
    if stone is not None:
        return _purged(stone)
    aside = rejected.find_quarantined(connection, id)
    return None if aside is None else _quarantined(aside)


def _catalogued(recording: Recording, held: bool) -> Entry:
    status, reason = _status(recording.state, held), recording.decision
    return Entry(recording.id, recording.ended_at, recording.keep_until, status, recording=recording, reason=reason)


def _status(state: State, held: bool) -> Status:
    match state:
        case State.PURGING:
            return Status.PURGING
        case State.KEPT | State.WITHDRAWN if held:
            return Status.HELD
        case State.WITHDRAWN:
            # The hold that kept it is over, and the next run destroys it.
            return Status.PURGING
        case State.KEPT:
            return Status.KEPT


def _quarantined(one: Rejected) -> Entry:
    return Entry(one.id, one.ended_at, one.keep_until, Status.QUARANTINED, reason=one.reason)


def _purged(stone: Tombstone) -> Entry:
    return Entry(
        stone.recording_id,
        stone.ended_at,
        stone.keep_until,
        Status.PURGED,
        reason=stone.decision,
        purged_at=stone.purged_at,
    )
