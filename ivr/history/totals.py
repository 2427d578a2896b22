"""Totals since a moment, added up by the database: cheap enough to be asked for every few seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, case, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from ivr.calls import OUTGOING, TERMINAL, calls
from ivr.history.stays import IS_OF_A_TELEPHONE, JOINED_AT, WITH_TURNS
from routing.visits import queue_visits


class seconds_between(GenericFunction[float]):
    """Seconds from the first moment to the second, negative where the second is earlier."""

    type = Float()
    inherit_cache = True


@compiles(seconds_between)
def _elapsed(element: seconds_between, compiler: SQLCompiler, **options: Any) -> str:
    first, second = (compiler.process(clause, **options) for clause in element.clauses)
    return f"EXTRACT(EPOCH FROM {second} - {first})"


@compiles(seconds_between, "sqlite")
def _elapsed_on_sqlite(element: seconds_between, compiler: SQLCompiler, **options: Any) -> str:
    first, second = (compiler.process(clause, **options) for clause in element.clauses)
    # Days since 4713 BC: what is beyond a millisecond is noise.
    return f"ROUND((julianday({second}) - julianday({first})) * 86400.0, 3)"


@dataclass(frozen=True, slots=True)
class StayTotals:
    """Stays of one queue, topic and outcome: seconds of waiting and of talking in all.

    `within` says how many had waited at most so many seconds, for each limit that was asked for.
    """

    queue: str
    topic: str
    outcome: str
    count: int
    waited: float
    talked: float
    within: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CallTotals:
    """Calls: begun and ended (by cause) since the moment, and running."""

    begun: int
    ended: Mapping[str, int]
    running: int


def stay_totals(connection: Connection, since: datetime, limits: Sequence[int]) -> tuple[StayTotals, ...]:
    """The stays that ended since then."""
    visit = queue_visits.c
    waited = _never_negative(seconds_between(JOINED_AT, func.coalesce(visit.answered_at, visit.left_at)))
    talked = _never_negative(func.coalesce(seconds_between(visit.answered_at, visit.left_at), 0.0))
    kind = (visit.queue, visit.topic, visit.outcome)
    within = (func.sum(case((waited <= limit, 1), else_=0)) for limit in limits)
    query = (
        select(*kind, func.count(), func.sum(waited), func.sum(talked), *within)
        .select_from(WITH_TURNS)
        .where(visit.left_at >= since, IS_OF_A_TELEPHONE, visit.callback.is_(None))
        .group_by(*kind)
        .order_by(*kind)
    )
    return tuple(
        StayTotals(queue, topic, outcome or "unknown", count, float(waits), float(talks), tuple(map(int, counts)))
        for queue, topic, outcome, count, waits, talks, *counts in connection.execute(query)
    )


def call_totals(connection: Connection, since: datetime) -> CallTotals:
    """The calls that began and ended since then, and those that run."""
    by_telephone = calls.c.gateway.not_in((TERMINAL, OUTGOING))
    begun = select(func.count()).where(calls.c.started_at >= since, by_telephone)
    running = select(func.count()).where(calls.c.ended_at.is_(None), by_telephone)
    ended = select(calls.c.cause, func.count()).where(calls.c.ended_at >= since, by_telephone).group_by(calls.c.cause)
    return CallTotals(
        connection.execute(begun).scalar_one(),
        {row[0] or "unknown": row[1] for row in connection.execute(ended)},
        connection.execute(running).scalar_one(),
    )


def _never_negative(seconds: ColumnElement[float]) -> ColumnElement[float]:
    return case((seconds < 0, 0.0), else_=seconds)
