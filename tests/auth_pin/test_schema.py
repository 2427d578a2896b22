from __future__ import annotations

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Table, inspect, select, update
from sqlalchemy.exc import IntegrityError

from auth_pin.attempts import Outcome, auth_attempts
from auth_pin.buckets import auth_buckets
from auth_pin.failures import auth_failures
from auth_pin.mandates import mandates
from auth_pin.profiles import profiles
from storage.database import Database, metadata
from storage.schema import MIGRATIONS

TABLES = (profiles, auth_attempts, auth_failures, auth_buckets, mandates)


def test_the_migrated_schema_is_the_one_in_the_code(database: Database) -> None:
    """Columns, types, keys and checks that migrations make are those that the tables declare."""
    migrated = [_description(database, table) for table in TABLES]
    with database.writing() as connection:
        metadata.drop_all(connection, tables=TABLES)
        metadata.create_all(connection, tables=TABLES)
    declared = [_description(database, table) for table in TABLES]
    assert declared == migrated


def test_attempts_of_before_there_were_limits_stay(database_url: str) -> None:
    """Their table is made anew where a check cannot be changed."""
    older = Database(database_url)
    _upgrade(older, "0023")
    with older.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO auth_attempts (call_id, seq, claim, at, outcome) "
            "VALUES ('call', 1, 'claim', '2026-11-23 09:00:00+00:00', 'refused')"
        )
    _upgrade(older, "head")
    with older.writing() as connection:
        connection.execute(update(auth_attempts).where(auth_attempts.c.seq == 1).values(outcome=Outcome.LIMITED))
        assert [("call", 1, "claim", "limited")] == [
            (row.call_id, row.seq, row.claim, row.outcome) for row in connection.execute(select(auth_attempts))
        ]
    older.close()


def _upgrade(database: Database, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["database"] = database
    command.upgrade(config, to)


@pytest.mark.parametrize("change", ["UPDATE profiles SET state = 'open'", "UPDATE profiles SET claim = 'the same'"])
def test_the_database_itself_refuses_nonsense(populated: Database, change: str) -> None:
    """A state that there is not, and two profiles with one claim."""
    with pytest.raises(IntegrityError), populated.writing() as connection:
        connection.exec_driver_sql(change)


def _description(database: Database, table: Table) -> dict[str, object]:
    inspector = inspect(database.engine)
    assert inspector.has_table(table.name)
    return {
        "columns": [
            (column["name"], repr(column["type"]), column["nullable"], column["default"])
            for column in inspector.get_columns(table.name)
        ],
        "primary key": inspector.get_pk_constraint(table.name),
        "unique": inspector.get_unique_constraints(table.name),
        "checks": inspector.get_check_constraints(table.name),
        "indexes": inspector.get_indexes(table.name),
        "foreign keys": inspector.get_foreign_keys(table.name),
    }
