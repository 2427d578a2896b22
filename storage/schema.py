"""At which version of the schema a database is, and which one this program needs.

Alembic, which leads from one to the other, takes longer to load than most commands take, and is asked only then.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

MIGRATIONS = Path(__file__).parent / "migrations"

# Alembic's own table: https://alembic.sqlalchemy.org/en/latest/tutorial.html
_versions = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def newest() -> str:
    """The version that all migrations lead to. Their files are named by theirs: r0001_words.py."""
    last = max(path.name for path in (MIGRATIONS / "versions").glob("r*.py"))
    return last.removeprefix("r").partition("_")[0]


def found(connection: Connection) -> str | None:
    """The version that a database is at; None of one that is empty."""
    if not inspect(connection).has_table(_versions.name):
        return None
    return connection.execute(select(_versions.c.version_num)).scalar()
