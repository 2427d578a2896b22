"""Legal holds: recordings that must not be destroyed because of a case, whatever retention or withdrawal say.

A hold is placed on recordings that are there; those that are made later need another one. It lasts until it is lifted
or through its last day, and what is due by then is destroyed by the next run of the job. A recording may be under
several holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, or_, select, update

from recordings.catalogue import State, recordings
from recordings.records import held_recordings, legal_holds
from recordings.serial import one_at_a_time
from recordings.wanted import Wanted, conditions


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold for a case: why, by whom, and through which day (None: until it is lifted)."""

    id: str
    case: str
    reason: str
    placed_by: str
    placed_at: datetime
    until: date | None = None
    lifted_at: datetime | None = None
    lifted_by: str | None = None

    def in_force(self, today: date) -> bool:
        """Whether it keeps its recordings on that day."""
        return self.lifted_at is None and (self.until is None or today <= self.until)


@dataclass(frozen=True, slots=True)
class Placed:
    """On how many recordings a hold was placed, and which of those that were meant are being destroyed already."""

    held: int
    too_late: tuple[str, ...]


def place(connection: Connection, hold: Hold, wanted: Wanted) -> Placed:
    """Place a hold on what is wanted. Where there is nothing to hold, no hold is placed."""
    one_at_a_time(connection)
    found = connection.execute(_matching(wanted)).all()
    ids = [row.id for row in found if row.state != State.PURGING]
    if ids:
        connection.execute(insert(legal_holds), asdict(hold))
        connection.execute(insert(held_recordings), [{"hold_id": hold.id, "recording_id": id} for id in ids])
    return Placed(len(ids), tuple(row.id for row in found if row.state == State.PURGING))


def lift(connection: Connection, case: str, by: str, at: datetime) -> int:
    """Lift every hold of a case: how many were lifted."""
    one_at_a_time(connection)
    return connection.execute(update(legal_holds).where(_stands(case)).values(lifted_at=at, lifted_by=by)).rowcount


def standing(connection: Connection, case: str) -> tuple[str, ...]:
    """The ids of a case's holds that are not lifted."""
    c = legal_holds.c
    query = select(c.id).where(_stands(case)).order_by(c.placed_at, c.id)
    return tuple(connection.execute(query).scalars())


def recordings_of(connection: Connection, hold_id: str) -> tuple[str, ...]:
    """The ids of the recordings that a hold was placed on."""
    c = held_recordings.c
    query = select(c.recording_id).where(c.hold_id == hold_id).order_by(c.recording_id)
    return tuple(connection.execute(query).scalars())


def held(connection: Connection, ids: Iterable[str], today: date) -> frozenset[str]:
    """Those of these recordings that a hold keeps on that day."""
    c = held_recordings.c
    found = connection.execute(held_on(today).where(c.recording_id.in_(list(ids))))
    return frozenset(row[0] for row in found)


def held_on(today: date) -> Select[Any]:
    """The ids of all recordings that a hold keeps on that day, as a query."""
    joined = held_recordings.join(legal_holds, legal_holds.c.id == held_recordings.c.hold_id)
    return select(held_recordings.c.recording_id).select_from(joined).where(_in_force(today)).distinct()


def calls_held_on(today: date) -> Select[Any]:
    """The ids of the calls of which a hold keeps a recording on that day: it keeps all that there is of them."""
    c = recordings.c
    return select(c.call_id).where(c.call_id.is_not(None), c.id.in_(held_on(today)))


def of_recording(connection: Connection, recording_id: str) -> tuple[Hold, ...]:
    """Every hold that a recording was ever under, the oldest first."""
    mine = select(held_recordings.c.hold_id).where(held_recordings.c.recording_id == recording_id)
    rows = connection.execute(_all().where(legal_holds.c.id.in_(mine)))
    return tuple(Hold(**row._mapping) for row in rows)


def everything(connection: Connection) -> tuple[tuple[Hold, int], ...]:
    """Every hold, the oldest first, with how many recordings it was placed on."""
    counts = select(held_recordings.c.hold_id, func.count()).group_by(held_recordings.c.hold_id)
    placed_on = {row[0]: row[1] for row in connection.execute(counts)}
    holds = (Hold(**row._mapping) for row in connection.execute(_all()))
    return tuple((hold, placed_on.get(hold.id, 0)) for hold in holds)


def _all() -> Select[Any]:
    return select(legal_holds).order_by(legal_holds.c.placed_at, legal_holds.c.id)


def _stands(case: str) -> ColumnElement[bool]:
    return (legal_holds.c.case == case) & legal_holds.c.lifted_at.is_(None)


def _in_force(today: date) -> ColumnElement[bool]:
    c = legal_holds.c
    return and_(c.lifted_at.is_(None), or_(c.until.is_(None), c.until >= today))


def _matching(wanted: Wanted) -> Select[Any]:
    """Raises ValueError where nothing is named: nobody means to hold everything by saying nothing."""
    if not wanted.names_any:
        raise ValueError("which recordings?")
    c = recordings.c
    return select(c.id, c.state).where(*conditions(wanted)).order_by(c.id)
