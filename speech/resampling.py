"""Sound at the rate that a model hears at: at another one it would recognise wrong words, and say nothing."""

from __future__ import annotations

import audioop
from typing import Any

WIDTH = 2


class Resampler:
    """Brings 16-bit samples of one channel, piece by piece, from one rate to another, both in Hz."""

    def __init__(self, rate: int, wanted: int) -> None:
        self._rates = rate, wanted
        self._state: Any = None

    def __call__(self, samples: bytes) -> bytes:
        """The next piece."""
        rate, wanted = self._rates
        if rate == wanted:
            return samples
        converted, self._state = audioop.ratecv(samples, WIDTH, 1, rate, wanted, self._state)
        return converted
