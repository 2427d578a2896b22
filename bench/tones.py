"""The sounds of the measured call: a steady tone per prompt, told apart in a single packet.

A tone that crosses zero so many times in 20 ms is recognised by counting them. Both G.711 codecs carry the sign of a
sample in its highest bit (ITU-T G.711), so that no decoding is needed.
"""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Iterable
from pathlib import Path

from demo.phone.g711 import FRAME_SECONDS, SAMPLE_RATE

FIRST, SECOND, GOODBYE = 400, 1000, 2000
AMPLITUDE = 8000

PROMPTS = {
    "welcome": (FIRST, 0.4),
    "first": (FIRST, 7.0),
    "second": (SECOND, 7.0),
    "spoken-one": (SECOND, 7.0),
    "spoken-two": (FIRST, 7.0),
    "keyed-one": (SECOND, 7.0),
    "keyed-two": (FIRST, 7.0),
    "identifier": (SECOND, 7.0),
    "pin": (FIRST, 7.0),
    "authenticated": (GOODBYE, 0.4),
    "goodbye": (GOODBYE, 0.4),
}
OTHER = (3000, 0.3)

_MOST_OFF = 0.1
_SIGN = bytes(byte >> 7 for byte in range(256))


def record(folder: Path, names: Iterable[str]) -> None:
    """Write a recording of every prompt as `folder/NAME.wav`; one that the measured call never hears is short."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        hertz, seconds = PROMPTS.get(name, OTHER)
        write_wav(folder / f"{name}.wav", tone(hertz, seconds))


def tone(hertz: int, seconds: float) -> array[int]:
    """Samples of a steady tone, 16 bits at 8 kHz."""
    step = 2 * math.pi * hertz / SAMPLE_RATE
    return array("h", (round(AMPLITUDE * math.sin(step * index)) for index in range(round(seconds * SAMPLE_RATE))))


def write_wav(path: Path, samples: array[int]) -> None:
    """Write samples as a WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(samples.tobytes())


def heard(frame: bytes) -> int | None:
    """The tone that sounds in 20 ms of G.711, in hertz; None where it is none of the measured call's."""
    signs = frame.translate(_SIGN)
    crossings = signs.count(b"\x00\x01") + signs.count(b"\x01\x00")
    for hertz in (FIRST, SECOND, GOODBYE):
        expected = 2 * hertz * FRAME_SECONDS
        if abs(crossings - expected) <= max(2, _MOST_OFF * expected):
            return hertz
    return None
