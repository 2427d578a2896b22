"""New last days for what has one: where a decision on a term was made to hold also for what is kept.

Recordings and what is quarantined carry their last day with them, as it was promised when they were taken in. Only such
a decision changes it, batch by batch, and a killed process leaves the rest to the next: to the command when it is given
again, and to every run of the job. What is being destroyed keeps its last day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from itertools import islice

from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, select, update

from personal_data import decisions
from personal_data.decisions import Decision
from personal_data.kinds import RECORDINGS, Kind
from personal_data.records import retention_terms_followed
from recordings.catalogue import State, recordings
from recordings.purge import Step, Watch
from recordings.records import rejected_recordings
from recordings.retention import Term, Unit, business_date, due_before, policy
from recordings.serial import one_at_a_time
from storage.database import Database


def follow(database: Database, zone: tzinfo, batch: int, now: datetime, watch: Watch) -> int:
    """Carry out every decision that is not carried out: how many got another last day."""
    with database.reading() as connection:
        waiting = [
            one for one in decisions.in_force(connection).values() if one.also_kept and not _done(connection, one)
        ]
    return sum(_follow(database, one, zone, batch, now, watch) for one in waiting)


def affected(connection: Connection, kind: Kind, term: Term, today: date, zone: tzinfo) -> int:
    """How many have another last day than this term gives them, or have theirs by another term."""
    if kind is Kind.QUARANTINE:
        return len(_put_aside(connection, term, today, zone))
    return int(connection.execute(select(func.count()).where(_of_another_term(kind, term))).scalar_one())


def over(connection: Connection, kind: Kind, term: Term, today: date, zone: tzinfo) -> int:
    """How many of those would be due at once that are not now."""
    before = due_before(term, today, zone)
    if kind is Kind.QUARANTINE:
        c = rejected_recordings.c
        aside = c.quarantined & (c.at < before) & (c.keep_until >= today)
        return int(connection.execute(select(func.count()).where(aside)).scalar_one())
    r = recordings.c
    ended = _of_another_term(kind, term) & (r.ended_at < before) & (r.keep_until >= today)
    return int(connection.execute(select(func.count()).where(ended)).scalar_one())


def _done(connection: Connection, decision: Decision) -> bool:
    c = retention_terms_followed.c.number
    return connection.execute(select(c).where(c == decision.number)).first() is not None


def _follow(database: Database, decision: Decision, zone: tzinfo, batch: int, now: datetime, watch: Watch) -> int:
    changed, last, today = 0, "", business_date(now, zone)
    while True:
        with database.writing() as connection:
            one_at_a_time(connection)
            rows = _page(connection, decision, last, batch, (today, zone))
            if not rows and not _done(connection, decision):
                connection.execute(insert(retention_terms_followed), {"number": decision.number, "at": now})
            changed += _give(connection, decision, rows)
        watch(Step.LAST_DAYS_GIVEN, len(rows))
        if not rows:
            return changed
        last = rows[-1].key


@dataclass(frozen=True, slots=True)
class _New:
    """A row, by its key, and its new last day."""

    key: str
    last_day: date


def _page(
    connection: Connection, decision: Decision, after: str, most: int, day: tuple[date, tzinfo]
) -> tuple[_New, ...]:
    today, zone = day
    if decision.kind is Kind.QUARANTINE:
        # They are few.
        behind = (one for one in _put_aside(connection, decision.term, today, zone) if one.key > after)
        return tuple(islice(behind, most))
    r = recordings.c
    query = select(r.id, r.ended_at).where(_of_another_term(decision.kind, decision.term), r.id > after)
    rows = connection.execute(query.order_by(r.id).limit(most))
    return tuple(_New(row.id, decision.term.last_day(business_date(row.ended_at, zone))) for row in rows)


def _put_aside(connection: Connection, term: Term, today: date, zone: tzinfo) -> tuple[_New, ...]:
    """What lies in the quarantine for another time than this term gives it, and is not over."""
    c = rejected_recordings.c
    query = select(c.origin, c.at, c.keep_until).where(c.quarantined, c.keep_until >= today).order_by(c.origin)
    found = ((row, term.last_day(business_date(row.at, zone))) for row in connection.execute(query))
    return tuple(_New(row.origin, last_day) for row, last_day in found if row.keep_until != last_day)


def _give(connection: Connection, decision: Decision, rows: Sequence[_New]) -> int:
    if not rows:
        return 0
    last_days = [{"key": row.key, "last_day": row.last_day} for row in rows]
    if decision.kind is Kind.QUARANTINE:
        c = rejected_recordings.c
        change = update(rejected_recordings).where(c.origin == bindparam("key"))
        connection.execute(change.values(keep_until=bindparam("last_day")), last_days)
    else:
        rule = policy(RECORDINGS[decision.kind], decision.term.count)
        mine = recordings.c.id == bindparam("key")
        change = update(recordings).where(mine).values(keep_until=bindparam("last_day"), policy=rule)
        connection.execute(change, last_days)
    return len(rows)


def _of_another_term(kind: Kind, term: Term) -> ColumnElement[bool]:
    assert term.unit is Unit.YEARS, "recordings are kept for years"
    c, purpose = recordings.c, RECORDINGS[kind]
    return (c.purpose == purpose) & (c.state == State.KEPT) & (c.policy != policy(purpose, term.count))
