"""Keys in a table, each under an id and wrapped, so that they are of use only beside the keys that wrap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from os import urandom
from typing import Any

from sqlalchemy import Column, LargeBinary, Select, String, Table, delete, func, insert, select, update

from recordings.key_encryption import KeyEncryption
from recordings.sealing import KEY_BYTES
from storage.database import Database, Instant


def columns(id: Column[str]) -> tuple[Column[Any], ...]:
    """The columns of a table of keys, the first of which is its `id`."""
    return (
        id,
        Column("wrapped_by", String(40), nullable=False, index=True),
        Column("wrapped", LargeBinary, nullable=False),
        Column("made_at", Instant, nullable=False),
    )


class WrappedKeys:
    """The keys of one table. Safe to share between threads."""

    def __init__(self, database: Database, table: Table, encryption: KeyEncryption) -> None:
        self._database = database
        self._table = table
        self._encryption = encryption

    def make(self, id: str, at: datetime) -> bytes:
        """The key of that id, made if there is none yet. Raises KeyMissing."""
        with self._database.writing() as connection:
            row = connection.execute(self._of(id)).one_or_none()
            if row is not None:
                return self._encryption.unwrap(row.wrapped_by, row.wrapped, id)
            key = urandom(KEY_BYTES)
            by, wrapped = self._encryption.wrap(key, id)
            values = {"id": id, "wrapped_by": by, "wrapped": wrapped, "made_at": at}
            connection.execute(insert(self._table), values)
        return key

    def key(self, id: str) -> bytes | None:
        """The key of that id; None where there is none, or none any more. Raises KeyMissing."""
        with self._database.reading() as connection:
            row = connection.execute(self._of(id)).one_or_none()
        return None if row is None else self._encryption.unwrap(row.wrapped_by, row.wrapped, id)

    def has(self, ids: Iterable[str]) -> frozenset[str]:
        """Those of these ids that have a key, whether or not it can be unwrapped."""
        c = self._table.c.id
        with self._database.reading() as connection:
            return frozenset(connection.execute(select(c).where(c.in_(list(ids)))).scalars())

    def ids(self) -> Iterator[str]:
        """The ids that have a key."""
        with self._database.reading() as connection:
            rows = connection.execute(select(self._table.c.id).execution_options(yield_per=1000))
            for row in rows:
                yield row[0]

    def destroy(self, ids: Iterable[str]) -> None:
        """Destroy keys; those that are not there are no fault."""
        with self._database.writing() as connection:
            connection.execute(delete(self._table).where(self._table.c.id.in_(list(ids))))

    def rewrap(self, most: int) -> int:
        """Wrap so many keys anew that another than the current one wraps: how many there were. Raises KeyMissing."""
        c = self._table.c
        with self._database.writing() as connection:
            old = select(self._table).where(c.wrapped_by != self._encryption.current).limit(most)
            rows = connection.execute(old).all()
            for row in rows:
                key = self._encryption.unwrap(row.wrapped_by, row.wrapped, row.id)
                by, wrapped = self._encryption.wrap(key, row.id)
                connection.execute(update(self._table).where(c.id == row.id).values(wrapped_by=by, wrapped=wrapped))
        return len(rows)

    def wrapped_by(self) -> dict[str, int]:
        """How many keys each key wraps."""
        c = self._table.c.wrapped_by
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(select(c, func.count()).group_by(c))}

    def _of(self, id: str) -> Select[Any]:
        return select(self._table).where(self._table.c.id == id)
