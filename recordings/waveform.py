"""Waveforms: the loudest sample of each of so many stretches of a sound, channel by channel, to be drawn."""

from __future__ import annotations

import audioop
import json
from collections.abc import Sequence
from dataclasses import dataclass

from recordings.faults import RecordingFault
from recordings.wav import WIDTH

VERSION = 1
PEAKS = 400
LOUDEST = 255
_SHIFT = 7


@dataclass(frozen=True, slots=True)
class Peaks:
    """A waveform that is kept: how long the sound is, and the peaks of each channel from 0 (silent) to 255."""

    duration_ms: int
    channels: tuple[tuple[int, ...], ...]


def read(written: bytes) -> Peaks:
    """What `Waveform.written` has written. Raises RecordingFault."""
    try:
        whole = json.loads(written)
        if whole["version"] != VERSION:
            raise RecordingFault(f"a waveform of version {whole['version']}, which is not known here")
        return Peaks(whole["duration_ms"], tuple(tuple(peaks) for peaks in whole["channels"]))
    except (ValueError, KeyError, TypeError):
        raise RecordingFault("no waveform is in its file") from None


class Waveform:
    """The peaks of a sound of so many `frames`, fed piece by piece. A silent stretch is 0, the loudest 255."""

    def __init__(self, frames: int, channels: int) -> None:
        self._frames = frames
        self._heard = 0
        self._peaks = [[0] * min(PEAKS, frames) for _ in range(channels)]

    def add(self, channels: Sequence[memoryview]) -> None:
        """The next piece, 16-bit samples of each channel."""
        frames = len(channels[0]) // WIDTH
        for peaks, samples in zip(self._peaks, channels, strict=True):
            place = 0
            while place < frames:
                number = (self._heard + place) * len(peaks) // self._frames
                end = min(self._first_frame(number + 1, len(peaks)) - self._heard, frames)
                peak = audioop.max(samples[WIDTH * place : WIDTH * end], WIDTH) >> _SHIFT
                peaks[number] = max(peaks[number], min(peak, LOUDEST))
                place = end
        self._heard += frames

    def _first_frame(self, number: int, count: int) -> int:
        return -(-number * self._frames // count)

    def written(self, duration_ms: int) -> bytes:
        """As it is kept: a line of JSON with the length in milliseconds and the peaks of each channel."""
        whole = {"version": VERSION, "duration_ms": duration_ms, "channels": self._peaks}
        return json.dumps(whole, separators=(",", ":")).encode() + b"\n"
