"""How far the audit had reached each night: an end that is cut off later is missed.

Heads stay, as the runs of the job do; no personal data is in them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select

from audit import entries
from audit.records import audit_heads
from storage.chain import NOTHING, Head


def keep(connection: Connection, at: datetime) -> Head:
    """Keep how far it reaches now, unless that is kept already; the head."""
    entries.one_at_a_time(connection)
    found = entries.head(connection)
    if found.number > _last(connection).number:
        connection.execute(insert(audit_heads), {"number": found.number, "hash": found.hash, "at": at})
    return found


def _last(connection: Connection) -> Head:
    c = audit_heads.c
    row = connection.execute(select(c.number, c.hash).order_by(c.number.desc()).limit(1)).one_or_none()
    return NOTHING if row is None else Head(row.number, row.hash)


def known(connection: Connection) -> tuple[Head, ...]:
    """All that were kept."""
    c = audit_heads.c
    return tuple(Head(row.number, row.hash) for row in connection.execute(select(c.number, c.hash).order_by(c.number)))
