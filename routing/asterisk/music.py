"""Music for waiting callers, made here: soft chords, so that nobody's rights are needed; and silence."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

RATE = 8000
CHORD_SECONDS = 4.0
CHORDS = ((262.0, 330.0, 392.0), (220.0, 262.0, 330.0), (175.0, 262.0, 349.0), (196.0, 294.0, 392.0))
LOUDNESS = 2200
SILENCE_SECONDS = 60


def write_music(folder: Path) -> None:
    """Write the music into `folder`, unless it is there."""
    path = folder / "waiting.wav"
    if not path.exists():
        _write(path, [sample for chord in CHORDS for sample in _chord(chord)])


def write_silence(folder: Path) -> None:
    """Write silence into `folder`: the music of whoever is to hear only what is whispered."""
    _write(folder / "silence.wav", [0] * (SILENCE_SECONDS * RATE))


def _write(path: Path, samples: list[int]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.parent / f".{path.stem}.new"
    with wave.open(str(temporary), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    temporary.replace(path)


def _chord(notes: tuple[float, ...]) -> list[int]:
    count = int(RATE * CHORD_SECONDS)
    return [_sample(notes, index / RATE, index / count) for index in range(count)]


def _sample(notes: tuple[float, ...], at: float, share: float) -> int:
    swell = math.sin(math.pi * share)
    return int(LOUDNESS * swell * sum(math.sin(2 * math.pi * note * at) for note in notes) / len(notes))
