"""Sound that is not taken in: destroyed, or put aside in the quarantine for a month, with the reason on record."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from recordings.identity import id_of
from recordings.records import rejected_recordings
from storage.upsert import upsert

QUARANTINE = timedelta(days=30)
REASON_LENGTH = 200

_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why something was not taken in. `keep_until` is the last day of what is quarantined; else it is destroyed."""

    origin: str
    at: datetime
    reason: str
    sha256: str | None
    quarantined: bool
    ended_at: datetime | None
    keep_until: date | None

    @property
    def id(self) -> str:
        """The id that the recording would have."""
        return id_of(self.origin)


def store(connection: Connection, rejected: Rejected) -> None:
    """Keep it; what was decided of that origin before stays."""
    values = asdict(rejected) | {"reason": rejected.reason[:REASON_LENGTH]}
    connection.execute(upsert(connection, rejected_recordings, key=("origin",), changing=()), values)


def of_origin(connection: Connection, origin: str) -> Rejected | None:
    """What was decided of that origin."""
    query = select(rejected_recordings).where(rejected_recordings.c.origin == origin)
    row = connection.execute(query).one_or_none()
    return None if row is None else Rejected(**row._mapping)


def quarantined(connection: Connection) -> Iterator[Rejected]:
    """All that lies in the quarantine, in the order in which it came there."""
    c = rejected_recordings.c
    query = select(rejected_recordings).where(c.quarantined).order_by(c.at, c.origin)
    for row in connection.execute(query.execution_options(yield_per=1000)):
        yield Rejected(**row._mapping)


def put_aside(path: Path, quarantine: Path, origin: str) -> None:
    """Move a file into the quarantine; one that is not there has been moved already. Raises OSError."""
    with suppress(FileNotFoundError):
        shutil.move(path, quarantine / f"{id_of(origin)}.{path.name}")


def files_of(quarantine: Path, origin: str) -> tuple[Path, ...]:
    """The files that were put aside of that origin."""
    return tuple(sorted(quarantine.glob(f"{id_of(origin)}.*")))


def digest(paths: Iterable[Path]) -> str | None:
    """SHA-256 of what the files hold, one after another; None where none is there. Raises OSError."""
    found = [path for path in paths if path.is_file()]
    whole = hashlib.sha256()
    for path in found:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                whole.update(piece)
    return whole.hexdigest() if found else None
