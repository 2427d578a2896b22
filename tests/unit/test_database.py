"""The database as threads use it: what is committed stays, what fails leaves nothing, moments keep their meaning."""

from __future__ import annotations

import importlib
import pkgutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select, update
from sqlalchemy.exc import IntegrityError, StatementError

from storage.database import Database, Instant, metadata
from storage.installation import key_marks

PACKAGES = ("audit", "auth_pin", "ivr", "personal_data", "recordings", "routing", "storage")
THREADS, COMMITS = 20, 20


def import_every_table() -> None:
    """Import every module that may declare a table."""
    for name in PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """An SQLite file without tables."""
    database = Database(f"sqlite:///{tmp_path / 'file.db'}")
    yield database
    database.close()


def marks(database: Database) -> int:
    """How many rows the table of keys has."""
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(key_marks)).scalar_one()


def write(database: Database, *rows: tuple[str, str]) -> None:
    """Write rows one after another, and commit them together."""
    with database.writing() as connection:
        for name, mark in rows:
            connection.execute(insert(key_marks), {"name": name, "mark": mark})


def write_and_fail(database: Database) -> None:
    """Write a row, and fail before it is committed."""
    with database.writing() as connection:
        connection.execute(insert(key_marks), {"name": "a", "mark": "1"})
        raise RuntimeError("in the middle")


def in_threads(work: Callable[[int], None]) -> None:
    """Do the work in many threads at once; the first failure of one is the test's."""
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [] == failures


def test_the_migrated_schema_is_the_one_that_the_code_declares(database: Database) -> None:
    """Tables, columns, types, indexes and constraints, with nothing left over on either side."""
    import_every_table()
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert [] == compare_metadata(context, metadata)
    assert {"calls", "turns", "profiles", "consents", "key_marks"} <= metadata.tables.keys()


def test_a_write_that_fails_leaves_nothing(database: Database) -> None:
    """Neither what came before the failure nor what caused it."""
    before = marks(database)
    with pytest.raises(RuntimeError, match="in the middle"):
        write_and_fail(database)
    assert before == marks(database)


def test_a_write_that_the_database_refuses_leaves_nothing(database: Database) -> None:
    """And the next one works."""
    before = marks(database)
    with pytest.raises(IntegrityError):
        write(database, ("a", "1"), ("a", "2"))
    write(database, ("a", "3"))
    assert before + 1 == marks(database)


def test_what_is_not_committed_is_seen_by_nobody(database: Database) -> None:
    """Readers neither see it nor wait for it."""
    before = marks(database)
    with database.writing() as connection:
        connection.execute(insert(key_marks), {"name": "a", "mark": "1"})
        assert before == marks(database)
    assert before + 1 == marks(database)


def test_many_threads_lose_no_commit(database: Database) -> None:
    """Twenty threads write twenty rows each, one by one."""
    before = marks(database)

    def write_one_by_one(thread: int) -> None:
        for number in range(COMMITS):
            write(database, (f"{thread}-{number}", ""))

    in_threads(write_one_by_one)
    assert before + THREADS * COMMITS == marks(database)


def test_writers_of_one_row_come_one_after_another(database: Database) -> None:
    """What is read under a lock of the row is still true when it is written."""
    write(database, ("count", "0"))

    def count(_: int) -> None:
        for _ in range(COMMITS):
            with database.writing() as connection:
                row = select(key_marks.c.mark).where(key_marks.c.name == "count").with_for_update()
                value = int(connection.execute(row).scalar_one())
                connection.execute(update(key_marks).where(key_marks.c.name == "count").values(mark=str(value + 1)))

    in_threads(count)
    with database.reading() as connection:
        row = select(key_marks.c.mark).where(key_marks.c.name == "count")
        assert str(THREADS * COMMITS) == connection.execute(row).scalar_one()


def test_sqlite_is_set_to_survive_a_power_cut(sqlite: Database) -> None:
    """Each connection writes ahead, in full, and holds foreign keys; NORMAL would lose the last commits."""
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    with sqlite.reading() as one, sqlite.reading() as two:
        for connection in (one, two):
            assert expected == {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected}


moments = Table("moments_of_a_test", MetaData(), Column("id", Integer, primary_key=True), Column("at", Instant))


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
        datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Warsaw")),
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Warsaw")),
        datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=-9, minutes=-30))),
        None,
    ],
)
def test_a_moment_is_read_back_as_the_same_moment(database: Database, moment: datetime | None) -> None:
    """In universal time, to the microsecond, whichever clock it was told by."""
    with database.writing() as connection:
        moments.create(connection)
        connection.execute(insert(moments), {"id": 1, "at": moment})
    with database.reading() as connection:
        kept = connection.execute(select(moments.c.at)).scalar_one()
    assert (moment and moment.astimezone(UTC)) == kept
    assert kept is None or kept.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    """It would mean another moment on another machine."""
    row = insert(moments).values(id=1, at=datetime(2026, 11, 23))
    with database.writing() as connection:
        moments.create(connection)
    with database.reading() as connection, pytest.raises(StatementError, match="a moment needs a time zone"):
        connection.execute(row)
