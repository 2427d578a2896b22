"""New last days for what has one: where a decision on a term was made to hold also for what is kept.

Recordings and what is quarantined carry their last day with them, as it was promised when they were taken in. Only such
a decision changes it, batch by batch, and a killed process leaves the rest to the next: to the command when it is given
again, and to every run of the job. What is being destroyed keeps its last day.
"""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from typing import Any

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


def affected(connection: Connection, kind: Kind, term: Term) -> int:
    """How many have a last day by another term than this one."""
    if kind is Kind.QUARANTINE:
        return int(connection.execute(select(func.count()).where(rejected_recordings.c.quarantined)).scalar_one())
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
    changed, last = 0, ""
    while True:
        with database.writing() as connection:
            one_at_a_time(connection)
            rows = _page(connection, decision, last, batch)
            if not rows and not _done(connection, decision):
                connection.execute(insert(retention_terms_followed), {"number": decision.number, "at": now})
            changed += _give(connection, decision, rows, zone)
        watch(Step.LAST_DAYS_GIVEN, len(rows))
        if not rows:
            return changed
        last = rows[-1].key


def _page(connection: Connection, decision: Decision, after: str, most: int) -> list[Any]:
    if decision.kind is Kind.QUARANTINE:
        c = rejected_recordings.c
        query = select(c.origin.label("key"), c.at.label("began")).where(c.quarantined, c.origin > after)
        return list(connection.execute(query.order_by(c.origin).limit(most)))
    r = recordings.c
    query = select(r.id.label("key"), r.ended_at.label("began")).where(_of_another_term(decision.kind, decision.term))
    return list(connection.execute(query.where(r.id > after).order_by(r.id).limit(most)))


def _give(connection: Connection, decision: Decision, rows: list[Any], zone: tzinfo) -> int:
    if not rows:
        return 0
    last_days = [{"key": row.key, "last_day": decision.term.last_day(business_date(row.began, zone))} for row in rows]
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
