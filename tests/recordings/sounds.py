"""Sounds for tests: WAV files as Asterisk writes them, and others that only claim to be some."""

from __future__ import annotations

import array
import math
import struct
import wave
from pathlib import Path

RATE = 8000
LOUD = 8000


def tone(seconds: float, hertz: int = 400, loud: int = LOUD, rate: int = RATE) -> bytes:
    """A tone, as 16-bit samples; its phase begins at zero."""
    step = 2 * math.pi * hertz / rate
    return array.array("h", (round(loud * math.sin(step * n)) for n in range(round(seconds * rate)))).tobytes()


def silence(seconds: float) -> bytes:
    """Samples of nothing."""
    return bytes(2 * round(seconds * RATE))


def write(path: Path, samples: bytes, channels: int = 1, rate: int = RATE, width: int = 2) -> Path:
    """A WAV file of PCM."""
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(samples)
    return path


def header(size: int, *, coding: int = 1, channels: int = 1, rate: int = RATE, bits: int = 16) -> bytes:
    """The header of a WAV file that says to hold so many bytes of sound."""
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", coding, channels, rate, rate * frame, frame, bits)
    riff = min(size + 36, 2**32 - 1)
    return b"RIFF" + struct.pack("<I", riff) + b"WAVEfmt \x10\0\0\0" + form + b"data" + struct.pack("<I", size)


HOSTILE = {
    "zero bytes": (b"", "it is empty"),
    "a header and nothing else": (header(0), "it holds no sound"),
    "half a header": (header(100)[:20], "its format is cut short"),
    "a header that says too much": (header(1000) + bytes(10), "it is cut short: 1000 bytes of sound"),
    "two gigabytes that are not there": (header(2**31) + bytes(100), "it is cut short: 2147483648 bytes"),
    "text": (b"Dear Sir or Madam, please find enclosed", "it is no WAV file"),
    "another kind of RIFF": (b"RIFF\x04\0\0\0AVI LIST", "it is no WAV file"),
    "MP3 in WAV": (header(100, coding=0x55) + bytes(100), "its coding (number 85) is not read"),
    "twelve bits": (header(100, bits=12) + bytes(100), "its format makes no sense"),
    "no channels": (header(100, channels=0) + bytes(100), "its format makes no sense"),
    "no rate": (header(100, rate=0) + bytes(100), "its format makes no sense"),
    "a short format": (b"RIFF\0\0\0\0WAVEfmt \x02\0\0\0\x01\0data\0\0\0\0", "its format is cut short"),
    "sound before its format": (b"RIFF\0\0\0\0WAVEdata\x04\0\0\0abcd", "its sound comes before its format"),
    "chunks without end": (b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 200, "no sound is found in it"),
    "a chunk that leads far away": (b"RIFF\0\0\0\0WAVEjunk\xff\xff\xff\xff", "it ends before its sound"),
}
"""By what it is: what lies in the file, and what is said of it."""
