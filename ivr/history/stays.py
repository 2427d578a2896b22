"""Stays in queues: those that began in a period, and those that are not over."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, select

from ivr.calls import TERMINAL, calls
from routing.reporting.days import Period
from routing.reporting.records import ANSWERED, Stay
from routing.visits import queue_visits

_later = queue_visits.alias("later")
_IS_FOLLOWED = exists().where(_later.c.call_id == queue_visits.c.call_id, _later.c.seq > queue_visits.c.seq)
IS_OF_A_TELEPHONE = ~exists().where(calls.c.id == queue_visits.c.call_id, calls.c.gateway == TERMINAL)


def stays_of(connection: Connection, period: Period) -> tuple[Stay, ...]:
    """The stays that began in the period, in order."""
    began = queue_visits.c.enqueued_at
    return _stays(connection, _select((began >= period.start) & (began < period.end)))


def open_stays(connection: Connection) -> tuple[Stay, ...]:
    """The stays that are not over, in order."""
    return _stays(connection, _select(queue_visits.c.left_at.is_(None)))


def _select(condition: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    wanted = select(queue_visits, _IS_FOLLOWED.label("followed")).where(condition, IS_OF_A_TELEPHONE)
    return wanted.order_by(queue_visits.c.enqueued_at, queue_visits.c.call_id, queue_visits.c.seq)


def _stays(connection: Connection, query: Select[tuple[object, ...]]) -> tuple[Stay, ...]:
    rows: Iterable[Row[tuple[object, ...]]] = connection.execute(query)
    return tuple(_stay(row) for row in rows)


def _stay(row: Row[tuple[object, ...]]) -> Stay:
    values = row._mapping
    return Stay(
        call_id=values["call_id"],
        seq=values["seq"],
        queue=values["queue"],
        topic=values["topic"],
        enqueued_at=values["enqueued_at"],
        answered_at=values["answered_at"],
        left_at=values["left_at"],
        agent=values["agent"],
        outcome=values["outcome"],
        transferred=bool(values["followed"]) and values["outcome"] == ANSWERED,
    )
