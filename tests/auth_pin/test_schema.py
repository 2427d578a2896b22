from __future__ import annotations

import pytest
from sqlalchemy import Table, inspect
from sqlalchemy.exc import IntegrityError

from auth_pin.attempts import auth_attempts
from auth_pin.mandates import mandates
from auth_pin.profiles import profiles
from storage.database import Database, metadata

TABLES = (profiles, auth_attempts, mandates)


def test_the_migrated_schema_is_the_one_in_the_code(database: Database) -> None:
    """Columns, types, keys and checks that migrations make are those that the tables declare."""
    migrated = [_description(database, table) for table in TABLES]
    with database.writing() as connection:
        metadata.drop_all(connection, tables=TABLES)
        metadata.create_all(connection, tables=TABLES)
    declared = [_description(database, table) for table in TABLES]
    assert declared == migrated


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
