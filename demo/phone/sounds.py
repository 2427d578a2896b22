"""What a phone can play: each sound is an iterator of frames, 20 ms of 16-bit samples at 8 kHz each."""

from __future__ import annotations

import itertools
import math
import wave
from array import array
from collections.abc import Iterable, Iterator
from functools import cache
from os import PathLike

from demo.phone.g711 import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_RATE

Sound = Iterator[bytes]
"""Frames of `FRAME_BYTES` bytes; the last one may be shorter."""


def tone(hertz: int, seconds: float | None = None, amplitude: int = 6000) -> Sound:
    """A steady tone, endless where no length is given. A whole number of hertz repeats without a click."""
    frames = itertools.cycle(_second_of_tone(hertz, amplitude))
    return frames if seconds is None else itertools.islice(frames, round(seconds * 50))


def pcm(data: bytes) -> Sound:
    """16-bit little-endian mono samples at 8 kHz."""
    return (data[start : start + FRAME_BYTES] for start in range(0, len(data), FRAME_BYTES))


def samples(values: Iterable[int]) -> Sound:
    """Samples one by one, from a list or a generator that may be endless."""
    source = iter(values)
    while frame := array("h", itertools.islice(source, FRAME_SAMPLES)):
        yield frame.tobytes()


def wav(path: str | PathLike[str]) -> Sound:
    """A WAV file: mono, 16 bits, 8 kHz. Raises ValueError for any other kind."""
    with wave.open(str(path), "rb") as file:
        shape = file.getnchannels(), file.getsampwidth(), file.getframerate()
        if shape != (1, 2, SAMPLE_RATE):
            raise ValueError(f"{path}: channels, bytes a sample and rate are {shape}; wanted (1, 2, 8000)")
        return pcm(file.readframes(file.getnframes()))


@cache
def _second_of_tone(hertz: int, amplitude: int) -> tuple[bytes, ...]:
    step = 2 * math.pi * hertz / SAMPLE_RATE
    wave_form = array("h", (round(amplitude * math.sin(step * index)) for index in range(SAMPLE_RATE)))
    return tuple(pcm(wave_form.tobytes()))
