"""Waveforms: the loudest sample of each of so many stretches of a sound, channel by channel, to be drawn."""

from __future__ import annotations

import audioop
import json
from collections.abc import Sequence

from recordings.wav import WIDTH

PEAKS = 400
LOUDEST = 255
_SHIFT = 7


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
        whole = {"version": 1, "duration_ms": duration_ms, "channels": self._peaks}
        return json.dumps(whole, separators=(",", ":")).encode() + b"\n"
