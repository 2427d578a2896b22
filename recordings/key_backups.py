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
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from recordings.faults import RecordingFault
from recordings.key_store import KeyStore, WrappedKey
from storage.files import sync_file, sync_folder

BATCH = 1000

_NAME = re.compile(r"recording-keys-(\d{8}T\d{6}Z)\.db")
_MOMENT = "%Y%m%dT%H%M%SZ"
_UNFINISHED = ".new"

Buried = Callable[[Sequence[str]], frozenset[str]]
"""Those of some recordings that were destroyed."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup and when it was made, to the second."""

    path: Path
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Restored:
    """How many keys were put back, and how many were not since their recordings were destroyed."""

    put_back: int
    buried: int


def make(keys: KeyStore, folder: Path, at: datetime) -> Backup:
    """Write a backup: all keys and nothing of those that were destroyed. Raises RecordingFault, OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made_at = at.astimezone(UTC).replace(microsecond=0)
    path = folder / f"recording-keys-{made_at:{_MOMENT}}.db"
    new = path.with_name(path.name + _UNFINISHED)
    new.unlink(missing_ok=True)
    keys.copy(new)
    sync_file(new)
    new.replace(path)
    sync_folder(folder)
    return Backup(path, made_at)


def of_folder(folder: Path) -> tuple[Backup, ...]:
    """The backups in a folder, the oldest first."""
    found = ((path, _NAME.fullmatch(path.name)) for path in sorted(folder.glob("recording-keys-*.db")))
    return tuple(
        Backup(path, datetime.strptime(match[1], _MOMENT).replace(tzinfo=UTC)) for path, match in found if match
    )


def expire(folder: Path, before: datetime) -> tuple[Backup, ...]:
    """Destroy the backups that were made before then, and what is left of unfinished ones: which. Raises OSError."""
    over = tuple(one for one in of_folder(folder) if one.made_at < before)
    for path in (*(one.path for one in over), *folder.glob(f"recording-keys-*.db{_UNFINISHED}")):
        path.unlink(missing_ok=True)
    if over:
        sync_folder(folder)
    return over


def having(folder: Path, recording_id: str) -> tuple[Backup, ...]:
    """The backups in which a recording's key is. Raises RecordingFault for one that cannot be read."""
    return tuple(one for one in of_folder(folder) if _has(one.path, recording_id))


def restore(path: Path, keys: KeyStore, buried: Buried) -> Restored:
    """Put back the keys that are not there any more, but for those of recordings that were destroyed.

    Raises RecordingFault for what is no backup.
    """
    put_back = refused = 0
    with _opened(path) as connection:
        rows = connection.execute("SELECT recording_id, wrapped_by, wrapped, made_at FROM recording_keys")
        while page := rows.fetchmany(BATCH):
            destroyed = buried([row[0] for row in page])
            wanted = [_key(row) for row in page if row[0] not in destroyed]
            put_back += keys.put_back(wanted)
            refused += len(page) - len(wanted)
    return Restored(put_back, refused)


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
