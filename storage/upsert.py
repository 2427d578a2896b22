"""Insert a row, or change, keep or add to the one that has its key: one statement, whatever others do meanwhile."""

from __future__ import annotations

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(
    connection: Connection, table: Table, *, key: tuple[str, ...], changing: tuple[str, ...]
) -> sqlite.Insert | postgresql.Insert:
    """The statement: rows whose `key` columns are there already get new values in the columns `changing`.

    With nothing to change, rows that are there stay as they are.
    """
    statement = _insert(connection, table)
    if not changing:
        return statement.on_conflict_do_nothing(index_elements=key)
    new_values = {name: statement.excluded[name] for name in changing}
    return statement.on_conflict_do_update(index_elements=key, set_=new_values)


def adding(
    connection: Connection, table: Table, *, key: tuple[str, ...], number: str
) -> sqlite.Insert | postgresql.Insert:
    """The statement: to rows whose `key` columns are there already, what is in the column `number` is added."""
    statement = _insert(connection, table)
    summed = {number: table.c[number] + statement.excluded[number]}
    return statement.on_conflict_do_update(index_elements=key, set_=summed)


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
