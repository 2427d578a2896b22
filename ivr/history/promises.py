"""Callbacks as reports see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import Connection, select

from routing import callbacks
from routing.callbacks import callbacks as table
from routing.reporting.days import Period
from routing.reporting.records import Promise


def promises_of(connection: Connection, period: Period) -> tuple[Promise, ...]:
    """The callbacks that were asked for in the period."""
    at = table.c.requested_at
    query = select(table.c.queue, table.c.topic, table.c.state).where(at >= period.start, at < period.end)
    return tuple(Promise(*row) for row in connection.execute(query.order_by(at, table.c.call_id)))


def promises_to_come(connection: Connection) -> Mapping[str, int]:
    """How many callbacks are to come, by queue."""
    return Counter(one.queue for one in callbacks.waiting_callbacks(connection))
