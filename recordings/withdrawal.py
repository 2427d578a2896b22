"""Consent that was withdrawn: what there is goes at once, whether kept or put aside; what a hold keeps, after the hold.

What is not taken in yet is only told: it has no row that could carry the decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from recordings import catalogue, identity, parts, purge, quarantine, rejected
from recordings.catalogue import Recording
from recordings.parts import RecordingPart
from recordings.purge import Places
from recordings.rejected import Rejected


@dataclass(frozen=True, slots=True)
class Meant:
    """What consent is withdrawn for: in the catalogue, in the quarantine, and still to be taken in."""

    kept: tuple[Recording, ...] = ()
    aside: tuple[Rejected, ...] = ()
    waiting: tuple[RecordingPart, ...] = ()


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The ids of what is destroyed, and of what a hold keeps until it ends."""

    destroyed: frozenset[str]
    held: frozenset[str]


def of_recording(connection: Connection, id: str) -> Meant:
    """The one of that id."""
    kept, aside = catalogue.find(connection, id), rejected.find_quarantined(connection, id)
    return Meant((kept,) if kept else (), (aside,) if aside else ())


def of_call(connection: Connection, call_id: str) -> Meant:
    """All of a call."""
    kept, aside = catalogue.of_call(connection, call_id), rejected.quarantined_of_call(connection, call_id)
    known = {one.origin for one in kept} | {one.origin for one in aside}
    unsettled = (part for part in parts.of_call(connection, call_id) if part.settled_at is None)
    waiting = (part for part in unsettled if identity.of_call(part.call_id, part.seq) not in known)
    return Meant(kept, aside, tuple(waiting))


def withdraw(places: Places, meant: Meant, now: datetime, today: date) -> Withdrawn:
    """Destroy what is meant; killed meanwhile, the next run of the job finishes. Raises OSError, SQLAlchemyError."""
    aside = [one.origin for one in meant.aside]
    with places.database.writing() as connection:
        free, held = purge.withdraw(connection, [one.id for one in meant.kept], today)
        rejected.expire(connection, aside, today - timedelta(days=1))
    purge.destroy(places, sorted(free), lambda: now, max(len(free), 1), purge.unwatched, purge.uncounted)
    if aside:
        quarantine.clear(places, today, purge.unwatched)
        with places.database.writing() as connection:
            rejected.end(connection, today, aside)
    return Withdrawn(free | {one.id for one in meant.aside}, held)
