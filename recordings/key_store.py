"""Recordings' keys, wrapped, in a database of their own: who destroys a key destroys every copy of its recording.

It is apart from the catalogue and has backups of its own, kept for days: a catalogue that is put back from years ago
finds no keys there. SQLite overwrites what is deleted (`secure_delete`); `forget_traces` empties its write-ahead log,
and in PostgreSQL frees dead rows.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    event,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from recordings import server_files
from recordings.faults import KeysUnusable, RecordingFault
from recordings.key_encryption import KeyEncryption
from recordings.sealing import KEY_BYTES
from storage.database import Database, Instant, is_sqlite, reason_of, sqlite_files
from storage.installation import without_passwords
from storage.upsert import upsert

_own = MetaData()
recording_keys = Table(
    "recording_keys",
    _own,
    Column("recording_id", String(36), primary_key=True),
    Column("wrapped_by", String(40), nullable=False, index=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("made_at", Instant, nullable=False),
)


CHECKPOINT = "PRAGMA wal_checkpoint(TRUNCATE)"
# Looks at changed pages alone; the index, which has no keys in it, is left to autovacuum.
VACUUM = "VACUUM (INDEX_CLEANUP OFF) recording_keys"


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A recording's key as it is kept."""

    recording_id: str
    wrapped_by: str
    wrapped: bytes
    made_at: datetime


class KeyStore:
    """The keys at a database's address. Safe to share between threads.

    Without `make` room for them is made by `prepare`, if at all. Everything raises KeysUnusable: the database cannot be
    reached or written, or its disk is full.
    """

    def __init__(self, url: str, encryption: KeyEncryption, *, make: bool = True) -> None:
        self.url = url
        self._encryption = encryption
        self._database = Database(url)
        _overwrite_what_is_deleted(self._database.engine)
        if make:
            self.prepare()

    def is_there(self) -> bool:
        """Whether there are keys, or were; looking makes nothing."""
        file = Path(str(self._database.engine.url.database))
        # Whoever opens an empty file of SQLite's writes to it.
        if self._is_sqlite and not (file.exists() and file.stat().st_size):
            return False
        with self._reading() as connection:
            return inspect(connection).has_table(recording_keys.name)

    def prepare(self) -> None:
        """Make room for keys where there is none."""
        with self._writing() as connection:
            _own.create_all(connection)

    def close(self) -> None:
        """Give every connection back."""
        self._database.close()

    def make(self, recording_id: str, at: datetime) -> bytes:
        """The key of a recording, made if there is none yet. Raises KeyMissing."""
        with self._writing() as connection:
            row = connection.execute(_of(recording_id)).one_or_none()
            if row is not None:
                return self._encryption.unwrap(row.wrapped_by, row.wrapped, recording_id)
            key = os.urandom(KEY_BYTES)
            by, wrapped = self._encryption.wrap(key, recording_id)
            values = {"recording_id": recording_id, "wrapped_by": by, "wrapped": wrapped, "made_at": at}
            connection.execute(insert(recording_keys), values)
        return key

    def key(self, recording_id: str) -> bytes | None:
        """The key of a recording; None where it has none, or none any more. Raises KeyMissing."""
        with self._reading() as connection:
            row = connection.execute(_of(recording_id)).one_or_none()
        return None if row is None else self._encryption.unwrap(row.wrapped_by, row.wrapped, recording_id)

    def has(self, recording_ids: Iterable[str]) -> frozenset[str]:
        """Those of these recordings that have a key, whether or not it can be unwrapped."""
        c = recording_keys.c.recording_id
        with self._reading() as connection:
            return frozenset(connection.execute(select(c).where(c.in_(list(recording_ids)))).scalars())

    def ids(self) -> Iterator[str]:
        """The recordings that have a key."""
        with self._reading() as connection:
            rows = connection.execute(select(recording_keys.c.recording_id).execution_options(yield_per=1000))
            for row in rows:
                yield row[0]

    def destroy(self, recording_ids: Iterable[str]) -> None:
        """Destroy keys; those that are not there are no fault."""
        with self._writing() as connection:
            connection.execute(delete(recording_keys).where(recording_keys.c.recording_id.in_(list(recording_ids))))

    def rewrap(self, most: int) -> int:
        """Wrap so many keys anew that another than the current one wraps: how many there were. Raises KeyMissing."""
        c = recording_keys.c
        with self._writing() as connection:
            old = select(recording_keys).where(c.wrapped_by != self._encryption.current).limit(most)
            rows = connection.execute(old).all()
            for row in rows:
                key = self._encryption.unwrap(row.wrapped_by, row.wrapped, row.recording_id)
                by, wrapped = self._encryption.wrap(key, row.recording_id)
                mine = c.recording_id == row.recording_id
                connection.execute(update(recording_keys).where(mine).values(wrapped_by=by, wrapped=wrapped))
        return len(rows)

    def wrapped_by(self) -> dict[str, int]:
        """How many keys each key wraps."""
        c = recording_keys.c.wrapped_by
        with self._reading() as connection:
            return {row[0]: row[1] for row in connection.execute(select(c, func.count()).group_by(c))}

    def copy(self, path: Path) -> None:
        """Write all keys to a new SQLite file, which has no room of destroyed ones. Raises RecordingFault, OSError."""
        if not self._is_sqlite:
            raise RecordingFault("the keys lie on a server: back them up by its own means, and keep that for days only")
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with self._autocommitting() as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(path),))

    def put_back(self, keys: Sequence[WrappedKey]) -> int:
        """Add those of a backup's keys that are not there: how many were added."""
        with self._writing() as connection:
            statement = upsert(connection, recording_keys, key=("recording_id",), changing=())
            return sum(connection.execute(statement, asdict(key)).rowcount for key in keys)

    def wrapping(self) -> frozenset[str]:
        """The ids of the keys that wrap any: found one by one in their index, since counting takes long."""
        c = recording_keys.c.wrapped_by
        found: list[str] = []
        with self._reading() as connection:
            while id := connection.execute(select(func.min(c)).where(c > (found[-1] if found else ""))).scalar():
                found.append(id)
        return frozenset(found)

    def files(self) -> tuple[Path, ...] | None:
        """The files in which destroyed keys may have left something; None where they cannot be read from here."""
        if self._is_sqlite:
            return sqlite_files(self._database.engine.url)
        with self._reading() as connection:
            return server_files.files_of(connection, recording_keys.name)

    @property
    def _is_sqlite(self) -> bool:
        return is_sqlite(self._database.engine.url)

    def forget_traces(self) -> None:
        """Leave nothing of destroyed keys in SQLite's files; in PostgreSQL give their place free to be written over.

        Raises KeysUnusable as well where another process reads for so long that SQLite's log cannot be written back.
        """
        with self._autocommitting() as connection:
            done = connection.exec_driver_sql(CHECKPOINT if self._is_sqlite else VACUUM)
            if self._is_sqlite and done.scalar_one():
                raise KeysUnusable(
                    f"{without_passwords(self.url)}: another process reads recordings' keys for long; "
                    f"destroyed ones are in its log until it has ended"
                )

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._told(), self._database.writing() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._told(), self._database.reading() as connection:
            yield connection

    @contextmanager
    def _autocommitting(self) -> Iterator[Connection]:
        engine = self._database.engine.execution_options(isolation_level="AUTOCOMMIT")
        with self._told(), engine.connect() as connection:
            yield connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Faults of this database are told as its own: there is another one, with other remedies."""
        try:
            yield
        except SQLAlchemyError as error:
            shown = without_passwords(self.url)
            raise KeysUnusable(f"{shown}: recordings' keys cannot be used: {reason_of(error)}") from error


def _of(recording_id: str) -> Any:
    return select(recording_keys).where(recording_keys.c.recording_id == recording_id)


def _overwrite_what_is_deleted(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA secure_delete = ON"))
