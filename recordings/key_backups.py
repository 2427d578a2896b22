"""Backups of recordings' keys, which live for days: what was destroyed is gone for good with the last that has its key.

A backup is a whole SQLite file beside others of its kind, named by when it was made. Only what lies in its folder is
known here: who copies backups elsewhere answers for those copies.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from recordings.faults import RecordingFault
from recordings.key_store import KeyStore
from recordings.wrapped_keys import WrappedKey, WrappedKeys
from storage.files import sync_file, sync_folder

BATCH = 1000

_NAME = re.compile(r"recording-keys-(\d{8}T\d{6}Z)\.db")
_MOMENT = "%Y%m%dT%H%M%SZ"
_UNFINISHED = ".new"
_ABANDONED = timedelta(days=1)
"""No process writes a backup for so long."""

Gone = Callable[[Sequence[WrappedKey]], frozenset[str]]
"""The ids of those keys that are not to be put back."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup and when it was made, to the second."""

    path: Path
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Restored:
    """How many keys were put back, and how many were not to be."""

    put_back: int = 0
    left_out: int = 0

    def __add__(self, more: Restored) -> Restored:
        return Restored(self.put_back + more.put_back, self.left_out + more.left_out)


def make(keys: KeyStore, folder: Path, at: datetime) -> Backup:
    """Write a backup: all keys and nothing of those that were destroyed. Raises RecordingFault, OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made_at = at.astimezone(UTC).replace(microsecond=0)
    path = folder / f"recording-keys-{made_at:{_MOMENT}}.db"
    new = path.with_name(path.name + _UNFINISHED)
    new.unlink(missing_ok=True)
    try:
        keys.copy(new)
        sync_file(new)
    except BaseException:
        # Half a backup has keys as well, and takes the room of a disk that may be full.
        new.unlink(missing_ok=True)
        raise
    new.replace(path)
    sync_folder(folder)
    return Backup(path, made_at)


def of_folder(folder: Path) -> tuple[Backup, ...]:
    """The backups in a folder, the oldest first."""
    return _named(folder, "")


def expire(folder: Path, days: int, now: datetime) -> tuple[Backup, ...]:
    """Destroy the backups that are older than so many days: which. Raises OSError.

    What another process may still be writing is left alone; what nobody has finished in a day goes with them.
    """
    over = tuple(one for one in of_folder(folder) if one.made_at < now - timedelta(days=days))
    abandoned = (one for one in _named(folder, _UNFINISHED) if one.made_at < now - _ABANDONED)
    for one in (*over, *abandoned):
        one.path.unlink(missing_ok=True)
    if over:
        sync_folder(folder)
    return over


def _named(folder: Path, end: str) -> tuple[Backup, ...]:
    """Files that are named as backups are, with that behind it, the oldest first."""
    found = ((path, _NAME.fullmatch(path.name.removesuffix(end))) for path in sorted(folder.glob(f"*.db{end}")))
    return tuple(
        Backup(path, datetime.strptime(match[1], _MOMENT).replace(tzinfo=UTC)) for path, match in found if match
    )


def having(folder: Path, recording_id: str) -> tuple[Backup, ...]:
    """The backups in which a recording's key is. Raises RecordingFault for one that cannot be read."""
    return tuple(one for one in of_folder(folder) if _has(one.path, recording_id))


def restore(path: Path, keys: KeyStore, gone: Gone, erased: Gone) -> Restored:
    """Put back the keys that are not there any more, but for those of recordings that are gone and of erased people.

    Raises RecordingFault for what is no backup; KeyMissing, KeysUnusable.
    """
    with _opened(path) as connection:
        restored = _restore(connection, "recording_keys", keys, gone)
        # Older backups have none of people.
        there = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'person_keys'").fetchone()
        return restored + _restore(connection, "person_keys", keys.people, erased) if there else restored


def _restore(connection: sqlite3.Connection, table: str, into: WrappedKeys, gone: Gone) -> Restored:
    restored = Restored()
    rows = connection.execute(f"SELECT * FROM {table}")
    while page := [_key(row) for row in rows.fetchmany(BATCH)]:
        left_out = gone(page)
        wanted = [key for key in page if key.id not in left_out]
        restored += Restored(into.put_back(wanted), len(page) - len(wanted))
    return restored


def _key(row: tuple[str, str, bytes, str]) -> WrappedKey:
    id, by, wrapped, made_at = row
    return WrappedKey(id, by, wrapped, datetime.fromisoformat(made_at).replace(tzinfo=UTC))


def _has(path: Path, recording_id: str) -> bool:
    with _opened(path) as connection:
        wanted = "SELECT 1 FROM recording_keys WHERE recording_id = ?"
        return connection.execute(wanted, (recording_id,)).fetchone() is not None


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A backup to read: nothing is written to it or beside it."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?immutable=1", uri=True)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise RecordingFault(f"{path}: no backup of recordings' keys that can be read ({error})") from None
