"""The database: engine, metadata and the two ways to use a connection.

SQLite runs with a write-ahead log and `synchronous=FULL` (NORMAL loses the last commits on power loss). SQLite allows
one writer at a time and makes the others poll; a lock of our own in front of it lets the threads of one process take
turns without polling.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, DateTime, Dialect, Engine, MetaData, create_engine, event, make_url
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.types import TypeDecorator

SQLITE_BUSY_SECONDS = 30
# A server that is gone without a word is given up while a caller may still be there. In libpq's units: seconds, and
# milliseconds for tcp_user_timeout (https://www.postgresql.org/docs/current/libpq-connect.html).
POSTGRESQL = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

NO_ROOM = "SQLITE_IOERR_SHMSIZE"  # https://www.sqlite.org/rescode.html

# https://www.postgresql.org/docs/current/errcodes-appendix.html
POSTGRESQL_UNIQUE_VIOLATION = "23505"

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """A moment: aware datetimes in, UTC datetimes out, whatever the database keeps."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive datetime: it would mean another moment on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite keeps no zone; what was stored is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """An engine, and connections for reading and for writing."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._turn_to_write = threading.Lock()
        # Of SQLite, which has one writer at a time: a connection of the pool costs as much as what is written.
        self._writer: Connection | None = None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection whose work is committed at the end, or rolled back when an exception leaves the block."""
        if self.engine.dialect.name == "sqlite":
            with self._turn_to_write, self._the_writer() as connection, connection.begin():
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
        else:
            with self.engine.begin() as connection:
                yield connection

    @contextmanager
    def _the_writer(self) -> Iterator[Connection]:
        """The one connection for writing; one that failed is not used again."""
        connection, self._writer = self._writer or self.engine.connect(), None
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._writer = connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for queries."""
        with self.engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Give every connection back."""
        with self._turn_to_write:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
        self.engine.dispose()


def overwrite_what_is_deleted(connection: Connection) -> None:
    """Of what this connection removes nothing stays in an SQLite file; PostgreSQL cleans up after itself."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")


def write_log_back(connection: Connection) -> bool:
    """Empty the log of an SQLite file, in which removed rows still stand; connections commit by themselves for that.

    False: another process has read for so long that it could not be emptied.
    """
    return not connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one()


def is_sqlite(url: URL) -> bool:
    """Whether it is the address of an SQLite file."""
    return url.get_backend_name() == "sqlite"


def sqlite_files(url: URL) -> tuple[Path, ...]:
    """The files of an SQLite database: its own and, while there are any, its logs."""
    return tuple(Path(f"{url.database}{ending}") for ending in ("", "-wal", "-journal"))


def reason_of(error: SQLAlchemyError) -> str:
    """Why a statement failed, in a line that may be logged: nothing of what was to be stored is in it."""
    if isinstance(error, OperationalError):
        told = str(error.orig).partition("\n")[0]
        # SQLite says as much of a broken disk, and means that there is no room to share its log.
        return f"{told}: the disk is full" if getattr(error.orig, "sqlite_errorname", "") == NO_ROOM else told
    return type(error).__name__


def is_duplicate(error: IntegrityError) -> bool:
    """Whether the row is there already; every other broken constraint is a fault."""
    if isinstance(error.orig, sqlite3.Error):
        return error.orig.sqlite_errorname in {"SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"}
    return getattr(error.orig, "sqlstate", None) == POSTGRESQL_UNIQUE_VIOLATION


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        # The plain scheme would ask for a driver that is not installed.
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        return create_engine(
            url, connect_args=POSTGRESQL, pool_size=10, max_overflow=20, pool_pre_ping=True, hide_parameters=True
        )
    if make_url(url).database in (None, "", ":memory:"):
        raise ValueError("a database in memory would be lost with each connection")
    engine = create_engine(
        url, connect_args={"timeout": SQLITE_BUSY_SECONDS}, pool_size=5, max_overflow=-1, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # Transactions are begun by `writing`: the driver's own BEGIN is deferred, and a deferred transaction that turns
    # into a writing one fails at once when another process writes, instead of waiting.
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
