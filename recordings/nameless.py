"""Files of recordings that nothing names: once they have lain for their term they are destroyed, and it is said why.

A file where Asterisk writes is named by the row of its conversation, or by a note of the dialplan that is still to be
taken in; one in the archive by the catalogue; one in the quarantine by the row that says why it is there. A file in the
archive has no row yet while it is taken in: whoever does so holds `intake.alone`, and so does who destroys. An archive
of which the database knows nothing at all is another database's, and is left alone; so is a file whose key is there:
only a row that was lost explains it.

Each night looks at some folders of the archive, and at all of them in NIGHTS days. Names are asked for first: a file is
touched only where nothing names it, and nothing is kept of the others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, select

from recordings import catalogue, parts, rejected, tombstones
from recordings.identity import id_of
from recordings.intake import alone
from recordings.purge import Places, Step, Watch
from recordings.quarantine import Stuck
from recordings.records import rejected_recordings
from recordings.rejected import Rejected
from recordings.retention import Term, due_before
from storage.chain import NOTHING

SIDES = ("-caller", "-agent")
NIGHTS = 16
FOLDERS = tuple(f"{number:02x}" for number in range(256))
"""The archive's, by the last two characters of ids."""
MOST = 50_000
"""So many files go in a night at most, and the rest in later ones."""
_AT_ONCE = 1000

Count = Callable[[Connection], None]
"""Counts one, in the transaction that puts on record why it is destroyed."""


@dataclass(frozen=True, slots=True)
class Night:
    """By which term, on which day of whose calendar."""

    term: Term
    today: date
    zone: tzinfo

    @property
    def before(self) -> datetime:
        """What was last written before then has lain for its term."""
        return due_before(self.term, self.today, self.zone)

    @property
    def folders(self) -> tuple[str, ...]:
        """The archive's folders whose turn it is."""
        return FOLDERS[self.today.toordinal() % NIGHTS :: NIGHTS]


@dataclass(frozen=True, slots=True)
class Found:
    """Files that nothing names and whose term is over (`due`) or not (`waiting`).

    Of the archive's, `archived` were looked at, `archived_due` are due, and `with_keys` would be, but have their keys.
    """

    due: tuple[Path, ...] = ()
    waiting: int = 0
    archived: int = 0
    archived_due: int = 0
    with_keys: int = 0

    def __add__(self, more: Found) -> Found:
        return Found(
            (*self.due, *more.due)[:MOST],
            self.waiting + more.waiting,
            self.archived + more.archived,
            self.archived_due + more.archived_due,
            self.with_keys + more.with_keys,
        )


def find(places: Places, night: Night, folders: Iterable[str] | None = None) -> Found:
    """Files on this machine that nothing names, in these folders of the archive (or in the night's). Raises OSError."""
    found = Found()
    for place in _places(places):
        for folder in place.folders(night.folders if folders is None else folders):
            files = _files(folder)
            while some := tuple(islice(files, _AT_ONCE)):
                found += _look(places, place, some, night.before)
    return found


def destroy(
    places: Places, due: Sequence[Path], night: Night, now: Callable[[], datetime], watch: Watch, count: Count
) -> tuple[Stuck, ...]:
    """Destroy what was found: what could not be. Raises OSError, SQLAlchemyError; what is left, a later run finds."""
    if not due:
        return ()
    stuck: list[Stuck] = []
    with alone(places.home):
        for place in _places(places):
            mine = iter([path for path in due if path.is_relative_to(place.folder)])
            while some := tuple(islice(mine, _AT_ONCE)):
                # What was being taken in by then has its row now.
                for path in _look(places, place, some, night.before).due:
                    stuck += _destroyed(places, place, path, night.term, now(), watch, count)
    return tuple(stuck)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where files lie, which of some are named, and whether they are sealed under keys, as the archive's are."""

    name: str
    folder: Path
    named: Callable[[Connection, Sequence[Path]], frozenset[Path]]
    sealed: bool = False

    def folders(self, turn: Iterable[str]) -> Iterator[Path]:
        """Those to look at; of the archive those whose turn it is."""
        return (self.folder / name for name in turn) if self.sealed else iter((self.folder,))


def _look(places: Places, place: _Place, some: Sequence[Path], before: datetime) -> Found:
    with places.database.reading() as connection:
        known = place.named(connection, some)
    nameless = [path for path in some if path not in known]
    over = [path for path in nameless if _is_over(path, before)]
    waiting = len(nameless) - len(over)
    if not place.sealed:
        return Found(tuple(over), waiting)
    keys = places.archive.keys.has({_id(path) for path in over}) if over else frozenset()
    due = tuple(path for path in over if _id(path) not in keys)
    return Found(due, waiting, len(some), len(due), len(over) - len(due))


def _destroyed(
    places: Places, place: _Place, path: Path, term: Term, now: datetime, watch: Watch, count: Count
) -> tuple[Stuck, ...]:
    try:
        _record(places, path, f"nothing named it in {place.name} (orphans: {term})", now, count)
        watch(Step.ORPHAN_RECORDED, 1)
        path.unlink(missing_ok=True)
    except FileNotFoundError:
        # It went before anything was put on record.
        return ()
    except OSError as error:
        return (Stuck(path, error),)
    watch(Step.ORPHAN_DESTROYED, 1)
    return ()


def _record(places: Places, path: Path, reason: str, now: datetime, count: Count) -> None:
    """Say why, once. What a file is called may be somebody's number: that is not kept."""
    written, sha256 = _written(path), rejected.digest([path])
    origin = f"orphan:{id_of(f'{path.parent.name}/{path.name}:{sha256}')}"
    with places.database.writing() as connection:
        if rejected.of_origin(connection, origin) is None:
            rejected.store(connection, Rejected(origin, now, reason, sha256, False, written, None))
            count(connection)


def _places(places: Places) -> tuple[_Place, ...]:
    return (
        _Place("recordings", places.spool, _named_by_parts(_notes(places))),
        _Place("archive", places.archive.folder, _named_by_catalogue(places), sealed=True),
        _Place("quarantine", places.home.quarantine, _named_by_reasons),
    )


def _named_by_parts(notes: str) -> Callable[[Connection, Sequence[Path]], frozenset[Path]]:
    def named(connection: Connection, some: Sequence[Path]) -> frozenset[Path]:
        known = parts.named(connection, [path.name for path in some])
        return frozenset(path for path in some if path.name in known or _conversation(path) in notes)

    return named


def _named_by_catalogue(places: Places) -> Callable[[Connection, Sequence[Path]], frozenset[Path]]:
    c = catalogue.recordings.c.id
    with places.database.reading() as connection:
        is_its_own = (
            connection.execute(select(c).limit(1)).first() is not None or tombstones.head(connection) != NOTHING
        )

    def named(connection: Connection, some: Sequence[Path]) -> frozenset[Path]:
        kept = catalogue.known(connection, {_id(path) for path in some})
        return frozenset(path for path in some if _id(path) in kept or not is_its_own)

    return named


def _named_by_reasons(connection: Connection, some: Sequence[Path]) -> frozenset[Path]:
    c = rejected_recordings.c
    rows = connection.execute(select(c.origin).where(c.keep_until.is_not(None))).scalars()
    known = frozenset(map(id_of, rows))
    return frozenset(path for path in some if _id(path) in known)


def _notes(places: Places) -> str:
    """All that notes say that are still to be taken in: one may be the only thing that names a recording."""
    told: list[str] = []
    for path in sorted(places.home.spool.glob("*.note")):
        # One that is gone was taken in: rows, which are asked after this, name what it named.
        with suppress(FileNotFoundError):
            told.append(path.read_text("utf-8", "replace"))
    return "\n".join(told)


def _conversation(path: Path) -> str:
    """What a note calls it that Asterisk has recorded in this file and another."""
    stem = path.stem
    for side in SIDES:
        stem = stem.removesuffix(side)
    return stem


def _id(path: Path) -> str:
    """The recording's that a file in the archive or in the quarantine is of."""
    return path.name.partition(".")[0]


def _files(folder: Path) -> Iterator[Path]:
    """One after another: a full archive has millions."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file():
                yield Path(entry.path)


def _is_over(path: Path, before: datetime) -> bool:
    """Whether it lies there since before then; what goes meanwhile does not."""
    try:
        return _written(path) < before
    except FileNotFoundError:
        return False


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
