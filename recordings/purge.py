"""Destroying recordings: first it is decided, which never turns back, then carried out step by step.

Every step may be done twice and none is skipped by who begins again: after a kill at any moment the next run finds what
was decided (State.PURGING) and does all of it once more. The catalogue's row, by which it is found, goes last, in one
transaction with the tombstone that takes its place.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, func, select

from recordings import catalogue, erased, holds, parts, rejected, tombstones, transcripts
from recordings.archive import Archive, folder_of
from recordings.catalogue import Decided, Due, State
from recordings.catalogue import recordings as table
from recordings.identity import part_of
from recordings.serial import one_at_a_time
from storage.database import Database, overwrite_what_is_deleted, write_log_back
from storage.files import sync_folder
from storage.home import Home

BATCHES = 10
"""So many batches are destroyed together: a database's own cleaning up, and a folder's, costs by its size."""

ROOMY = ("PRAGMA cache_size = -6000", "PRAGMA wal_autocheckpoint = 16000")
"""SQLite writes what does not fit into 2 MB, its default, to the log several times; more is memory of the job. What one
batch changes is changed again by the next: of 64 MB of log each page goes to the file once."""

BY_TERM = "retention: "
"""Begins the decision of what goes since its last day is over."""

ALL = 2**31
"""More recordings than there can be."""

Find = Callable[[Connection, catalogue.Place, int], tuple[Due, ...]]


class Step(IntEnum):
    """The steps in their order; each is told when it is done."""

    QUARANTINE_CLEARED = 1
    QUARANTINE_ENDED = 2
    DECIDED = 3
    KEYS_DESTROYED = 4
    TRACES_FORGOTTEN = 5
    FILES_DESTROYED = 6
    FOLDERS_SYNCED = 7
    SPOOL_CLEARED = 8
    SPOOL_SYNCED = 9
    BURYING = 10
    """Tombstones are written and rows removed, and nothing of it is committed."""
    BURIED = 11
    ROWS_FORGOTTEN = 12
    ORPHAN_RECORDED = 13
    ORPHAN_DESTROYED = 14
    LAST_DAYS_GIVEN = 15
    EXPIRING = 16
    """Rows of other personal data are removed, and nothing of it is committed."""
    EXPIRED = 17


Watch = Callable[[Step, int], None]
"""Is told a step, and of how many recordings it was done. What it raises ends the purge there."""

Count = Callable[[Connection, int], None]
"""Keeps how many recordings were destroyed, in the transaction that removes them."""


def unwatched(step: Step, number: int) -> None:
    """Nobody watches."""


def uncounted(connection: Connection, number: int) -> None:
    """Nobody counts."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where all that there is of recordings lies."""

    database: Database
    archive: Archive
    home: Home

    @property
    def spool(self) -> Path:
        """The folder that Asterisk writes to."""
        return self.home.recordings


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a purge would find: `pending` is decided (or consent withdrawn), `due` would be decided, `held` passed over.

    `recordings` counts all rows, or as many as were needed; `policies` how many are due by which one; `quarantined`
    what would end in the quarantine.
    """

    recordings: int
    pending: int
    due: int
    held: int
    policies: tuple[tuple[str, int], ...]
    quarantined: int

    @property
    def share(self) -> float:
        """Of all recordings, the share that would be decided."""
        return self.due / self.recordings if self.recordings else 0.0


def foresee(connection: Connection, today: date, share: float = 0.0) -> Foreseen:
    """What would be destroyed on that day. Only reads.

    Recordings are counted until there are so many that what is due is not more than that `share` of them: nobody need
    count millions each night. 0 counts all.
    """
    c = table.c
    due = catalogue.is_due(today) | (c.state == State.WITHDRAWN)
    free = due & c.id.not_in(holds.held_on(today))
    lapsed = catalogue.is_lapsed() & c.id.not_in(holds.held_on(today))
    policies = connection.execute(select(c.policy, func.count()).where(free).group_by(c.policy).order_by(c.policy))
    counted = tuple((row[0], row[1]) for row in policies)
    all_due = _count(connection, select(func.count()).where(due))
    number = sum(count for _, count in counted)
    return Foreseen(
        recordings=catalogue.count(connection, enough(number, share)),
        pending=sum(_count(connection, select(func.count()).where(one)) for one in (c.state == State.PURGING, lapsed)),
        due=number,
        held=all_due - number,
        policies=counted,
        quarantined=rejected.to_end(connection, today),
    )


def enough(due: int, share: float) -> int:
    """Of how many recordings so many are at most that share; of all where the share is none or no number."""
    return int(min(due / share, ALL)) + 1 if share > 0 else ALL


def decide(database: Database, today: date, batch: int, watch: Watch) -> int:
    """Decide on everything that is due on that day, a transaction for each batch: how many a hold keeps."""
    return sum(_decide(database, find, today, batch, watch) for find in (_due_on(today), catalogue.withdrawn))


def _decide(database: Database, find: Find, today: date, batch: int, watch: Watch) -> int:
    passed_over, last = 0, catalogue.BEGINNING
    while True:
        with database.writing() as connection:
            one_at_a_time(connection)
            _make_room(connection)
            found = find(connection, last, batch)
            held = holds.held(connection, [one.id for one in found], today)
            free = [one for one in found if one.id not in held]
            for policy in sorted({one.policy for one in free}):
                catalogue.decide(connection, [one.id for one in free if one.policy == policy], f"{BY_TERM}{policy}")
        if not found:
            return passed_over
        passed_over, last = passed_over + len(held), found[-1].place
        watch(Step.DECIDED, len(free))


def withdraw(connection: Connection, ids: Iterable[str], today: date) -> tuple[frozenset[str], frozenset[str]]:
    """Consent was withdrawn: as `decide_now` says."""
    return decide_now(connection, ids, today, f"consent withdrawn on {today}")


def decide_now(
    connection: Connection, ids: Iterable[str], today: date, decision: str
) -> tuple[frozenset[str], frozenset[str]]:
    """Have these recordings destroyed whatever their retention: those that can go now, and those held.

    What a hold keeps is destroyed by the first run of the job after the hold has ended.
    """
    one_at_a_time(connection)
    wanted = frozenset(ids)
    held = holds.held(connection, wanted, today)
    catalogue.decide(connection, wanted - held, decision)
    catalogue.decide_after_holds(connection, held, decision)
    return wanted - held, held


def carry_out(places: Places, now: Callable[[], datetime], batch: int, watch: Watch, count: Count) -> int:
    """Destroy whatever that is decided for, a batch at a time: how many are gone.

    Raises OSError, SQLAlchemyError, KeysUnusable.
    """
    gone = 0
    while True:
        with places.database.reading() as connection:
            ids = catalogue.purging(connection, batch * BATCHES)
        if not ids:
            return gone
        gone += destroy(places, ids, now, batch, watch, count)


def destroy(
    places: Places, ids: Sequence[str], now: Callable[[], datetime], batch: int, watch: Watch, count: Count
) -> int:
    """Destroy these, for which it was decided: how many are gone, others' doing aside. Raises as `carry_out` does."""
    batches = [ids[begin : begin + batch] for begin in range(0, len(ids), batch)]
    for some in batches:
        places.archive.keys.destroy(some)
        watch(Step.KEYS_DESTROYED, len(some))
    places.archive.keys.forget_traces()
    watch(Step.TRACES_FORGOTTEN, len(ids))
    _destroy_files(places.archive, ids, watch)
    buried = sum(_destroy_rest(places, some, now(), watch, count) for some in batches)
    forget_rows(places.database)
    watch(Step.ROWS_FORGOTTEN, len(ids))
    return buried


def _destroy_files(archive: Archive, ids: Sequence[str], watch: Watch) -> None:
    """Folder by folder, as each is written down once."""
    for id in sorted(ids, key=folder_of):
        archive.destroy(id)
        watch(Step.FILES_DESTROYED, 1)
    archive.sync(ids)
    watch(Step.FOLDERS_SYNCED, len(ids))


def _destroy_rest(places: Places, ids: Sequence[str], at: datetime, watch: Watch, count: Count) -> int:
    """Destroy what is left of recordings whose keys and sealed files are gone."""
    with places.database.reading() as connection:
        found = catalogue.decided(connection, ids)
    _clear_spool(places, found, watch)
    return _bury(places.database, found, at, watch, count)


def _clear_spool(places: Places, found: Sequence[Decided], watch: Watch) -> None:
    """Destroy what is left of the plain files of these conversations; mostly they have long gone."""
    with places.database.reading() as connection:
        names = parts.names_of(connection, _parts(found))
    # One look at the folder, in which no name leads elsewhere, instead of two tries for each.
    for name in frozenset(os.listdir(places.spool)).intersection(names):
        (places.spool / name).unlink(missing_ok=True)
        watch(Step.SPOOL_CLEARED, 1)
    sync_folder(places.spool)
    watch(Step.SPOOL_SYNCED, len(found))


def _bury(database: Database, found: Sequence[Decided], at: datetime, watch: Watch, count: Count) -> int:
    with database.writing() as connection:
        one_at_a_time(connection)
        # Of callers' numbers nothing stays in the file, either.
        overwrite_what_is_deleted(connection)
        _make_room(connection)
        # Another process may carry out the same decision.
        removed = catalogue.remove(connection, [one.id for one in found])
        buried = [one for one in found if one.id in removed]
        tombstones.append(connection, buried, at)
        parts.remove(connection, _parts(buried))
        transcripts.remove(connection, [one.id for one in buried])
        for one in buried:
            erased.forget_consent(connection, one)
        count(connection, len(buried))
        watch(Step.BURYING, len(buried))
    watch(Step.BURIED, len(buried))
    return len(buried)


def _make_room(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        for pragma in ROOMY:
            connection.exec_driver_sql(pragma)


def forget_rows(database: Database) -> bool:
    """Leave nothing of removed rows in the log of an SQLite file. PostgreSQL cleans up after itself (autovacuum).

    False: another process reads for long, and they stay there until it has ended and this is done again.
    """
    if database.engine.dialect.name != "sqlite":
        return True
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        return write_log_back(connection)


def _parts(found: Iterable[Decided]) -> list[tuple[str, int]]:
    """The calls and turns that recordings came from; those that were imported came from none."""
    return [part for one in found if (part := part_of(one.origin)) is not None]


def _due_on(today: date) -> Find:
    return lambda connection, after, most: catalogue.due(connection, today, after, most)


def _count(connection: Connection, query: Select[Any]) -> int:
    return int(connection.execute(query).scalar_one())
