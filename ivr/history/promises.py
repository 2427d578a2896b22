"""Callbacks as reports see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import repeat

from sqlalchemy import Connection, select

from routing import callbacks
from routing.callback_totals import callback_totals
from routing.callbacks import callbacks as table
from routing.reporting.days import Period
from routing.reporting.records import Promise


def promises_of(connection: Connection, period: Period) -> tuple[Promise, ...]:
    """The callbacks that were asked for in the period: whole days, where their rows are gone."""
    at = table.c.requested_at
    query = select(table.c.queue, table.c.topic, table.c.state).where(at >= period.start, at < period.end)
    return (
        *_gone(connection, period),
        *(Promise(*row) for row in connection.execute(query.order_by(at, table.c.call_id))),
    )


def _gone(connection: Connection, period: Period) -> Iterator[Promise]:
    c = callback_totals.c
    query = select(c.queue, c.topic, c.state, c.number).where(c.day >= period.start, c.day < period.end)
    for queue, topic, state, number in connection.execute(query.order_by(c.day, c.queue, c.topic, c.state)):
        yield from repeat(Promise(queue, topic, state), number)


def promises_to_come(connection: Connection) -> Mapping[str, int]:
    """How many callbacks are to come, by queue."""
    return Counter(one.queue for one in callbacks.waiting_callbacks(connection))
