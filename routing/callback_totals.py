"""How many callbacks there were of each day, once their rows are gone: reports stay as they were, and name nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Column, Connection, Integer, String, Table

from storage.database import Instant, metadata
from storage.upsert import adding

# `day` is the moment at which the service's day began on which they were asked for.
callback_totals = Table(
    "callback_totals",
    metadata,
    Column("day", Instant, primary_key=True),
    Column("queue", String(40), primary_key=True),
    Column("topic", String(40), primary_key=True),
    Column("state", String(12), primary_key=True),
    Column("number", Integer, nullable=False),
)


def add(connection: Connection, gone: Iterable[tuple[datetime, str, str, str]]) -> None:
    """Count callbacks whose rows go in this transaction: the beginning of their day, queue, topic and state."""
    rows = [
        {"day": day, "queue": queue, "topic": topic, "state": state, "number": number}
        for (day, queue, topic, state), number in Counter(gone).items()
    ]
    if not rows:
        return
    connection.execute(
        adding(connection, callback_totals, key=("day", "queue", "topic", "state"), number="number"), rows
    )
