"""Sound that is not taken in: destroyed, or put aside in the quarantine for a while, with the reason on record."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, func, select, update

from recordings.identity import id_of, parts_of
from recordings.records import rejected_recordings
from recordings.retention import Term, Unit
from storage.upsert import upsert

QUARANTINE = Term(30, Unit.DAYS)
REASON_LENGTH = 200

_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why something was not taken in: it was destroyed, or quarantined, through `keep_until` at most."""

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


def find_quarantined(connection: Connection, recording_id: str) -> Rejected | None:
    """What lies in the quarantine that would be the recording of that id. They are few."""
    return next((one for one in quarantined(connection) if one.id == recording_id), None)


def quarantined_of_call(connection: Connection, call_id: str) -> tuple[Rejected, ...]:
    """What lies in the quarantine of a call."""
    c = rejected_recordings.c
    mine = c.origin.startswith(parts_of(call_id), autoescape=True)
    rows = connection.execute(select(rejected_recordings).where(c.quarantined, mine))
    return tuple(Rejected(**row._mapping) for row in rows)


def put_aside(path: Path, quarantine: Path, origin: str) -> None:
    """Move a file into the quarantine; one that is not there has been moved already. Raises OSError."""
    with suppress(FileNotFoundError):
        shutil.move(path, quarantine / f"{id_of(origin)}.{path.name}")


def files_of(quarantine: Path, recording_id: str) -> tuple[Path, ...]:
    """The files that were put aside of what would be the recording of that id."""
    return tuple(sorted(quarantine.glob(f"{recording_id}.*")))


def over(connection: Connection, today: date) -> tuple[Rejected, ...]:
    """All whose last day in the quarantine is over, those included that have been ended."""
    query = select(rejected_recordings).where(rejected_recordings.c.keep_until < today)
    return tuple(Rejected(**row._mapping) for row in connection.execute(query))


def to_end(connection: Connection, today: date) -> int:
    """How many are quarantined whose last day is over."""
    return connection.execute(select(func.count()).where(_to_end(today))).scalar_one()


def expire(connection: Connection, origins: Iterable[str], last_day: date) -> None:
    """Have that be the last day of what is quarantined."""
    c = rejected_recordings.c
    mine = c.quarantined & c.origin.in_(list(origins))
    connection.execute(update(rejected_recordings).where(mine).values(keep_until=last_day))


def end(connection: Connection, today: date, origins: Iterable[str] | None = None, *, but: Iterable[str] = ()) -> int:
    """Nothing of those (of these origins alone, and not of those) is quarantined any more: how many there were.

    Why they were stays on record.
    """
    origin = rejected_recordings.c.origin
    ended = update(rejected_recordings).where(_to_end(today), origin.not_in(list(but))).values(quarantined=False)
    if origins is not None:
        ended = ended.where(origin.in_(list(origins)))
    return connection.execute(ended).rowcount


def digest(paths: Iterable[Path]) -> str | None:
    """SHA-256 of what the files hold, one after another; None where none is there. Raises OSError."""
    found = [path for path in paths if path.is_file()]
    whole = hashlib.sha256()
    for path in found:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                whole.update(piece)
    return whole.hexdigest() if found else None


def _to_end(today: date) -> ColumnElement[bool]:
    return rejected_recordings.c.quarantined & (rejected_recordings.c.keep_until < today)
