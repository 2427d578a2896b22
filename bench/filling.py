"""A catalogue as years make it: rows, keys and parts by the million, and sealed files for what is due.

Rows go into the two SQLite files directly, in the form in which the project writes them: by its own functions eleven
million would take hours. What is due has true ids, keys and sealed files; of the rest ids and keys are random bytes,
which is what they look like. Indexes are left out while rows are added by the million, and made again.
"""

from __future__ import annotations

import io
import os
import random
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import Table

from bench import program
from centrala.keeping import key_folder, open_archive
from recordings.archive import SEALED, folder_of
from recordings.catalogue import Purpose, recordings
from recordings.identity import id_of, of_call
from recordings.key_encryption import KeyEncryption, read_keys
from recordings.key_store import recording_keys
from recordings.parts import recording_parts
from recordings.purge import Places
from recordings.records import tombstones
from recordings.retention import YEARS, policy
from recordings.sealing import KEY_BYTES, seal
from storage.home import Home
from storage.installation import open_installation

DAYS = 1096
SPECIMEN = bytes(3000)
# As the archive seals it: the length of a waveform comes first.
NO_WAVEFORM = bytes(4)
SHA256 = "5" * 64
WRAPPED_BYTES = 60
SEQ = 7
CHUNK = 250_000
CALLERS = 2_000_000
CONSULTANTS = 365
TOPICS = ("technical", "pensions", "benefits", "insured", "payers", "doctors")
# What is lost in a power cut is made again, and what fits into memory need not be read.
HASTY = ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000")

Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class Stock:
    """An installation that is filled, in a folder. What is added by the million is kept through `first_day` or longer.

    Raises OSError, sqlite3.Error: no room, mostly.
    """

    folder: Path
    first_day: date

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the installation."""
        return {**program.outside(), "CENTRALA_HOME": str(self.folder)}

    @property
    def home(self) -> Home:
        """The home of the installation."""
        return Home.from_environment(self.environment)

    @property
    def catalogue(self) -> Path:
        """The SQLite file of the catalogue."""
        return self.folder / "centrala.db"

    @property
    def keys(self) -> Path:
        """The SQLite file of the keys."""
        return self.folder / "keys" / "recording-keys.db"

    def make(self) -> None:
        """Make an installation without recordings."""
        with self.opened():
            pass

    def grow(self, number: int) -> None:
        """Add so many recordings that are kept, over three years."""
        with (
            _adding(self.catalogue, recordings, recording_parts) as catalogue,
            _adding(self.keys, recording_keys) as keys,
        ):
            calendar = [self.first_day + timedelta(days=day) for day in range(DAYS)]
            for begin in range(0, number, CHUNK):
                days = sorted(calendar[int(random.random() * DAYS)] for _ in range(min(CHUNK, number - begin)))
                calls = _call_ids(days)
                origins = [of_call(call, SEQ) for call in calls]
                # As `id_of` makes them, for which there is no time.
                ids = [call[:8] + id[8:] for call, id in zip(calls, _random_ids(len(calls)), strict=True)]
                wrapped = (os.urandom(WRAPPED_BYTES) for _ in ids)
                _insert(catalogue, recordings, _rows(ids, origins, calls, days))
                _insert(catalogue, recording_parts, _parts(calls, days))
                _insert(keys, recording_keys, _keys(ids, self._wrapping().current, wrapped, self.first_day))

    def add_due(self, number: int, today: date) -> list[str]:
        """Add so many recordings that are due today, sealed file included: their ids."""
        days = [today - timedelta(days=1)] * number
        calls = _call_ids(days)
        origins = [of_call(call, SEQ) for call in calls]
        ids = [id_of(origin) for origin in origins]
        encryption, plain = self._wrapping(), [os.urandom(KEY_BYTES) for _ in ids]
        wrapped = (encryption.wrap(key, id)[1] for id, key in zip(ids, plain, strict=True))
        with closing(sqlite3.connect(self.keys)) as keys:
            _insert(keys, recording_keys, _keys(ids, encryption.current, wrapped, self.first_day))
        with self.opened() as places:
            for id, key in zip(ids, plain, strict=True):
                _seal(places.archive.path(id), key)
        with closing(sqlite3.connect(self.catalogue)) as catalogue:
            _insert(catalogue, recordings, _rows(ids, origins, calls, days))
            _insert(catalogue, recording_parts, _parts(calls, days))
        return ids

    def add_files(self, number: int) -> None:
        """Add so many sparse files of recordings that are kept."""
        with self.opened() as places:
            for id in _random_ids(number):
                _make_sparse(places.archive.path(id))

    def buried(self) -> int:
        """How many tombstones there are."""
        with closing(sqlite3.connect(self.catalogue)) as catalogue:
            return int(catalogue.execute(f"SELECT count(*) FROM {tombstones.name}").fetchone()[0])

    @contextmanager
    def opened(self) -> Iterator[Places]:
        """The installation as its commands open it."""
        found = open_installation(self.environment)
        with closing(found.database), open_archive(found, self.environment, self.first_day) as archive:
            yield Places(found.database, archive, found.home)

    def _wrapping(self) -> KeyEncryption:
        found = read_keys(key_folder(self.home), {})
        assert found is not None, "it was made with the installation"
        return found


def add_peers_files(folder: Path, number: int) -> None:
    """Add so many new sparse files to a folder that is laid out as the archive."""
    for path in _peers_paths(folder, number):
        _make_sparse(path)


def add_old_files(folder: Path, number: int, modified: float) -> None:
    """Add as many files to it that are as large as sealed ones, last modified then (a POSIX time)."""
    for path in _peers_paths(folder, number):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(SPECIMEN)
        os.utime(path, (modified, modified))


def _peers_paths(folder: Path, number: int) -> Iterator[Path]:
    return (folder / folder_of(id) / f"{id}{SEALED}" for id in _random_ids(number))


def _rows(ids: Sequence[str], origins: Sequence[str], calls: Sequence[str], days: Sequence[date]) -> Iterator[Row]:
    rule, purpose = policy(Purpose.CONSULTANT_CALL, YEARS), str(Purpose.CONSULTANT_CALL)
    ended = {day: _ended(day) for day in set(days)}
    for id, origin, call, day in zip(ids, origins, calls, days, strict=True):
        topic, caller = TOPICS[int(random.random() * len(TOPICS))], f"{500_000_000 + int(random.random() * CALLERS)}"
        consultant = f"{1101 + int(random.random() * CONSULTANTS)}"
        about = (purpose, topic, topic, consultant, "full", caller, ended[day], ended[day])
        sound = (180_000, "wav", 5_760_000, SHA256, -24.5, 0.35)
        yield (id, origin, call, *about, *sound, day.isoformat(), rule, "kept", None)


def _parts(calls: Sequence[str], days: Sequence[date]) -> Iterator[Row]:
    ended, purpose = {day: _ended(day) for day in set(days)}, str(Purpose.CONSULTANT_CALL)
    for call, day in zip(calls, days, strict=True):
        files, at = (f"{call}-7-r.wav", f"{call}-7-t.wav"), ended[day]
        yield (call, SEQ, "1701", at, at, *files, at, "", purpose)


def _keys(ids: Sequence[str], by: str, wrapped: Iterable[bytes], day: date) -> Iterator[Row]:
    for id, key in zip(ids, wrapped, strict=True):
        yield (id, by, key, f"{day} 12:00:00.000000")


def _ended(last_day: date) -> str:
    return f"{_ended_on(last_day)} 12:00:00.000000"


def _ended_on(last_day: date) -> date:
    return last_day.replace(year=last_day.year - YEARS, day=min(last_day.day, 28))


def _call_ids(last_days: Sequence[date]) -> list[str]:
    """Ids of calls, as Asterisk makes them, of recordings that are kept through these days: a time, and chance."""
    midnights = {day: int(datetime.combine(_ended_on(day), time(), UTC).timestamp()) for day in set(last_days)}
    seconds = (midnights[day] + int(random.random() * 86400) for day in last_days)
    return [f"{second:08x}{id[8:]}" for second, id in zip(seconds, _random_ids(len(last_days)), strict=True)]


def _random_ids(number: int) -> list[str]:
    """Random ids, as `uuid4` makes them, save for its version."""
    text, size = os.urandom(16 * number).hex(), 32
    parts = (text[begin : begin + size] for begin in range(0, size * number, size))
    return [f"{one[:8]}-{one[8:12]}-{one[12:16]}-{one[16:20]}-{one[20:]}" for one in parts]


@contextmanager
def _adding(path: Path, *tables: Table) -> Iterator[sqlite3.Connection]:
    """A connection for adding rows by the million to tables that have no indexes meanwhile but those of their keys."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in HASTY:
            connection.execute(f"PRAGMA {pragma}")
        names = [table.name for table in tables]
        marks = ", ".join("?" * len(names))
        query = f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql > '' AND tbl_name IN ({marks})"
        indexes = connection.execute(query, names).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        yield connection
        for _, made in indexes:
            connection.execute(made)
        connection.execute("PRAGMA journal_mode = WAL")


def _insert(connection: sqlite3.Connection, table: Table, rows: Iterable[Row]) -> None:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    marks = ", ".join("?" * len(table.columns))
    connection.execute("BEGIN")
    connection.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)
    connection.commit()


def _seal(path: Path, key: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("wb") as file:
        seal(io.BytesIO(NO_WAVEFORM + SPECIMEN), file, key, path.name)


def _make_sparse(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(len(SPECIMEN))
