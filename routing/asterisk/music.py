"""Music for waiting callers, made here: three soft chords, so that nobody's rights are needed."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

RATE = 8000
CHORD_SECONDS = 4.0
CHORDS = ((262.0, 330.0, 392.0), (220.0, 262.0, 330.0), (175.0, 262.0, 349.0), (196.0, 294.0, 392.0))
LOUDNESS = 2200


def write_music(folder: Path) -> None:
    """Write the music into `folder`, unless it is there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "waiting.wav"
    if path.exists():
        return
    temporary = folder / ".waiting.new"
    with wave.open(str(temporary), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        for chord in CHORDS:
            file.writeframes(b"".join(struct.pack("<h", sample) for sample in _chord(chord)))
    temporary.replace(path)


def _chord(notes: tuple[float, ...]) -> list[int]:
    count = int(RATE * CHORD_SECONDS)
    return [_sample(notes, index / RATE, index / count) for index in range(count)]


def _sample(notes: tuple[float, ...], at: float, share: float) -> int:
    swell = math.sin(math.pi * share)
    return int(LOUDNESS * swell * sum(math.sin(2 * math.pi * note * at) for note in notes) / len(notes))
