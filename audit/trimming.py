"""Taking out entries whose term is over, always the oldest, so that the rest can still be verified."""

from __future__ import annotations

from datetime import datetime
from itertools import islice, takewhile

from sqlalchemy import Connection, delete, insert, select

from audit import entries
from audit.records import audit_entries, audit_trimmings
from storage import chain


class AuditBroken(Exception):
    """What is to be taken out was meddled with: it is evidence now, and stays."""


def reach(connection: Connection, before: datetime) -> tuple[int, int]:
    """How many of the oldest entries were made before then, and how many entries there are."""
    c = audit_entries.c
    begin, end = entries.beginning(connection).number, entries.head(connection).number
    first = connection.execute(select(c.number).where(c.at >= before).order_by(c.number).limit(1)).scalar()
    return (end if first is None else first - 1) - begin, end - begin


def trim(connection: Connection, before: datetime, most: int, policy: str, at: datetime) -> int:
    """Take out the oldest entries that were made before then, at most so many, in the caller's transaction: how many.

    `policy` says in words why. Raises AuditBroken.
    """
    entries.one_at_a_time(connection)
    begin = entries.beginning(connection)
    over = tuple(islice(takewhile(lambda entry: entry.at < before, entries.everything(connection)), most))
    if not over:
        return 0
    found = chain.check(over, entries.hash_of, begin=begin)
    if not found.whole:
        raise AuditBroken(f"the audit is broken at entry {found.broken} ({found.why}): nothing is taken out of it")
    values = {"number": found.head.number, "hash": found.head.hash, "policy": policy, "at": at}
    connection.execute(insert(audit_trimmings), values)
    connection.execute(delete(audit_entries).where(audit_entries.c.number <= found.head.number))
    return len(over)
