"""Everything on a person as one ZIP archive: an index in plain words, a table for each kind, and the sound.

Sound goes into it piece by piece; nothing is held in memory, and nothing lies on the disk before the archive is whole.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from recordings.archive import Archive
from recordings.catalogue import Recording, State
from recordings.faults import RecordingFault
from subjects.account import Account
from subjects.index import INDEX, index

_MODE = 0o600 << 16


@dataclass(frozen=True, slots=True)
class Exported:
    """How many of each kind an archive holds, and of which recordings it lacks the sound, and why."""

    counts: Mapping[str, int]
    unheard: Mapping[str, str]


def write(
    target: BinaryIO,
    account: Account,
    archive: Archive,
    damaged: Iterable[Path],
    left_out: int,
    at: datetime,
    went_on: Callable[[], None],
) -> Exported:
    """Write the archive. `damaged` are files in the quarantine; `went_on` is told of each recording.

    `left_out` is how many calls from the number are somebody else's. Raises OSError, SQLAlchemyError.
    """
    unheard: dict[str, str] = {}
    with ZipFile(target, "w", allowZip64=True) as zipped:
        counts = {name: _table(zipped, name, rows(), at) for name, rows in account.kinds()}
        for recording in account.recordings():
            if why := _why_unheard(archive, recording):
                unheard[recording.id] = why
            else:
                _sound(zipped, archive, recording)
                _transcript(zipped, archive, recording)
            went_on()
        for path in damaged:
            with path.open("rb") as plain, _entry(zipped, f"damaged/{path.name}", at, ZIP_STORED) as entry:
                shutil.copyfileobj(plain, entry)
        with _entry(zipped, INDEX, at) as entry:
            entry.write(index(counts, unheard, left_out, at).encode())
    return Exported(counts, unheard)


def _table(zipped: ZipFile, name: str, rows: Iterator[Mapping[str, Any]], at: datetime) -> int:
    """A list of objects, a line each; none where there is nothing to list."""
    number, first = 1, next(rows, None)
    if first is None:
        return 0
    with _entry(zipped, f"{name}.json", at) as entry:
        entry.write(b"[\n" + _line(first))
        for row in rows:
            entry.write(b",\n" + _line(row))
            number += 1
        entry.write(b"\n]\n")
    return number


def _line(row: Mapping[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode()


def _why_unheard(archive: Archive, recording: Recording) -> str | None:
    """Why it does not open: all of it is looked at before any of it is in the archive."""
    if recording.state is State.PURGING:
        return "it is being destroyed"
    try:
        for _ in archive.sound(recording.id):
            pass
        archive.transcript(recording.id)
    except (RecordingFault, OSError) as fault:
        return f"it does not open ({type(fault).__name__})"
    return None


def _sound(zipped: ZipFile, archive: Archive, recording: Recording) -> None:
    name = f"sound/{recording.ended_at:%Y-%m-%d}-{recording.id}.{recording.format}"
    with _entry(zipped, name, recording.ended_at, ZIP_STORED) as entry:
        for piece in archive.sound(recording.id):
            entry.write(piece)


def _transcript(zipped: ZipFile, archive: Archive, recording: Recording) -> None:
    text = archive.transcript(recording.id)
    if text is not None:
        name = f"transcripts/{recording.ended_at:%Y-%m-%d}-{recording.id}.json"
        with _entry(zipped, name, recording.ended_at) as entry:
            entry.write(text)


def _entry(zipped: ZipFile, name: str, at: datetime, method: int = ZIP_DEFLATED) -> IO[bytes]:
    about = ZipInfo(name, (max(at.year, 1980), *at.timetuple()[1:6]))
    about.compress_type, about.external_attr = method, _MODE
    return zipped.open(about, "w", force_zip64=True)
