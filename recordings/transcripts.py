"""Transcripts of recordings: what a recogniser made of them, sealed by the recording's own key.

So a transcript is gone with that key, whatever copies of the catalogue there are; its row goes with the recording's.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    String,
    Table,
    exists,
    insert,
    or_,
    select,
    tuple_,
)

from recordings import catalogue
from recordings.catalogue import Recording, State, is_lapsed, recordings
from recordings.faults import KeyMissing, SealBroken
from recordings.key_store import KeyStore
from recordings.sealing import seal, unseal
from recordings.serial import one_at_a_time
from storage.database import Instant, metadata

FAULT_LENGTH = 200
BEGUN = "begun"
BEGUN_TWICE = "the recogniser ended over it, twice"
_NAME = ".transcript"

recording_transcripts = Table(
    "recording_transcripts",
    metadata,
    Column("recording_id", String(36), primary_key=True),
    Column("made_at", Instant, nullable=False),
    Column("model", String(80), nullable=False),
    # None where none could be made, for the reason in `fault`.
    Column("sealed", LargeBinary),
    Column("fault", String(FAULT_LENGTH)),
)


@dataclass(frozen=True, slots=True)
class Line:
    """Something that was said: from when until when in the recording, in seconds, by which side, in which words."""

    begin: float
    end: float
    side: str
    text: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """What stands of a recording: by which model, and sealed, or why there is none."""

    recording_id: str
    made_at: datetime
    model: str
    sealed: bytes | None
    fault: str | None = None


Place = tuple[datetime, str]
"""When a conversation ended, and the recording's id: a place in the order in which transcripts are made."""


def waiting(connection: Connection, after: Place, most: int, *, again: bool = False) -> tuple[Recording, ...]:
    """Recordings without a transcript from behind that place on, the oldest first, at most so many.

    Of what is to be destroyed none is made, nor of what consent was withdrawn for. What was begun and not finished is
    among them. `again`: of those, too, of which none could be made.
    """
    c, mine = recordings.c, recording_transcripts.c
    is_over = mine.sealed.is_not(None) if again else mine.sealed.is_not(None) | (mine.fault != BEGUN)
    made = exists().where(mine.recording_id == c.id, is_over)
    where = (tuple_(c.ended_at, c.id) > tuple_(*after), _may_be_read(), ~made)
    return tuple(islice(catalogue.everything(connection, *where), most))


def begin(connection: Connection, recording_id: str, at: datetime, model: str) -> bool:
    """Keep that a transcript is being made; False where there must be none. A recogniser may end its process.

    What two of them have ended over is not begun a third time, so that what comes behind it has its turn.
    """
    before = find(connection, recording_id)
    fault = BEGUN_TWICE if before is not None and before.fault == BEGUN else BEGUN
    return store(connection, Transcript(recording_id, at, model, None, fault))


def store(connection: Connection, transcript: Transcript) -> bool:
    """Keep a transcript in place of what is there; False where there must be none any more."""
    one_at_a_time(connection)
    may = exists().where(recordings.c.id == transcript.recording_id, _may_be_read())
    if not connection.execute(select(may)).scalar():
        return False
    remove(connection, [transcript.recording_id])
    row = {name: getattr(transcript, name) for name in Transcript.__slots__}
    connection.execute(insert(recording_transcripts), row)
    return True


def find(connection: Connection, recording_id: str) -> Transcript | None:
    """The transcript of a recording, or what is known of why there is none."""
    query = select(recording_transcripts).where(recording_transcripts.c.recording_id == recording_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Transcript(**row._mapping)


def among(connection: Connection, *where: ColumnElement[bool]) -> Iterator[tuple[Recording, Transcript]]:
    """Transcripts of recordings that this is so of, the oldest conversation first, read as they are needed."""
    mine = recording_transcripts
    made = exists().where(mine.c.recording_id == recordings.c.id, mine.c.sealed.is_not(None))
    for recording in catalogue.everything(connection, *where, _may_be_read(), made):
        found = find(connection, recording.id)
        if found is not None:
            yield recording, found


def remove(connection: Connection, recording_ids: Iterable[str]) -> None:
    """Take the rows out."""
    mine = recording_transcripts
    connection.execute(mine.delete().where(mine.c.recording_id.in_(list(recording_ids))))


def strays(connection: Connection) -> tuple[str, ...]:
    """Recordings that are not there and have a transcript."""
    mine = recording_transcripts.c.recording_id
    query = select(mine).where(mine.not_in(select(recordings.c.id))).order_by(mine)
    return tuple(connection.execute(query).scalars())


def seal_lines(keys: KeyStore, recording_id: str, lines: Sequence[Line]) -> bytes:
    """A transcript, compressed and sealed under the recording's key. Raises KeyMissing, SQLAlchemyError."""
    plain = zlib.compress(json.dumps([(one.begin, one.end, one.side, one.text) for one in lines]).encode())
    target = io.BytesIO()
    seal(io.BytesIO(plain), target, _key(keys, recording_id), f"{recording_id}{_NAME}")
    return target.getvalue()


def open_lines(keys: KeyStore, transcript: Transcript) -> tuple[Line, ...]:
    """What stands in a transcript; nothing where none could be made. Raises KeyMissing, SealBroken, SQLAlchemyError."""
    if transcript.sealed is None:
        return ()
    key, name = _key(keys, transcript.recording_id), f"{transcript.recording_id}{_NAME}"
    plain = b"".join(unseal(io.BytesIO(transcript.sealed), key, name))
    try:
        return tuple(Line(*one) for one in json.loads(zlib.decompress(plain)))
    except (ValueError, TypeError, zlib.error):
        raise SealBroken("sealed in a way that this version does not know") from None


def _key(keys: KeyStore, recording_id: str) -> bytes:
    key = keys.key(recording_id)
    if key is None:
        raise KeyMissing(f"recording {recording_id} has no key")
    return key


def _may_be_read() -> ColumnElement[bool]:
    c = recordings.c
    return (c.state == State.KEPT) & or_(c.call_id.is_(None), ~is_lapsed())
