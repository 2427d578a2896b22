"""Stays in queues: those that began in a period, and those that are not over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select

from ivr.calls import TERMINAL, calls, turns
from routing.estimates import Estimate
from routing.reporting.days import Period
from routing.reporting.records import ANSWERED, Stay
from routing.visits import queue_visits
from routing.waiting import wait_estimates

_visit, _told = queue_visits.c, wait_estimates.c
_later = queue_visits.alias("later")
_IS_FOLLOWED = exists().where(_later.c.call_id == _visit.call_id, _later.c.seq > _visit.seq)
_IS_ITS_TURN = (turns.c.call_id == _visit.call_id) & (turns.c.seq == _visit.seq)
_WAS_TOLD_BEFORE = (_told.call_id == _visit.call_id) & (_told.seq == _visit.seq) & (_told.number == 0)

IS_OF_A_TELEPHONE = ~exists().where(calls.c.id == _visit.call_id, calls.c.gateway == TERMINAL)
# Whoever got an old place back began to wait earlier, in another call or elsewhere in this one.
JOINED_AT = func.coalesce(turns.c.at, _visit.joined_at, _visit.enqueued_at)
WITH_TURNS = queue_visits.outerjoin(turns, _IS_ITS_TURN)


def stays_of(connection: Connection, period: Period) -> tuple[Stay, ...]:
    """The stays whose callers began to wait in the period, in order."""
    return _stays(connection, _select((_visit.enqueued_at >= period.start) & (_visit.enqueued_at < period.end)))


def open_stays(connection: Connection) -> tuple[Stay, ...]:
    """The stays that are not over, in order."""
    return _stays(connection, _select(_visit.left_at.is_(None)))


def _select(condition: ColumnElement[bool]) -> Select[Any]:
    told = (_told.at.label("told_at"), _told.place, _told.low, _told.high)
    return (
        select(queue_visits, JOINED_AT.label("came_at"), _IS_FOLLOWED.label("followed"), *told)
        .select_from(WITH_TURNS.outerjoin(wait_estimates, _WAS_TOLD_BEFORE))
        .where(condition, IS_OF_A_TELEPHONE)
        .order_by(_visit.enqueued_at, _visit.call_id, _visit.seq)
    )


def _stays(connection: Connection, query: Select[Any]) -> tuple[Stay, ...]:
    return tuple(_stay(row) for row in connection.execute(query).mappings())


def _stay(row: Mapping[Any, Any]) -> Stay:
    return Stay(
        call_id=row["call_id"],
        seq=row["seq"],
        queue=row["queue"],
        topic=row["topic"],
        joined_at=row["came_at"],
        answered_at=row["answered_at"],
        left_at=row["left_at"],
        agent=row["agent"],
        outcome=row["outcome"],
        foretold=_foretold(row),
        called_back=row["callback"] is not None,
        transferred=bool(row["followed"]) and row["outcome"] == ANSWERED,
    )


def _foretold(row: Mapping[Any, Any]) -> bool | None:
    if row["told_at"] is None:
        return None
    estimate = Estimate(row["place"], row["low"], row["high"])
    return estimate.proved(row["told_at"], row["answered_at"], row["left_at"])
