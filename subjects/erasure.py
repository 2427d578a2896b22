"""Erasing a person: everything that is held, in steps that may be done twice, and at last the key of their pseudonym.

Whoever is killed at any of them runs it again: the rows by which the person is found go together, after all that is
found by them, and the key, by which an erasure that was not finished is recognised, goes last. A call of which a legal
hold keeps a recording stays whole, and both go when the hold has ended: the retention job destroys the recording
(`State.WITHDRAWN`) and then removes the call (`erased_at`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from itertools import islice

from sqlalchemy import Connection, delete, select, update

from audit import entries
from audit.entries import Action, Entry
from ivr.calls import calls
from recordings import catalogue, erased, parts, purge, quarantine, rejected
from recordings.catalogue import State
from recordings.intake import alone
from recordings.purge import Places
from recordings.records import rejected_recordings
from recordings.serial import one_at_a_time
from storage.database import overwrite_what_is_deleted
from storage.files import sync_folder
from subjects import decision, mentions
from subjects.decision import Busy, Decided
from subjects.holdings import Holdings
from subjects.mentions import Mentions
from subjects.pseudonyms import Pseudonyms

BATCH = 500
LOG_IN_USE = (
    "all rows are removed, but another process reads the database for long, and they still stand in its log; "
    "run this again when it has ended"
)


class Step(IntEnum):
    """The steps in their order; each is told when it is done. Between them stand those of a purge."""

    DECIDED = 101
    SPOOL_CLEARED = 102
    QUARANTINE_CLEARED = 103
    RECORDINGS_DESTROYED = 104
    REMOVING = 105
    """Rows are removed and the audit is lengthened, and nothing of it is committed."""
    REMOVED = 106
    TRACES_FORGOTTEN = 107
    KEYS_DESTROYED = 108
    KEYS_FORGOTTEN = 109


Watch = Callable[[IntEnum, int], None]
"""Is told a step, and of how many things it was done. What it raises ends the erasure there."""


@dataclass(frozen=True, slots=True)
class Erasing:
    """Who erases whom, and where. `today` is the day by the service's calendar."""

    places: Places
    pseudonyms: Pseudonyms
    held: Holdings
    actor: str
    today: date
    watch: Watch

    @property
    def at(self) -> datetime:
        """When it began: calls that begin later are not part of it."""
        return self.held.until


def erase(erasing: Erasing) -> Decided:
    """Erase everything. Raises Busy, KeyMissing, OSError, SQLAlchemyError; what is done by then is done."""
    known_as = tuple(erasing.pseudonyms.of(name, erasing.at) for name in erasing.held.person.names)
    with erasing.places.database.reading() as connection:
        found = mentions.find(connection, erasing.held)
    decided = _decide(erasing, found)
    _clear_spool(erasing)
    _clear_quarantine(erasing)
    _destroy_recordings(erasing)
    _remove(erasing, found, known_as, decided)
    if not purge.forget_rows(erasing.places.database):
        raise Busy(LOG_IN_USE)
    erasing.watch(Step.TRACES_FORGOTTEN, 1)
    erasing.pseudonyms.destroy(erasing.held.person.names)
    erasing.watch(Step.KEYS_DESTROYED, len(known_as))
    erasing.places.archive.keys.forget_traces()
    erasing.watch(Step.KEYS_FORGOTTEN, len(known_as))
    return decided


def _decide(erasing: Erasing, found: Mentions) -> Decided:
    places, held = erasing.places, erasing.held
    # On this machine nobody takes anything in meanwhile.
    with alone(places.home), places.database.writing() as connection:
        one_at_a_time(connection)
        overwrite_what_is_deleted(connection)
        decided = decision.decide(connection, places.home, held, found, erasing.at, erasing.today)
    erasing.watch(Step.DECIDED, decided.recordings)
    with places.database.reading() as connection:
        decision.no_line_stands(connection, held)
    return decided


def _clear_spool(erasing: Erasing) -> None:
    """Destroy what is not taken in yet, and notes that never can be. What lies elsewhere is for its own machine."""
    places = erasing.places
    with alone(places.home):
        with places.database.reading() as connection:
            waiting = decision.waiting_parts(connection, erasing.held)
            notes = tuple(decision.notes(connection, places.home, erasing.held))
        for path in (*notes, *(file for part in waiting for file in parts.files(part, places.spool))):
            path.unlink(missing_ok=True)
            erasing.watch(Step.SPOOL_CLEARED, 1)
        sync_folder(places.spool)
        with places.database.writing() as connection:
            known = (one for one in waiting if erased.was_here(connection, one) or not parts.files(one, places.spool))
            parts.remove(connection, [(one.call_id, one.seq) for one in known])
    erasing.watch(Step.SPOOL_CLEARED, len(waiting))


def _clear_quarantine(erasing: Erasing) -> None:
    query = select(rejected_recordings.c.origin).where(erasing.held.quarantined)
    with erasing.places.database.reading() as connection:
        origins = connection.execute(query).scalars().all()
    for stuck in quarantine.clear(erasing.places, erasing.today, erasing.watch):
        if stuck.origin in origins:
            raise stuck.error
    with erasing.places.database.writing() as connection:
        ended = rejected.end(connection, erasing.today, origins)
    erasing.watch(Step.QUARANTINE_CLEARED, ended)


def _destroy_recordings(erasing: Erasing) -> None:
    decided = erasing.held.recordings & (catalogue.recordings.c.state == State.PURGING)
    while True:
        with erasing.places.database.reading() as connection:
            found = tuple(one.id for one in islice(catalogue.everything(connection, decided), BATCH))
        if not found:
            break
        purge.destroy(erasing.places, found, lambda: erasing.at, BATCH, erasing.watch, purge.uncounted)
    erasing.watch(Step.RECORDINGS_DESTROYED, 1)


def _remove(erasing: Erasing, found: Mentions, known_as: tuple[str, ...], decided: Decided) -> None:
    """Remove the rows, together with the last entries about the person. Raises Busy."""
    held = erasing.held
    with erasing.places.database.writing() as connection:
        one_at_a_time(connection)
        overwrite_what_is_deleted(connection)
        later = held.all_calls & (calls.c.started_at > held.until)
        if call_id := connection.execute(select(calls.c.id).where(later).limit(1)).scalar():
            raise Busy(f"the call {call_id} has come in meanwhile; run this again when it is over")
        mentions.blot_out(connection, held, found.turns)
        connection.execute(update(calls).where(held.held_calls(erasing.today)).values(erased_at=erasing.at))
        rows = held.rows(erasing.today)
        removed = sum(connection.execute(delete(table).where(where)).rowcount for table, where in rows)
        for pseudonym in known_as:
            _tell(connection, erasing, pseudonym, decided)
        erasing.watch(Step.REMOVING, removed)
    erasing.watch(Step.REMOVED, removed)


def _tell(connection: Connection, erasing: Erasing, pseudonym: str, decided: Decided) -> None:
    """A pseudonym is of one erasure: an entry that is there was made before a kill."""
    if not entries.is_told(connection, pseudonym, Action.PERSON_ERASED):
        details = f"{decided.held} recordings are held" if decided.held else ""
        entry = Entry(erasing.at, erasing.actor, Action.PERSON_ERASED, "person", pseudonym, details)
        entries.append(connection, entry)
