"""Making transcripts: each side of a conversation goes to a recogniser of its own, piece by piece.

What recognises is given from outside (an `Ear`): this knows sound and lines of text.
"""

from __future__ import annotations

import audioop
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from recordings import transcripts
from recordings.archive import Archive
from recordings.catalogue import Purpose, Recording, sides_of
from recordings.decoding import decoded
from recordings.faults import EncoderFault, KeysUnusable, RecordingFault
from recordings.transcripts import FAULT_LENGTH, Line, Transcript
from recordings.wav import WIDTH, Wav

BOTH = ("both",)
"""The side of a recording that has one channel."""
PIECES_A_SECOND = 5

Said = tuple[float, float, str]
"""From when until when, in seconds, and what."""


class Ear(Protocol):
    """Recognises one side of a conversation."""

    def hear(self, samples: bytes) -> Iterable[Said]:
        """What has been said, once it is over; 16-bit samples of one channel."""

    def end(self) -> Iterable[Said]:
        """The last of it."""


@dataclass(frozen=True, slots=True)
class Recogniser:
    """What recognises a language: `model` is its name, `ear` makes an Ear for sound of a rate in Hz."""

    model: str
    ear: Callable[[int], Ear]


def transcribe(archive: Archive, folder: Path, recording: Recording, by: Recogniser, at: datetime) -> Transcript:
    """Make the transcript of a recording, or tell why there is none; plain sound lies in `folder` meanwhile.

    Raises KeysUnusable, EncoderFault, OSError.
    """
    try:
        with decoded(archive.sound(recording.id), recording.format, folder) as sound:
            lines = sorted(_lines(sound, by, recording.purpose), key=lambda line: (line.begin, line.side))
        sealed = transcripts.seal_lines(archive.keys, recording.id, lines)
    except (KeysUnusable, EncoderFault):
        raise
    except RecordingFault as fault:
        # Its id is known, and paths are nobody's business.
        return Transcript(recording.id, at, by.model, None, f"{type(fault).__name__}: {fault}"[:FAULT_LENGTH])
    return Transcript(recording.id, at, by.model, sealed)


def _lines(sound: Wav, by: Recogniser, purpose: Purpose) -> Iterator[Line]:
    sides = sides_of(purpose)
    names = sides if sound.format.channels == len(sides) else BOTH
    ears = [by.ear(sound.format.rate) for _ in names]
    for piece in sound.pieces(sound.format.rate // PIECES_A_SECOND):
        for number, (name, ear) in enumerate(zip(names, ears, strict=True)):
            yield from (Line(begin, end, name, text) for begin, end, text in ear.hear(_channel(piece, sound, number)))
    for name, ear in zip(names, ears, strict=True):
        yield from (Line(begin, end, name, text) for begin, end, text in ear.end())


def _channel(piece: bytes, sound: Wav, number: int) -> bytes:
    if sound.format.channels == 1:
        return piece
    return audioop.tomono(piece, WIDTH, 1 - number, number)
