"""Recordings' keys, wrapped, in a database of their own: who destroys a key destroys every copy of its recording.

It is apart from the catalogue and has backups of its own, kept for days: a catalogue that is put back from years ago
finds no keys there. People's keys, by which append-only logs know them, lie beside them for the same reason. SQLite
overwrites what is deleted (`secure_delete`); `forget_traces` empties its write-ahead log, and in PostgreSQL frees dead
rows.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, event, insert, inspect, select

from recordings import server_files
from recordings.faults import KeysUnusable, RecordingFault
from recordings.key_encryption import KeyEncryption
from recordings.wrapped_keys import WrappedKeys, columns
from storage.database import Database, is_sqlite, sqlite_files, write_log_back
from storage.installation import without_passwords

_own = MetaData()
recording_keys = Table("recording_keys", _own, *columns(Column("recording_id", String(36), primary_key=True)))
person_keys = Table("person_keys", _own, *columns(Column("id", String(64), primary_key=True)))
# One row, by which a catalogue knows its keys from others'.
store_marks = Table("store_marks", _own, Column("mark", String(64), primary_key=True))


# Looks at changed pages alone; the index, which has no keys in it, is left to autovacuum.
VACUUM = "VACUUM (INDEX_CLEANUP OFF) "


class KeyStore(WrappedKeys):
    """The keys at a database's address: those of recordings, and in `people` those of people.

    Without `make` room for them is made by `prepare`, if at all.
    """

    def __init__(self, url: str, encryption: KeyEncryption, *, make: bool = True) -> None:
        database = Database(url)
        super().__init__(url, database, recording_keys, encryption)
        self.people = WrappedKeys(url, database, person_keys, encryption)
        _overwrite_what_is_deleted(database.engine)
        if make:
            self.prepare()

    def is_there(self) -> bool:
        """Whether there are recordings' keys, or were; looking makes nothing."""
        return recording_keys.name in self._tables()

    def prepare(self) -> None:
        """Make room for keys where there is none."""
        if not _own.tables.keys() <= self._tables():
            with self._writing() as connection:
                _own.create_all(connection)

    def mark(self) -> str | None:
        """What tells these keys from others'; None where an older version made them."""
        if store_marks.name not in self._tables():
            return None
        with self._reading() as connection:
            return connection.execute(select(store_marks.c.mark)).scalar()

    def set_mark(self, mark: str) -> None:
        """Give them a mark, once room was made for it."""
        with self._writing() as connection:
            connection.execute(insert(store_marks), {"mark": mark})

    def close(self) -> None:
        """Give every connection back."""
        self._database.close()

    def rewrap(self, most: int) -> int:
        """Wrap so many keys anew, people's after all of recordings': how many there were. Raises KeyMissing."""
        return super().rewrap(most) or self.people.rewrap(most)

    def wrapped_by(self) -> dict[str, int]:
        """How many keys each key wraps, people's included."""
        people = self.people.wrapped_by() if self._knows_people else {}
        return dict(Counter(super().wrapped_by()) + Counter(people))

    def wrapping(self) -> frozenset[str]:
        """The ids of the keys that wrap any, people's included."""
        return super().wrapping() | (self.people.wrapping() if self._knows_people else frozenset())

    def copy(self, path: Path) -> None:
        """Write all keys to a new SQLite file, which has no room of destroyed ones. Raises RecordingFault, OSError."""
        if not self._is_sqlite:
            raise RecordingFault("the keys lie on a server: back them up by its own means, and keep that for days only")
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with self._autocommitting() as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(path),))

    def files(self) -> tuple[Path, ...] | None:
        """The files in which destroyed keys may have left something; None where they cannot be read from here."""
        if self._is_sqlite:
            return sqlite_files(self._database.engine.url)
        with self._reading() as connection:
            return server_files.files_of(connection, recording_keys.name)

    def forget_traces(self) -> None:
        """Leave nothing of destroyed keys in SQLite's files; in PostgreSQL give their place free to be written over.

        Raises KeysUnusable as well where another process reads for so long that SQLite's log cannot be written back.
        """
        tables = () if self._is_sqlite else sorted(_own.tables.keys() & self._tables())
        with self._autocommitting() as connection:
            for table in tables:
                connection.exec_driver_sql(VACUUM + table)
            if self._is_sqlite and not write_log_back(connection):
                raise KeysUnusable(
                    f"{without_passwords(self.url)}: another process reads recordings' keys for long; "
                    f"destroyed ones are in its log until it has ended"
                )

    @property
    def _is_sqlite(self) -> bool:
        return is_sqlite(self._database.engine.url)

    @property
    def _knows_people(self) -> bool:
        """Whether there is room for people's keys; an older version made none, and who only looks makes none."""
        return person_keys.name in self._tables()

    def _tables(self) -> frozenset[str]:
        file = Path(str(self._database.engine.url.database))
        # Whoever opens an empty file of SQLite's writes to it.
        if self._is_sqlite and not (file.exists() and file.stat().st_size):
            return frozenset()
        with self._reading() as connection:
            return frozenset(inspect(connection).get_table_names())

    @contextmanager
    def _autocommitting(self) -> Iterator[Connection]:
        engine = self._database.engine.execution_options(isolation_level="AUTOCOMMIT")
        with self._told(), engine.connect() as connection:
            yield connection


def _overwrite_what_is_deleted(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA secure_delete = ON"))
