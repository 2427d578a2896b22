"""Rows whose term is over go, a batch in a transaction, and each batch is counted in the transaction that removes it.

What a killed run leaves is due as before. SQLite overwrites what is removed: nothing of a caller stays in its file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Any

from sqlalchemy import Connection, String, Table, cast, delete, literal, select

from audit import trimming
from auth_pin.attempts import auth_attempts
from auth_pin.mandates import mandates
from auth_pin.profiles import profiles
from ivr.calls import calls, turns
from ivr.history.contacts import Informing
from personal_data import ledger
from personal_data.kinds import Kind
from personal_data.rules import ERASED, RULES, Keepers, Rule
from personal_data.turn_logs import take_out_turns
from recordings.consents import consents
from recordings.identity import parts_of
from recordings.parts import recording_parts
from recordings.purge import Step, Watch
from recordings.records import held_recordings, recording_samples, rejected_recordings, sampled_recordings
from recordings.retention import Term, due_before
from recordings.serial import one_at_a_time
from routing import callback_totals
from routing.callbacks import callbacks
from routing.surveys import survey_answers, survey_offers
from routing.visits import queue_visits
from routing.waiting import wait_estimates
from storage.database import Database, overwrite_what_is_deleted


@dataclass(frozen=True, slots=True)
class Day:
    """The day of the service's calendar for which rows go, how many in one transaction, and what reports need."""

    today: date
    zone: tzinfo
    batch: int
    informing: Informing


Remove = Callable[[Connection, Rule, Sequence[Any], datetime, Day], int]
"""Removes rows by their keys, whose term began before the moment: how many there were."""


def expire(database: Database, kind: Kind, term: Term, day: Day, watch: Watch) -> None:
    """Remove the rows of a kind whose term is over. Raises SQLAlchemyError; then what is left is due as before."""
    before = due_before(term, day.today, day.zone)
    for rule in RULES[kind]:
        _expire(database, kind, (rule, _REMOVE[kind]), before, day, watch)


def expire_erased(database: Database, day: Day, at: datetime, watch: Watch) -> None:
    """Remove what holds have kept of calls that people had erased, and keep no more. Raises SQLAlchemyError."""
    _expire(database, Kind.CALLS, (ERASED, _erased_calls), at, day, watch)


def _expire(database: Database, kind: Kind, how: tuple[Rule, Remove], before: datetime, day: Day, watch: Watch) -> None:
    (rule, remove), begin = how, None
    while True:
        with database.writing() as connection:
            one_at_a_time(connection)
            overwrite_what_is_deleted(connection)
            found = _due(connection, rule, before, begin, day)
            if not found:
                break
            keys = sorted({row.key for row in found})
            number = remove(connection, rule, keys, before, day)
            ledger.count(connection, day.today, kind, number)
            watch(Step.EXPIRING, number)
        begin = found[-1].at
        watch(Step.EXPIRED, number)


def trim_audit(database: Database, term: Term, day: Day, at: datetime, watch: Watch) -> None:
    """Take the oldest entries out of the audit. Raises AuditBroken, SQLAlchemyError."""
    before = due_before(term, day.today, day.zone)
    number = day.batch
    while number == day.batch:
        with database.writing() as connection:
            overwrite_what_is_deleted(connection)
            number = trimming.trim(connection, before, day.batch, f"{Kind.AUDIT}: {term}", at)
            ledger.count(connection, day.today, Kind.AUDIT, number)
            watch(Step.EXPIRING, number)
        watch(Step.EXPIRED, number)


def _due(connection: Connection, rule: Rule, before: datetime, begin: date | None, day: Day) -> Sequence[Any]:
    """The oldest of them; what is kept back before `begin` is not looked at again."""
    wanted = select(rule.key.label("key"), rule.at.label("at")).where(rule.due(before, Keepers(day.today)))
    if begin is not None:
        wanted = wanted.where(rule.at >= begin)
    return connection.execute(wanted.order_by(rule.at).limit(day.batch)).all()


def _of_table(connection: Connection, rule: Rule, keys: Sequence[Any], before: datetime, day: Day) -> int:
    """Rows of the rule's own table."""
    return connection.execute(delete(rule.key.table).where(rule.key.in_(keys), rule.earlier(before))).rowcount


def _surveys(connection: Connection, rule: Rule, keys: Sequence[Any], before: datetime, day: Day) -> int:
    connection.execute(delete(survey_answers).where(survey_answers.c.call_id.in_(keys)))
    return _of_table(connection, rule, keys, before, day)


def _scores(connection: Connection, rule: Rule, keys: Sequence[Any], before: datetime, day: Day) -> int:
    """Scores, or samples with what was drawn."""
    if rule.key.table is recording_samples:
        connection.execute(delete(sampled_recordings).where(sampled_recordings.c.sample_id.in_(keys)))
    return _of_table(connection, rule, keys, before, day)


def _holds(connection: Connection, rule: Rule, keys: Sequence[Any], before: datetime, day: Day) -> int:
    """With the list of what was held."""
    connection.execute(delete(held_recordings).where(held_recordings.c.hold_id.in_(keys)))
    return _of_table(connection, rule, keys, before, day)


def _profiles(connection: Connection, rule: Rule, keys: Sequence[Any], before: datetime, day: Day) -> int:
    """With their mandates, but for those that are confirmed at this moment."""
    still = select(rule.key).where(rule.key.in_(keys), rule.are).with_for_update()
    subjects = connection.execute(still).scalars().all()
    connection.execute(delete(mandates).where(mandates.c.subject.in_(subjects)))
    return _of_table(connection, rule, subjects, before, day)


def _callbacks(connection: Connection, rule: Rule, keys: Sequence[Any], before: datetime, day: Day) -> int:
    """Of each day it stays known how many there were: reports tell of it."""
    c = callbacks.c
    rows = connection.execute(select(c.requested_at, c.queue, c.topic, c.state).where(c.call_id.in_(keys))).all()
    counted = ((_midnight(row.requested_at, day.zone), row.queue, row.topic, row.state) for row in rows)
    callback_totals.add(connection, counted)
    return _of_table(connection, rule, keys, before, day)


def _turns(connection: Connection, rule: Rule, keys: Sequence[Any], before: datetime, day: Day) -> int:
    take_out_turns(connection, keys, day.informing)
    return len(keys)


def _calls(connection: Connection, rule: Rule, keys: Sequence[Any], before: datetime, day: Day) -> int:
    """With all that hangs on them; or why something was not taken in of a call that has gone."""
    if rule.key.table is rejected_recordings:
        return _of_table(connection, rule, keys, before, day)
    part = recording_parts.c
    origin = literal(parts_of("").removesuffix("/")) + part.call_id + "/" + cast(part.seq, String)
    origins = select(origin).where(part.call_id.in_(keys))
    connection.execute(delete(rejected_recordings).where(rejected_recordings.c.origin.in_(origins)))
    for table in _HANGING:
        connection.execute(delete(table).where(table.c.call_id.in_(keys)))
    return connection.execute(delete(calls).where(calls.c.id.in_(keys))).rowcount


def _erased_calls(connection: Connection, rule: Rule, keys: Sequence[Any], before: datetime, day: Day) -> int:
    """With what has a term of its own as well; attempts at the identifiers of others, who have profiles, stay."""
    c = auth_attempts.c
    connection.execute(delete(auth_attempts).where(c.call_id.in_(keys), c.claim.not_in(select(profiles.c.claim))))
    for table in (callbacks, consents):
        connection.execute(delete(table).where(table.c.call_id.in_(keys)))
    return _calls(connection, rule, keys, before, day)


def _midnight(at: datetime, zone: tzinfo) -> datetime:
    return datetime.combine(at.astimezone(zone).date(), time(), zone)


_HANGING: tuple[Table, ...] = (
    turns,
    queue_visits,
    wait_estimates,
    recording_parts,
    survey_answers,
    survey_offers,
)

_REMOVE: Mapping[Kind, Remove] = {
    Kind.TURNS: _turns,
    Kind.SURVEYS: _surveys,
    Kind.CALLBACKS: _callbacks,
    Kind.MESSAGES: _of_table,
    Kind.AUTH_ATTEMPTS: _of_table,
    Kind.AUTH_LIMITS: _of_table,
    Kind.CONSENTS: _of_table,
    Kind.AGENT_CHANGES: _of_table,
    Kind.SCORES: _scores,
    Kind.HOLDS: _holds,
    Kind.MANDATES: _of_table,
    Kind.UNCONFIRMED_PROFILES: _profiles,
    Kind.CALLS: _calls,
}
