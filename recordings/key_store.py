"""Recordings' keys, wrapped, in a database of their own: who destroys a key destroys every copy of its recording.

It is apart from the catalogue and has backups of its own, kept for days: a catalogue that is put back from years ago
finds no keys there. People's keys, by which append-only logs know them, lie beside them for the same reason. SQLite
overwrites what is deleted (`secure_delete`); `forget_traces` empties its write-ahead log, and in PostgreSQL frees dead
rows.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from sqlalchemy import Column, Engine, MetaData, String, Table, event, inspect
from sqlalchemy.engine import make_url

from recordings.key_encryption import KeyEncryption
from recordings.wrapped_keys import WrappedKeys, columns
from storage.database import Database

_own = MetaData()
recording_keys = Table("recording_keys", _own, *columns(Column("recording_id", String(36), key="id", primary_key=True)))
person_keys = Table("person_keys", _own, *columns(Column("id", String(64), primary_key=True)))


class KeyStore(WrappedKeys):
    """The keys at a database's address: those of recordings, and in `people` those of people.

    Without `make` room for them is made by `prepare`, if at all.
    """

    def __init__(self, url: str, encryption: KeyEncryption, *, make: bool = True) -> None:
        database = Database(url)
        super().__init__(database, recording_keys, encryption)
        self.url = url
        self.people = WrappedKeys(database, person_keys, encryption)
        _overwrite_what_is_deleted(database.engine)
        if make:
            self.prepare()

    def is_there(self) -> bool:
        """Whether there are recordings' keys, or were; looking makes nothing."""
        return recording_keys.name in self._tables()

    def prepare(self) -> None:
        """Make room for keys where there is none."""
        if not _own.tables.keys() <= self._tables():
            with self._database.writing() as connection:
                _own.create_all(connection)

    def close(self) -> None:
        """Give every connection back."""
        self._database.close()

    def rewrap(self, most: int) -> int:
        """Wrap so many keys anew, people's after all of recordings': how many there were. Raises KeyMissing."""
        return super().rewrap(most) or self.people.rewrap(most)

    def wrapped_by(self) -> dict[str, int]:
        """How many keys each key wraps, people's included."""
        people = self.people.wrapped_by() if person_keys.name in self._tables() else {}
        return dict(Counter(super().wrapped_by()) + Counter(people))

    def forget_traces(self) -> None:
        """Leave nothing of destroyed keys in the files of the database."""
        is_sqlite = make_url(self.url).get_backend_name() == "sqlite"
        engine = self._database.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            if is_sqlite:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                return
            for table in sorted(_own.tables.keys() & self._tables()):
                connection.exec_driver_sql(f"VACUUM {table}")

    def _tables(self) -> frozenset[str]:
        address = self._database.engine.url
        file = Path(str(address.database))
        # Whoever opens an empty file of SQLite's writes to it.
        if address.get_backend_name() == "sqlite" and not (file.exists() and file.stat().st_size):
            return frozenset()
        with self._database.reading() as connection:
            return frozenset(inspect(connection).get_table_names())


def _overwrite_what_is_deleted(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA secure_delete = ON"))
