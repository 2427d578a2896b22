"""Insert a row, or change the one that has its key: one statement, whatever other processes do meanwhile."""

from __future__ import annotations

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(
    connection: Connection, table: Table, *, key: tuple[str, ...], changing: tuple[str, ...]
) -> sqlite.Insert | postgresql.Insert:
    """The statement: rows whose `key` columns are there already get new values in the columns `changing`."""
    if connection.dialect.name == "sqlite":
        on_sqlite = sqlite.insert(table)
        return on_sqlite.on_conflict_do_update(
            index_elements=key, set_={name: on_sqlite.excluded[name] for name in changing}
        )
    on_postgresql = postgresql.insert(table)
    return on_postgresql.on_conflict_do_update(
        index_elements=key, set_={name: on_postgresql.excluded[name] for name in changing}
    )
