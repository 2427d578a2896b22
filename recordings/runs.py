"""The retention job, once for each day of the service's calendar, whatever number of nodes would run it.

A ledger has a row for each day; a lock keeps two nodes from running at once. Neither would do alone: a lock that is
free again says nothing of what was done, and a row says nothing of whether who wrote it still lives. The lock belongs
to the process (a connection of its own in PostgreSQL, since a lock outlives its connection's return to a pool; a file
beside an SQLite database) and ends with it, so that the next run goes on where a killed one was.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, NullPool, create_engine, func, insert, select, update

from recordings import purge, quarantine, rejected, tombstones, withdrawal
from recordings.faults import RecordingFault
from recordings.purge import Foreseen, Places, Watch
from recordings.quarantine import Stuck
from recordings.records import retention_runs
from storage.chain import Head
from storage.database import POSTGRESQL, Database

RETENTION = int.from_bytes(b"retained")  # PostgreSQL's advisory locks are named by 64-bit numbers


class Busy(RecordingFault):
    """Another process runs the job."""


class Refused(RecordingFault):
    """The day comes before one on which the job has run: the clock was set back."""


class TooMany(RecordingFault):
    """More would be destroyed than is allowed at once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of all recordings may go in one run (a share), and how many in one transaction."""

    share: float
    batch: int


@dataclass(frozen=True, slots=True)
class Run:
    """What a run did. `was_done` says that one on the same day had ended before: this one finished what was decided.

    `unquarantined` counts what was ended in the quarantine; `stuck` are files on this machine that could not be
    destroyed, there or among those that nothing names: the next run tries again.
    """

    business_date: date
    purged: int
    held: int
    unquarantined: int
    chain: Head
    was_done: bool = False
    stuck: tuple[Stuck, ...] = ()


class Others(Protocol):
    """What the same run keeps to its term besides recordings."""

    def check(self, connection: Connection, today: date) -> None:
        """Raises TooMany."""

    def clear(self, today: date, watch: Watch) -> tuple[Stuck, ...]:
        """Destroy what is this machine's own, whoever runs for the day: what could not be destroyed."""

    def expire(self, today: date, watch: Watch) -> None:
        """Remove what may go once the recordings have gone."""


class _NoOthers:
    def check(self, connection: Connection, today: date) -> None:
        pass

    def clear(self, today: date, watch: Watch) -> tuple[Stuck, ...]:
        return ()

    def expire(self, today: date, watch: Watch) -> None:
        pass


NO_OTHERS: Others = _NoOthers()
"""Recordings alone."""


def once(
    places: Places,
    today: date,
    node: str,
    now: Callable[[], datetime],
    limits: Limits,
    watch: Watch,
    others: Others = NO_OTHERS,
) -> Run:
    """Destroy what is due on that day, and finish what was begun.

    Raises Busy, Refused, TooMany, SQLAlchemyError, OSError; what was done by then is done, and the next run goes on.
    """
    _may_run(places.database, today, limits, others)
    withdrawal.decide(places.database, withdrawal.outstanding, today)
    # Also where another machine has run, or runs now: it does not reach this one's files.
    stuck = (*quarantine.clear(places, today, watch), *others.clear(today, watch))
    with alone(places.database) as still_alone:
        done, watched = _may_run(places.database, today, limits, others), _watched(watch, still_alone)
        if done is not None:
            _finish(places, today, now, limits.batch, watched, stuck)
            return replace(done, stuck=stuck)
        with places.database.writing() as connection:
            _begin(connection, today, node, now())
        held = _carry_out(places, today, now, limits.batch, watched, stuck)
        others.expire(today, watched)
        with places.database.writing() as connection:
            _end(connection, today, now(), held)
    with places.database.reading() as connection:
        ended = _ended(connection, today)
    assert ended is not None, "it was just written"
    return replace(ended, stuck=stuck)


def _carry_out(
    places: Places, today: date, now: Callable[[], datetime], batch: int, watch: Watch, stuck: Iterable[Stuck]
) -> int:
    """How many a hold keeps."""
    _end_quarantine(places.database, today, watch, {one.origin for one in stuck})
    held = purge.decide(places.database, today, batch, watch)
    purge.carry_out(places, now, batch, watch, counting(today))
    return held


def _finish(
    places: Places, today: date, now: Callable[[], datetime], batch: int, watch: Watch, stuck: Iterable[Stuck]
) -> None:
    """Carry out what was decided since the run of that day; it is no part of what that run did."""
    with places.database.writing() as connection:
        rejected.end(connection, today, but={one.origin for one in stuck})
    purge.carry_out(places, now, batch, watch, purge.uncounted)


def counting(today: date) -> purge.Count:
    """Counts recordings with the run of that day while it goes on, and nowhere when there is none."""

    def count(connection: Connection, number: int) -> None:
        c = retention_runs.c
        going_on = (c.business_date == today) & c.ended_at.is_(None)
        connection.execute(update(retention_runs).where(going_on).values(purged=c.purged + number))

    return count


def _end_quarantine(database: Database, today: date, watch: Watch, but: Iterable[str]) -> None:
    c = retention_runs.c
    with database.writing() as connection:
        number = rejected.end(connection, today, but=but)
        counted = {"unquarantined": c.unquarantined + number}
        connection.execute(update(retention_runs).where(c.business_date == today).values(counted))
    watch(purge.Step.QUARANTINE_ENDED, number)


def _watched(watch: Watch, still_alone: Callable[[], None]) -> Watch:
    def watched(step: purge.Step, number: int) -> None:
        still_alone()
        watch(step, number)

    return watched


def check(foreseen: Foreseen, limits: Limits) -> None:
    """Raises TooMany: a wrong clock or a wrong policy is likelier than so many at once."""
    # Written so that a limit that is no number (NaN) allows nothing.
    if foreseen.due and not foreseen.share <= limits.share:
        raise too_many("recordings", foreseen.due, foreseen.recordings, limits.share)


def too_many(what: str, due: int, number: int, most: float) -> TooMany:
    """What stops a run: so many of all of a kind are due, and which share of them may go."""
    share = due / number
    return TooMany(
        f"{due} of {number} {what} are due, {_percent(share)} of all, and at most {_percent(most)} may go in one run; "
        f"nothing was decided. See that the clock and the terms are right (--dry-run tells what is due, centrala "
        f"retention terms by what); then allow it once: --once --allow-share {_rounded_up(share)}"
    )


def check_day(connection: Connection, today: date) -> None:
    """Raises Refused."""
    last = connection.execute(select(func.max(retention_runs.c.business_date))).scalar()
    if last is not None and last > today:
        raise Refused(
            f"today is {today} by the clock, and the job has run on {last} already: the clock was set back, or it was "
            f"wrong then. Nothing was destroyed. Set it right; if it was wrong then, remove the rows of the table "
            f"retention_runs that lie in the future"
        )


def heads(connection: Connection) -> tuple[Head, ...]:
    """The heads of the chain of tombstones as runs left it."""
    c = retention_runs.c
    rows = connection.execute(select(c.chain_number, c.chain_hash).where(c.chain_number > 0))
    return tuple(Head(row.chain_number, row.chain_hash) for row in rows)


@contextmanager
def alone(database: Database) -> Iterator[Callable[[], None]]:
    """Keep other processes from running the job meanwhile. What is given raises once that no longer holds.

    Raises Busy.
    """
    if database.engine.dialect.name == "sqlite":
        with _alone_on_this_machine(Path(f"{database.engine.url.database}.retention.lock")):
            yield lambda: None
    else:
        with _alone_in_the_server(database) as still_alone:
            yield still_alone


@contextmanager
def _alone_on_this_machine(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("another process runs the job now") from None
        yield


@contextmanager
def _alone_in_the_server(database: Database) -> Iterator[Callable[[], None]]:
    engine = create_engine(database.engine.url, poolclass=NullPool, connect_args=POSTGRESQL, hide_parameters=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as own:
        if not own.execute(select(func.pg_try_advisory_lock(RETENTION))).scalar():
            raise Busy("another node runs the job now")
        yield lambda: own.execute(select(1)).close()


def _may_run(database: Database, today: date, limits: Limits, others: Others) -> Run | None:
    """The run of that day if it has ended. Raises Refused, TooMany."""
    with database.reading() as connection:
        done = _done(connection, today)
        if done is None:
            check(purge.foresee(connection, today, limits.share), limits)
            others.check(connection, today)
        return done


def _done(connection: Connection, today: date) -> Run | None:
    """The run of that day if it has ended. Raises Refused."""
    check_day(connection, today)
    ended = _ended(connection, today)
    return None if ended is None else replace(ended, was_done=True)


def _ended(connection: Connection, today: date) -> Run | None:
    c = retention_runs.c
    query = select(retention_runs).where(c.business_date == today, c.ended_at.is_not(None))
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Run(today, row.purged, row.held, row.unquarantined, Head(row.chain_number, row.chain_hash))


def _begin(connection: Connection, today: date, node: str, at: datetime) -> None:
    """A run that was killed keeps its row; who goes on with it is named there."""
    c = retention_runs.c
    resumed = connection.execute(update(retention_runs).where(c.business_date == today).values(node=node))
    if not resumed.rowcount:
        counts = {"purged": 0, "held": 0, "unquarantined": 0}
        values = {"business_date": today, "node": node, "began_at": at, **counts}
        connection.execute(insert(retention_runs), values)


def _end(connection: Connection, today: date, at: datetime, held: int) -> None:
    head = tombstones.head(connection)
    values = {"ended_at": at, "held": held, "chain_number": head.number, "chain_hash": head.hash}
    connection.execute(update(retention_runs).where(retention_runs.c.business_date == today).values(**values))


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _rounded_up(share: float) -> str:
    """A share that is enough, with two digits behind the point."""
    return f"{min(1.0, int(share * 100 + 1) / 100):.2f}"
