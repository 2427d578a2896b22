"""Everything on record of recordings: what is kept or held, what is quarantined, and what has been destroyed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, select

from recordings import catalogue, holds, rejected, tombstones
from recordings.catalogue import Recording, State, recordings
from recordings.records import recording_scores
from recordings.rejected import Rejected
from recordings.tombstones import Tombstone
from recordings.wanted import ANY, Wanted, conditions


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


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries: `wanted` and the others must be so. `unscored`: may be scored, and nobody has."""

    wanted: Wanted = ANY
    status: Status | None = None
    unscored: bool = False


EVERYTHING = Sought()


def entries(connection: Connection, today: date, sought: Sought = EVERYTHING) -> Iterator[Entry]:
    """All that are sought, read as they are needed: the catalogue, the quarantine, and what was destroyed.

    Of what is not in the catalogue no caller, consultant or topic is known; of what was destroyed no call, either.
    """
    wanted, status = sought.wanted, sought.status
    if status not in (Status.QUARANTINED, Status.PURGED):
        yield from _of_catalogue(connection, today, sought)
    known = replace(wanted, call_id=None)
    if known.names_any or sought.unscored:
        return
    if status in (None, Status.QUARANTINED):
        aside = _aside(connection, wanted.call_id)
        yield from (_quarantined(one) for one in aside if wanted.includes(one.ended_at))
    if status in (None, Status.PURGED) and wanted.call_id is None:
        stones = tombstones.everything(connection)
        yield from (_purged(one) for one in stones if wanted.includes(one.ended_at))


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


def _of_catalogue(connection: Connection, today: date, sought: Sought) -> Iterator[Entry]:
    held = frozenset(connection.execute(holds.held_on(today)).scalars())
    where = [*conditions(sought.wanted), *_few(sought, today)]
    if sought.unscored:
        scored = select(recording_scores.c.recording_id).where(recording_scores.c.recording_id == recordings.c.id)
        where.append(~scored.exists())
    for recording in catalogue.everything(connection, *where):
        entry = _catalogued(recording, recording.id in held)
        if sought.status in (None, entry.status) and not (sought.unscored and recording.state is not State.KEPT):
            yield entry


def _few(sought: Sought, today: date) -> tuple[ColumnElement[bool], ...]:
    """What leads to the few that stand so; nearly all are kept, and are read in their order rather than sorted."""
    c = recordings.c
    match sought.status:
        case Status.HELD:
            return (c.id.in_(holds.held_on(today)),)
        case Status.PURGING:
            return (c.state.in_([State.PURGING, State.WITHDRAWN]),)
        case _:
            return ()


def _aside(connection: Connection, call_id: str | None) -> Iterable[Rejected]:
    return rejected.quarantined(connection) if call_id is None else rejected.quarantined_of_call(connection, call_id)


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
