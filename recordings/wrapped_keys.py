"""Keys in a table, each under an id and wrapped, so that they are of use only beside the keys that wrap."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, LargeBinary, Select, String, Table, delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from recordings.faults import KeysUnusable
from recordings.key_encryption import KeyEncryption
from recordings.sealing import KEY_BYTES
from storage.database import Database, Instant, reason_of
from storage.distinct import distinct
from storage.installation import without_passwords
from storage.upsert import upsert


def columns(id: Column[str]) -> tuple[Column[Any], ...]:
    """The columns of a table of keys, the first of which is its `id`."""
    return (
        id,
        Column("wrapped_by", String(40), nullable=False, index=True),
        Column("wrapped", LargeBinary, nullable=False),
        Column("made_at", Instant, nullable=False),
    )


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A key as it is kept."""

    id: str
    wrapped_by: str
    wrapped: bytes
    made_at: datetime


class WrappedKeys:
    """The keys of one table, the first column of which is their id. Safe to share between threads.

    Everything raises KeysUnusable: the database cannot be reached or written, or its disk is full.
    """

    def __init__(self, url: str, database: Database, table: Table, encryption: KeyEncryption) -> None:
        self.url = url
        self._database = database
        self._table = table
        self._encryption = encryption
        self._id = next(iter(table.primary_key))

    def make(self, id: str, at: datetime) -> bytes:
        """The key of that id, made if there is none yet. Raises KeyMissing."""
        with self._writing() as connection:
            row = connection.execute(self._of(id)).one_or_none()
            if row is None:
                by, wrapped = self._encryption.wrap(os.urandom(KEY_BYTES), id)
                values = {self._id.name: id, "wrapped_by": by, "wrapped": wrapped, "made_at": at}
                # Another process may make one at the same moment: the first counts.
                connection.execute(upsert(connection, self._table, key=(self._id.name,), changing=()), values)
                row = connection.execute(self._of(id)).one()
        return self._encryption.unwrap(row.wrapped_by, row.wrapped, id)

    def key(self, id: str) -> bytes | None:
        """The key of that id; None where there is none, or none any more. Raises KeyMissing."""
        with self._reading() as connection:
            row = connection.execute(self._of(id)).one_or_none()
        return None if row is None else self._encryption.unwrap(row.wrapped_by, row.wrapped, id)

    def has(self, ids: Iterable[str]) -> frozenset[str]:
        """Those of these ids that have a key, whether or not it can be unwrapped."""
        with self._reading() as connection:
            return frozenset(connection.execute(select(self._id).where(self._id.in_(list(ids)))).scalars())

    def ids(self) -> Iterator[str]:
        """The ids that have a key."""
        with self._reading() as connection:
            rows = connection.execute(select(self._id).execution_options(yield_per=1000))
            for row in rows:
                yield row[0]

    def made_before(self, at: datetime) -> tuple[str, ...]:
        """The ids of keys that were made before that moment."""
        with self._reading() as connection:
            return tuple(connection.execute(select(self._id).where(self._table.c.made_at < at)).scalars())

    def destroy(self, ids: Iterable[str]) -> None:
        """Destroy keys; those that are not there are no fault."""
        with self._writing() as connection:
            connection.execute(delete(self._table).where(self._id.in_(list(ids))))

    def opened(self, key: WrappedKey) -> bytes:
        """A key that is kept elsewhere as it is here. Raises KeyMissing."""
        return self._encryption.unwrap(key.wrapped_by, key.wrapped, key.id)

    def put_back(self, keys: Sequence[WrappedKey]) -> int:
        """Add those keys that are not there: how many were added."""
        with self._writing() as connection:
            statement = upsert(connection, self._table, key=(self._id.name,), changing=())
            return sum(connection.execute(statement, self._row(key)).rowcount for key in keys)

    def rewrap(self, most: int) -> int:
        """Wrap so many keys anew that another than the current one wraps: how many there were. Raises KeyMissing."""
        c = self._table.c
        with self._writing() as connection:
            old = select(self._table).where(c.wrapped_by != self._encryption.current).limit(most)
            rows = connection.execute(old).all()
            for row in rows:
                id = row._mapping[self._id]
                by, wrapped = self._encryption.wrap(self._encryption.unwrap(row.wrapped_by, row.wrapped, id), id)
                connection.execute(update(self._table).where(self._id == id).values(wrapped_by=by, wrapped=wrapped))
        return len(rows)

    def wrapped_by(self) -> dict[str, int]:
        """How many keys each key wraps."""
        c = self._table.c.wrapped_by
        with self._reading() as connection:
            return {row[0]: row[1] for row in connection.execute(select(c, func.count()).group_by(c))}

    def wrapping(self) -> frozenset[str]:
        """The ids of the keys that wrap any."""
        with self._reading() as connection:
            return frozenset(distinct(connection, self._table.c.wrapped_by))

    def _row(self, key: WrappedKey) -> dict[str, Any]:
        return {self._id.name if name == "id" else name: value for name, value in asdict(key).items()}

    def _of(self, id: str) -> Select[Any]:
        return select(self._table).where(self._id == id)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._told(), self._database.writing() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._told(), self._database.reading() as connection:
            yield connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Faults of this database are told as its own: there is another one, with other remedies."""
        try:
            yield
        except SQLAlchemyError as error:
            shown = without_passwords(self.url)
            raise KeysUnusable(f"{shown}: recordings' keys cannot be used: {reason_of(error)}") from error
