"""Recordings that are kept, as tests put them there."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from recordings import catalogue, parts, rejected
from recordings.archive import Archive
from recordings.audio import write_sides
from recordings.catalogue import Purpose, Recording
from recordings.key_encryption import KeyEncryption
from recordings.key_store import KeyStore
from recordings.parts import RecordingPart
from recordings.purge import Places
from recordings.rejected import Rejected
from recordings.retention import keep_until, policy
from storage.database import Database
from storage.home import Home
from tests.recordings.conftest import FIRST_KEY
from tests.recordings.sounds import write

WARSAW = ZoneInfo("Europe/Warsaw")
ENDED = datetime(2023, 11, 24, 12, 0, tzinfo=UTC)
LAST_DAY = date(2026, 11, 24)
DUE = date(2026, 11, 25)
PLAIN = b"a voice that says who it is"


def id_of(number: int) -> str:
    """The id of the recording of that number."""
    return str(UUID(int=number))


def a_recording(number: int = 1, ended_at: datetime = ENDED, **changes: object) -> Recording:
    """A conversation on pensions, kept for three years."""
    made = Recording(
        id=id_of(number),
        origin=f"call:{id_of(1000 + number)}/7",
        call_id=id_of(1000 + number),
        purpose=Purpose.CONSULTANT_CALL,
        topic="pensions",
        queue="pensions",
        consultant="1701",
        level="full",
        caller="600100200",
        ended_at=ended_at,
        taken_in_at=ended_at,
        duration_ms=60_000,
        format="wav",
        size=len(PLAIN),
        sha256=sha256(PLAIN).hexdigest(),
        level_dbfs=-20.0,
        silence=0.3,
        keep_until=keep_until(ended_at, 3, WARSAW),
        policy=policy("consultant_call", 3),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def places_in(folder: Path, database: Database) -> Places:
    """Where recordings lie in a folder."""
    keys = KeyStore(f"sqlite:///{folder / 'keys.db'}", KeyEncryption(FIRST_KEY))
    home = Home(folder, database.engine.url.render_as_string())
    home.make_folders()
    return Places(database, Archive(home.archive, keys), home)


def keep(places: Places, *recordings: Recording) -> None:
    """Put them where they belong, with their part's files still in the spool."""
    for one in recordings:
        places.archive.put(one.id, io.BytesIO(PLAIN), PLAIN, one.taken_in_at)
        files = (f"{one.id}-r.wav", f"{one.id}-t.wav")
        for name in files:
            (places.spool / name).write_bytes(PLAIN)
        with places.database.writing() as connection:
            catalogue.store(connection, one)
            if one.call_id is not None:
                part = RecordingPart(one.call_id, 7, "1701", one.ended_at, one.ended_at, *files)
                parts.store(connection, part)


def keep_sound(places: Places, recording: Recording, caller: bytes, consultant: bytes) -> Path:
    """Put a conversation where it belongs, with both sides (16-bit samples): its plain file, which lies elsewhere."""
    files = [write(places.home.path.parent / name, side) for name, side in (("r.wav", caller), ("t.wav", consultant))]
    plain = places.home.path.parent / "plain.wav"
    with plain.open("wb") as target:
        measured = write_sides([(files[0], files[1])], target, "wav")
    with plain.open("rb") as sound:
        places.archive.put(recording.id, sound, measured.waveform, recording.taken_in_at)
    with places.database.writing() as connection:
        catalogue.store(connection, replace(recording, duration_ms=measured.duration_ms))
    return plain


def put_aside(places: Places, number: int, last_day: date) -> str:
    """Put both sides of a damaged conversation aside through that day: the id that it would have."""
    found = Rejected(f"call:{id_of(number)}/7", ENDED, "it is damaged", None, True, ENDED, last_day)
    for side in ("r", "t"):
        (places.home.quarantine / f"{found.id}.{side}.wav").write_bytes(PLAIN)
    with places.database.writing() as connection:
        rejected.store(connection, found)
    return found.id


def quarantined(places: Places, id: str) -> tuple[bool, int]:
    """Whether that is quarantined by its row, and how many files of it there are."""
    with places.database.reading() as connection:
        rows = [one.id for one in rejected.quarantined(connection)]
    return id in rows, len(rejected.files_of(places.home.quarantine, id))


def left_of(places: Places, id: str) -> list[str]:
    """What there is of a recording."""
    with places.database.reading() as connection:
        row = catalogue.find(connection, id)
    key = ["key"] if places.archive.keys.has([id]) else []
    files = [path.name for path in places.archive.files(id) if path.exists()]
    spooled = [path.name for path in sorted(places.spool.glob(f"{id}*"))]
    return [*([str(row.state)] if row else []), *key, *files, *spooled]


def whole(id: str) -> list[str]:
    """What there is of a recording of which nothing was destroyed."""
    return ["kept", "key", f"{id}.sealed", f"{id}-r.wav", f"{id}-t.wav"]


def at_noon(day: date) -> Callable[[], datetime]:
    """A clock that stands at noon of a day."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=WARSAW)
    return lambda: noon
