"""Mel-frequency cepstra as Kaldi computes them, so that a network trained on these fits libvosk's. No dither.

https://kaldi-asr.org/doc/feat.html
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]

RATE = 8000
WINDOW, HOP = 200, 80
CEPSTRA = 20
_FFT, _BANDS = 256, 23
_LOWEST, _HIGHEST = 80.0, 3700.0
_LIFTER = 22.0
_PREEMPHASIS = 0.97
_EPSILON = np.finfo(np.float32).eps

CONFIGURATION = f"""--sample-frequency={RATE}
--frame-length=25
--frame-shift=10
--use-energy=false
--num-mel-bins={_BANDS}
--num-ceps={CEPSTRA}
--low-freq={_LOWEST:g}
--high-freq={_HIGHEST:g}
--dither=0
"""


def _mel(hertz: Any) -> Any:
    return 1127.0 * np.log(1.0 + hertz / 700.0)


def _bands() -> Samples:
    """Triangles in mel, a row each."""
    low, high = _mel(_LOWEST), _mel(_HIGHEST)
    width = (high - low) / (_BANDS + 1)
    bins = _mel(np.arange(_FFT // 2) * RATE / _FFT)
    left = low + width * np.arange(_BANDS)[:, None]
    rising, falling = (bins - left) / width, (left + 2 * width - bins) / width
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)))


def _cosines() -> Samples:
    matrix = np.sqrt(2.0 / _BANDS) * np.cos(
        np.pi / _BANDS * (np.arange(_BANDS)[None] + 0.5) * np.arange(CEPSTRA)[:, None]
    )
    matrix[0] = np.sqrt(1.0 / _BANDS)
    return np.asarray(matrix)


# Povey's window.
_SHAPE = np.power(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1)), 0.85)
_TO_BANDS = _bands().T
_TO_CEPSTRA = _cosines().T * (1.0 + 0.5 * _LIFTER * np.sin(np.pi * np.arange(CEPSTRA) / _LIFTER))


def cepstra(samples: Samples) -> Matrix:
    """A row of CEPSTRA for each whole window; samples are in the range of 16 bits."""
    count = 1 + (len(samples) - WINDOW) // HOP if len(samples) >= WINDOW else 0
    if count <= 0:
        return np.zeros((0, CEPSTRA), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP][:count].copy()
    frames -= frames.mean(1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], 1)
    frames = (frames - _PREEMPHASIS * before) * _SHAPE
    power = np.abs(np.fft.rfft(frames, _FFT)) ** 2
    loud = np.log(np.maximum(power[:, : _FFT // 2] @ _TO_BANDS, _EPSILON))
    return np.asarray(loud @ _TO_CEPSTRA, np.float32)
