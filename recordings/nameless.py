"""Files of recordings that nothing names: once they have lain for their term they are destroyed, and it is said why.

A file where Asterisk writes is named by the row of its conversation, or by a note of the dialplan that is still to be
taken in; one in the archive by the catalogue; one in the quarantine by the row that says why it is there. A file in the
archive has no row yet while it is taken in: whoever does so holds `intake.alone`, and so does who destroys. An archive
of which the database knows nothing at all is another database's, and is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path

from sqlalchemy import Connection, select

from recordings import catalogue, parts, rejected, tombstones
from recordings.identity import id_of
from recordings.intake import alone
from recordings.purge import Places, Step, Watch
from recordings.quarantine import Stuck
from recordings.records import rejected_recordings
from recordings.rejected import Rejected
from recordings.retention import Term, business_date
from storage.chain import NOTHING

SIDES = ("-caller", "-agent")
_AT_ONCE = 1000

Count = Callable[[Connection], None]
"""Counts one, in the transaction that puts on record why it is destroyed."""


@dataclass(frozen=True, slots=True)
class Found:
    """Files whose term is over and that nothing names, and how many files of recordings there are at all."""

    due: tuple[Path, ...]
    number: int


def find(places: Places, term: Term, today: date, zone: tzinfo) -> Found:
    """Files on this machine that nothing names and that were last written so long ago. Raises OSError."""
    nameless: list[Path] = []
    number = 0
    for files, named in (_spooled(places), _archived(places), _put_aside(places)):
        all_of_them = tuple(files)
        number += len(all_of_them)
        old = [path for path in all_of_them if _is_over(path, term, today, zone)]
        for begin in range(0, len(old), _AT_ONCE):
            some = old[begin : begin + _AT_ONCE]
            with places.database.reading() as connection:
                known = named(connection, some)
            nameless += [path for path in some if path not in known]
    return Found(tuple(nameless), number)


def destroy(
    places: Places, term: Term, today: date, zone: tzinfo, now: Callable[[], datetime], watch: Watch, count: Count
) -> tuple[Stuck, ...]:
    """Destroy them: those that could not be. Raises OSError, SQLAlchemyError; what is left, the next run finds."""
    if not find(places, term, today, zone).due:
        return ()
    with alone(places.home):
        # What was being taken in by then has its row now.
        due = find(places, term, today, zone).due
        return tuple(stuck for path in due if (stuck := _destroyed(places, path, term, now(), watch, count)))


def _destroyed(places: Places, path: Path, term: Term, now: datetime, watch: Watch, count: Count) -> Stuck | None:
    try:
        _record(places, path, term, now, count)
        watch(Step.ORPHAN_RECORDED, 1)
        if path.is_relative_to(places.archive.folder):
            places.archive.keys.destroy([path.name.partition(".")[0]])
            places.archive.keys.forget_traces()
        path.unlink(missing_ok=True)
    except OSError as error:
        return Stuck(path, error)
    watch(Step.ORPHAN_DESTROYED, 1)
    return None


def _record(places: Places, path: Path, term: Term, now: datetime, count: Count) -> None:
    """Say why, once. What a file is called may be somebody's number: that is not kept."""
    sha256, written = rejected.digest([path]), _written(path)
    origin = f"orphan:{id_of(f'{path.parent.name}/{path.name}:{sha256}')}"
    reason = f"nothing named it in {_folder_of(places, path)} (orphans: {term})"
    with places.database.writing() as connection:
        if rejected.of_origin(connection, origin) is None:
            rejected.store(connection, Rejected(origin, now, reason, sha256, False, written, None))
            count(connection)


Named = Callable[[Connection, Iterable[Path]], frozenset[Path]]
"""Those of some files that something names."""


def _spooled(places: Places) -> tuple[Iterator[Path], Named]:
    notes = _notes(places)

    def named(connection: Connection, some: Iterable[Path]) -> frozenset[Path]:
        known = parts.named(connection, [path.name for path in some])
        return frozenset(path for path in some if path.name in known or _conversation(path) in notes)

    return _files(places.spool, "*"), named


def _archived(places: Places) -> tuple[Iterator[Path], Named]:
    c = catalogue.recordings.c.id
    with places.database.reading() as connection:
        is_its_own = (
            connection.execute(select(c).limit(1)).first() is not None or tombstones.head(connection) != NOTHING
        )

    def named(connection: Connection, some: Iterable[Path]) -> frozenset[Path]:
        ids = {path: path.name.partition(".")[0] for path in some}
        kept = frozenset(connection.execute(select(c).where(c.in_(set(ids.values())))).scalars())
        return frozenset(path for path, id in ids.items() if id in kept or not is_its_own)

    return _files(places.archive.folder, "??/*.*"), named


def _put_aside(places: Places) -> tuple[Iterator[Path], Named]:
    c = rejected_recordings.c

    def named(connection: Connection, some: Iterable[Path]) -> frozenset[Path]:
        rows = connection.execute(select(c.origin).where(c.keep_until.is_not(None))).scalars()
        known = frozenset(map(id_of, rows))
        return frozenset(path for path in some if path.name.partition(".")[0] in known)

    return _files(places.home.quarantine, "*"), named


def _notes(places: Places) -> str:
    """All that notes say that are still to be taken in: one may be the only thing that names a recording."""
    told = (path.read_text("utf-8", "replace") for path in sorted(places.home.spool.glob("*.note")))
    return "\n".join(told)


def _conversation(path: Path) -> str:
    """What a note calls it that Asterisk has recorded in this file and another."""
    stem = path.stem
    for side in SIDES:
        stem = stem.removesuffix(side)
    return stem


def _files(folder: Path, pattern: str) -> Iterator[Path]:
    return (path for path in sorted(folder.glob(pattern)) if path.is_file())


def _is_over(path: Path, term: Term, today: date, zone: tzinfo) -> bool:
    return term.last_day(business_date(_written(path), zone)) < today


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _folder_of(places: Places, path: Path) -> str:
    folders = {"recordings": places.spool, "archive": places.archive.folder, "quarantine": places.home.quarantine}
    return next(name for name, folder in folders.items() if path.is_relative_to(folder))
