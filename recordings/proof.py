"""Proof that a recording was destroyed: everywhere that something of it could be is looked at once more.

What is proven is what can be seen here: copies outside these folders and databases (backups of the archive, what
somebody listened to and kept) are noise without the key, or are not known here at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from recordings import catalogue, key_backups, parts, runs, tombstones
from recordings.archive import NEW, TRANSCRIPT, Archive
from recordings.key_store import KeyStore
from recordings.purge import Places, forget_rows
from recordings.rejected import files_of
from recordings.searching import stands_in
from recordings.tombstones import Tombstone
from storage.chain import Chain
from storage.database import is_sqlite, sqlite_files

SPOOL_AGE = timedelta(days=1)
"""Asterisk writes to files that no row names yet; a conversation does not last so long."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was looked at, whether it is as it should be after destruction, and what was seen."""

    subject: str
    good: bool
    seen: str


@dataclass(frozen=True, slots=True)
class Proof:
    """All findings on one recording. `tombstone` is None where none was found."""

    recording_id: str
    tombstone: Tombstone | None
    chain: Chain
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether it was destroyed, all of it."""
        return all(finding.good for finding in self.findings)


def prove(places: Places, recording_id: str, now: datetime, backups: Path | None = None) -> Proof:
    """Look everywhere, in the folder with backups of the keys too.

    Raises ValueError for what is no id, RecordingFault, OSError, SQLAlchemyError.
    """
    files = places.archive.files(recording_id)
    with places.database.reading() as connection:
        stone = tombstones.find(connection, recording_id)
        chain = tombstones.verify(connection, runs.heads(connection))
        row = catalogue.find(connection, recording_id)
    findings = (
        *(_file(places.archive, file) for file in files),
        _key(places.archive.keys, recording_id),
        *(() if backups is None else (_backups(backups, recording_id),)),
        Finding("catalogue", row is None, "no row" if row is None else f"the row is there, {row.state}"),
        _spool(places, now),
        _quarantine(places, recording_id),
        *_traces(places, recording_id),
        _stone(stone, chain),
        Finding("chain", chain.whole, _of_chain(chain)),
    )
    return Proof(recording_id, stone, chain, findings)


def _file(archive: Archive, path: Path) -> Finding:
    subject = {NEW: "sound and waveform, unfinished", TRANSCRIPT: "transcript"}.get(path.suffix, "sound and waveform")
    there = path.exists() or path.is_symlink()
    return Finding(subject, not there, f"{path} is there" if there else f"no file {path.relative_to(archive.folder)}")


def _key(keys: KeyStore, recording_id: str) -> Finding:
    there = recording_id in keys.has([recording_id])
    return Finding("key", not there, "the key is there" if there else "no key")


def _backups(folder: Path, recording_id: str) -> Finding:
    having = key_backups.having(folder, recording_id)
    if not having:
        return Finding("key backups", True, f"the key is in none of {len(key_backups.of_folder(folder))}")
    names = ", ".join(backup.path.name for backup in having)
    return Finding("key backups", False, f"the key is in {names} until they expire")


def _spool(places: Places, now: datetime) -> Finding:
    """A part's row goes after its files, so that files of a recording that was destroyed would be nobody's."""
    with places.database.reading() as connection:
        known = parts.file_names(connection)
    strays = strays_of(places.spool, known, now)
    if not strays:
        return Finding("spool", True, "no file there is without its conversation")
    return Finding("spool", False, f"files of no known conversation: {', '.join(map(str, strays))}")


def _quarantine(places: Places, recording_id: str) -> Finding:
    found = files_of(places.home.quarantine, recording_id)
    return Finding("quarantine", not found, f"{', '.join(map(str, found))}" if found else "no file")


def strays_of(spool: Path, known: frozenset[str], now: datetime) -> tuple[Path, ...]:
    """Files in the spool that are of no conversation on record, and too old to be written to."""
    if not spool.is_dir():
        return ()
    oldest = (now - SPOOL_AGE).timestamp()
    files = (path for path in sorted(spool.iterdir()) if path.is_file() and path.name not in known)
    return tuple(path for path in files if path.stat().st_mtime < oldest)


def _traces(places: Places, recording_id: str) -> tuple[Finding, ...]:
    """What is left in the bytes of files, logs included, once SQLite's were written back. Not all can be read."""
    places.archive.keys.forget_traces()
    forget_rows(places.database)
    # In the catalogue the id stays with the tombstone and with holds; in a row of it the origin follows.
    row = tuple(f"{recording_id}{kind}:" for kind in ("call", "import"))
    url = places.database.engine.url
    return (
        _trace("bytes of the key store", places.archive.keys.files(), (recording_id,)),
        _trace("bytes of the catalogue", sqlite_files(url) if is_sqlite(url) else None, row),
    )


def _trace(subject: str, files: tuple[Path, ...] | None, wanted: tuple[str, ...]) -> Finding:
    if files is None:
        return Finding(subject, True, "not looked at: PostgreSQL's own; what is said of rows is by query alone")
    found = [str(file) for file in files if file.exists() and stands_in(file, wanted)]
    return Finding(subject, not found, f"something of it is in {', '.join(found)}" if found else "nothing of it")


def _stone(stone: Tombstone | None, chain: Chain) -> Finding:
    if stone is None:
        return Finding("tombstone", False, "none")
    good = chain.whole or stone.number <= chain.head.number
    told = f"number {stone.number}, {stone.hash}"
    return Finding("tombstone", good, told if good else f"{told}; the chain is broken before it")


def _of_chain(chain: Chain) -> str:
    if chain.whole:
        return f"unbroken, {chain.head.number} tombstones, the last one {chain.head.hash}"
    return f"broken at number {chain.broken}: {chain.why}"
