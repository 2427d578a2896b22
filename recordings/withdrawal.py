"""Consent that was withdrawn: what there is goes at once, whether kept or put aside; what a hold keeps, after the hold.

The consent's row tells when it was, so that what is not taken in yet is destroyed by the intake. A consultant's code in
the conversation leaves nothing but that moment: what was taken in by then is found by it (`outstanding`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from recordings import catalogue, consents, identity, parts, purge, quarantine, rejected
from recordings.catalogue import Recording, recordings
from recordings.intake import alone
from recordings.parts import RecordingPart
from recordings.purge import Places
from recordings.rejected import Rejected
from recordings.serial import one_at_a_time
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Meant:
    """What consent is withdrawn for: in the catalogue, in the quarantine, and still to be taken in."""

    kept: tuple[Recording, ...] = ()
    aside: tuple[Rejected, ...] = ()
    waiting: tuple[RecordingPart, ...] = ()


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The ids of what is destroyed and of what a hold keeps until it ends; the intake destroys what is `waiting`."""

    destroyed: frozenset[str]
    held: frozenset[str]
    waiting: tuple[RecordingPart, ...] = ()


# What is meant, found in the transaction that decides about it.
Find = Callable[[Connection], Meant]


def of_recording(id: str) -> Find:
    """The one of that id."""

    def find(connection: Connection) -> Meant:
        kept, aside = catalogue.find(connection, id), rejected.find_quarantined(connection, id)
        return Meant((kept,) if kept else (), (aside,) if aside else ())

    return find


def found_of_call(connection: Connection, call_id: str) -> Meant:
    """All that there is of a call."""
    kept, aside = catalogue.of_call(connection, call_id), rejected.quarantined_of_call(connection, call_id)
    known = {one.origin for one in kept} | {one.origin for one in aside}
    unsettled = (part for part in parts.of_call(connection, call_id) if part.settled_at is None)
    waiting = (part for part in unsettled if identity.of_call(part.call_id, part.seq) not in known)
    return Meant(kept, aside, tuple(waiting))


def of_call(call_id: str, at: datetime) -> Find:
    """All of a call, for which consent ends at that moment: what would be taken in later is destroyed."""

    def find(connection: Connection) -> Meant:
        consents.withdraw(connection, call_id, at)
        return found_of_call(connection, call_id)

    return find


def outstanding(connection: Connection) -> Meant:
    """What is still kept or put aside though consent to it was withdrawn, holds aside."""
    aside = (one for one in rejected.quarantined(connection) if _is_withdrawn(connection, one))
    return Meant(catalogue.lapsed(connection), tuple(aside))


def unfinished(connection: Connection, most: int) -> tuple[str, ...]:
    """The ids of recordings that were to go at once, at most so many: whoever decided so did not finish, or is at it.

    What goes since its last day is over is the job's.
    """
    at_once = recordings.c.decision.not_like(f"{purge.BY_TERM}%")
    return catalogue.purging(connection, most, at_once)


def _is_withdrawn(connection: Connection, aside: Rejected) -> bool:
    call_id = identity.call_of(aside.origin)
    return call_id is not None and consents.withdrawn_at(connection, call_id) is not None


def decide(database: Database, find: Find, today: date) -> tuple[Meant, Withdrawn]:
    """Have what is meant destroyed, whatever its retention; nothing is destroyed yet, and nothing turns it back."""
    with database.writing() as connection:
        one_at_a_time(connection)
        meant = find(connection)
        free, held = purge.withdraw(connection, [one.id for one in meant.kept], today)
        rejected.expire(connection, [one.origin for one in meant.aside], today - timedelta(days=1))
    return meant, Withdrawn(free | {one.id for one in meant.aside}, held, meant.waiting)


def withdraw(places: Places, find: Find, now: datetime, today: date) -> Withdrawn:
    """Destroy what is meant; killed meanwhile, the next run of the job finishes. Raises OSError, SQLAlchemyError."""
    meant, done = decide(places.database, find, today)
    aside = [one.origin for one in meant.aside]
    ids = sorted(done.destroyed)
    purge.destroy(places, ids, lambda: now, max(len(ids), 1), purge.unwatched, purge.uncounted)
    if aside:
        # Rows come before files: whoever is just putting something aside is waited for.
        with alone(places.home):
            pass
        for stuck in quarantine.clear(places, today, purge.unwatched):
            if stuck.origin in aside:
                raise stuck.error
        with places.database.writing() as connection:
            rejected.end(connection, today, aside)
    return done
