"""The sound of a telephone's keys (ITU-T Q.23): made, and found in what was recorded."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from tests.live.tones import RATE, Samples

LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
KEYS = ("123A", "456B", "789C", "*0#D")

# Goertzel's usual block at 8 kHz, and how far it is moved.
_BLOCK, _STEP = 205, 80
_LEAST = 300.0
_RIVAL = 0.5
# Three blocks in a row: a tenth of what a finger holds a key is not needed.
_SHORTEST = 3


def keyed(keys: str, seconds: float = 0.08, gap: float = 0.05) -> Samples:
    """The keys as a telephone without events for them would send them."""
    time = np.arange(round(seconds * RATE)) / RATE
    silence = np.zeros(round(gap * RATE), np.int16)
    pieces = []
    for key in keys:
        row = next(number for number, names in enumerate(KEYS) if key in names)
        sound = sum(np.sin(2 * np.pi * hertz * time) for hertz in (LOW[row], HIGH[KEYS[row].index(key)]))
        pieces += [(5000 * np.asarray(sound)).astype(np.int16), silence]
    return np.concatenate(pieces) if pieces else silence


def decoded(sound: Samples) -> str:
    """Every key that is heard in this, in order."""
    blocks = [sound[start : start + _BLOCK] for start in range(0, len(sound) - _BLOCK, _STEP)]
    runs = [(key, len(list(run))) for key, run in groupby(map(_key, blocks))]
    return "".join(key for key, length in runs if key and length >= _SHORTEST)


def _key(block: Samples) -> str:
    """The key that sounds in a block: one tone of each group, loud and alone in it; else nothing."""
    levels = _BASIS @ block.astype(np.float32)
    amplitudes = 2 * np.hypot(levels[:8], levels[8:]) / _BLOCK
    low, high = amplitudes[:4], amplitudes[4:]
    for group in (low, high):
        second, first = np.sort(group)[-2:]
        if first < _LEAST or second > _RIVAL * first:
            return ""
    return KEYS[int(low.argmax())][int(high.argmax())]


_ANGLES = 2 * np.pi * np.outer((*LOW, *HIGH), np.arange(_BLOCK)) / RATE
_BASIS = np.vstack([np.cos(_ANGLES), np.sin(_ANGLES)]).astype(np.float32)
