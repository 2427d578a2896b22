"""What lies about without what it belongs to. It is reported; what it means is for people to find out.

Files that nothing names do not stay for ever: see `recordings/nameless.py`.

A recording that is being taken in has its key and its file before its row; whoever takes it in holds `intake.alone`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from recordings import catalogue, parts, transcripts
from recordings.catalogue import State
from recordings.intake import alone
from recordings.proof import strays_of
from recordings.purge import Places


class Kind(StrEnum):
    """What is without what."""

    FILE_WITHOUT_ROW = "file without row"
    KEY_WITHOUT_ROW = "key without row"
    ROW_WITHOUT_FILE = "row without file"
    ROW_WITHOUT_KEY = "row without key"
    TRANSCRIPT_WITHOUT_ROW = "transcript without row"
    SPOOL_FILE_WITHOUT_CALL = "spool file without call"


@dataclass(frozen=True, slots=True)
class Orphan:
    """One thing without another: the id of a recording, or the name of a file in the spool."""

    kind: Kind
    name: str


def orphans(places: Places, now: datetime) -> tuple[Orphan, ...]:
    """All of them, of a kind together. Recordings that are being destroyed are none, nor are those being taken in.

    Raises OSError.
    """
    with alone(places.home):
        return tuple(_orphans(places, now))


def _orphans(places: Places, now: datetime) -> Iterator[Orphan]:
    with places.database.reading() as connection:
        rows = {one.id: one.state for one in catalogue.everything(connection)}
        known = parts.file_names(connection)
        spoken = transcripts.strays(connection)
    keys, files = frozenset(places.archive.keys.ids()), frozenset(places.archive.ids())
    kept = sorted(id for id, state in rows.items() if state != State.PURGING)
    yield from (Orphan(Kind.FILE_WITHOUT_ROW, id) for id in sorted(files - rows.keys()))
    yield from (Orphan(Kind.KEY_WITHOUT_ROW, id) for id in sorted(keys - rows.keys()))
    missing = (id for id in kept if not places.archive.path(id).exists())
    yield from (Orphan(Kind.ROW_WITHOUT_FILE, id) for id in missing)
    yield from (Orphan(Kind.ROW_WITHOUT_KEY, id) for id in kept if id not in keys)
    yield from (Orphan(Kind.TRANSCRIPT_WITHOUT_ROW, id) for id in spoken)
    yield from (Orphan(Kind.SPOOL_FILE_WITHOUT_CALL, path.name) for path in strays_of(places.spool, known, now))
