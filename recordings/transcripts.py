"""Transcripts: what was said in a recording, by side, made later and kept exactly as long.

A transcript is sealed under its recording's key, beside it: where the key goes nothing of it can be read, and where the
file goes it goes, too. It is made only of what a caller consented to have recorded, and while that holds; deciding to
destroy a recording and keeping its transcript take turns. No word of it is in a database.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from recordings import catalogue
from recordings.archive import Archive
from recordings.catalogue import State
from recordings.catalogue import recordings as table
from recordings.consents import consents, of_call
from recordings.faults import SealBroken
from recordings.serial import one_at_a_time
from storage.database import Database

SIDES = ("caller", "consultant")
_FORMAT = 1
# Words around what was sought.
_AROUND = 5


@dataclass(frozen=True, slots=True)
class Word:
    """One word, of which side, and when it began, in seconds of the recording."""

    side: str
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said, in order. `model` names what has listened; `synthetic`: it is for trials, and knows few words."""

    lang: str
    model: str
    synthetic: bool
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """Where sought words were said: by which side, when, and with the words around them."""

    side: str
    at: float
    words: str


def encoded(transcript: Transcript) -> bytes:
    """A transcript as it is sealed."""
    return json.dumps({"format": _FORMAT, **asdict(transcript)}, ensure_ascii=False).encode()


def decoded(raw: bytes) -> Transcript:
    """The transcript that was sealed. Raises SealBroken for what is none."""
    try:
        found = json.loads(raw)
        words = tuple(Word(str(one["side"]), float(one["at"]), str(one["text"])) for one in found["words"])
        return Transcript(str(found["lang"]), str(found["model"]), bool(found["synthetic"]), words)
    except (ValueError, KeyError, TypeError) as error:
        raise SealBroken("no transcript that this version knows") from error


def may_be_made(connection: Connection, recording_id: str) -> bool:
    """Whether the recording is kept, and its call's caller consents to its being recorded."""
    c = table.c
    kept = select(c.id).where(c.id == recording_id, c.state == State.KEPT, _consented())
    return connection.execute(kept).first() is not None


def _consented() -> ColumnElement[bool]:
    """Of imported recordings it is not known."""
    c = consents.c
    of_it = (c.call_id == table.c.call_id) & (c.purpose == table.c.purpose)
    return select(c.call_id).where(of_it, c.given, c.withdrawn_at.is_(None)).exists()


def language(connection: Connection, recording: catalogue.Recording) -> str | None:
    """The language in which the caller has consented, and was served."""
    found = of_call(connection, recording.call_id or "")
    return next((one.lang for one in found if one.purpose == recording.purpose), None)


def without_one(connection: Connection, archive: Archive, since: datetime) -> Iterator[catalogue.Recording]:
    """Recordings of calls that ended since then, whose transcript may be made and is not there."""
    recent = (table.c.ended_at >= since) & (table.c.state == State.KEPT) & _consented()
    for recording in catalogue.everything(connection, recent):
        if not archive.transcript_path(recording.id).exists():
            yield recording


def keep(database: Database, archive: Archive, recording_id: str, transcript: Transcript) -> bool:
    """Keep a transcript, if it may still be made; whether it was kept. Raises KeyMissing, OSError."""
    with database.writing() as connection:
        # Whoever decides to destroy the recording finds this file, or has decided already.
        one_at_a_time(connection)
        if not may_be_made(connection, recording_id) or archive.transcript_path(recording_id).exists():
            return False
        archive.put_transcript(recording_id, encoded(transcript))
    return True


def search(transcript: Transcript, sought: tuple[str, ...]) -> Iterator[Hit]:
    """Where these words were said one after another by one side; a word's beginning will do for it."""
    for side in dict.fromkeys(word.side for word in transcript.words):
        own = [word for word in transcript.words if word.side == side]
        for place in range(len(own) - len(sought) + 1):
            there = own[place : place + len(sought)]
            if sought and all(word.text.startswith(part) for word, part in zip(there, sought, strict=True)):
                around = own[max(0, place - _AROUND) : place + len(sought) + _AROUND]
                yield Hit(side, there[0].at, " ".join(word.text for word in around))
