"""How many went of each class in each run of the job, kept with the run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, select

from personal_data.kinds import Kind
from personal_data.records import retention_expiries
from storage.upsert import adding


def count(connection: Connection, today: date, kind: Kind, number: int) -> None:
    """So many more went, in the transaction that removes them."""
    if not number:
        return
    statement = adding(connection, retention_expiries, key=("business_date", "class"), number="number")
    connection.execute(statement, {"business_date": today, "class": str(kind), "number": number})


def counted(connection: Connection, today: date) -> Mapping[Kind, int]:
    """How many went on that day, of the classes of which any did."""
    c = retention_expiries.c
    rows = connection.execute(select(c["class"], c.number).where(c.business_date == today))
    return {Kind(row[0]): row[1] for row in rows}
