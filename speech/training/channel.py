"""What a telephone does to speech, and what is heard behind it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.signal import butter, sosfilt

from speech.training.features import RATE, Samples

_FULL = 32768.0
_MU = 255.0
_BABBLERS = 6


def telephone(speech: Samples, random: np.random.Generator, babble: Callable[[], Samples]) -> Samples:
    """The speech as it comes out of a line: echo, band, noise, level and companding by lot."""
    heard = speech
    if random.random() < 0.2:
        heard = _echoed(heard, random)
    if random.random() < 0.65:
        heard = _banded(heard, random)
    if random.random() < 0.75:
        level = np.sqrt(np.mean(heard**2)) + 1e-9
        noise = _noise(len(heard), random, babble)
        heard = heard + noise / (np.std(noise) + 1e-12) * level * 10 ** (-random.uniform(8, 40) / 20)
    heard = heard / (np.max(np.abs(heard)) + 1e-9) * (_FULL - 1) * 10 ** (random.uniform(-26, -1) / 20)
    if random.random() < 0.5:
        heard = _companded(heard)
    return np.asarray(np.clip(np.round(heard), -_FULL, _FULL - 1))


def _echoed(speech: Samples, random: np.random.Generator) -> Samples:
    response = np.zeros(int(0.08 * RATE))
    response[0] = 1
    for _ in range(6):
        response[random.integers(20, len(response))] += random.uniform(-0.3, 0.3)
    return np.asarray(np.convolve(speech, response)[: len(speech)])


def _banded(speech: Samples, random: np.random.Generator) -> Samples:
    edges = [random.uniform(150, 380), random.uniform(3000, 3750)]
    return np.asarray(sosfilt(butter(random.integers(2, 5), edges, "band", fs=RATE, output="sos"), speech))


def _companded(speech: Samples) -> Samples:
    """Eight bits, by the curve of mu-law (ITU-T G.711)."""
    scaled = np.clip(speech / _FULL, -1, 1)
    coded = np.round(np.sign(scaled) * np.log1p(_MU * np.abs(scaled)) / np.log1p(_MU) * 127) / 127
    return np.asarray(np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(_MU)) / _MU * _FULL)


def signal(length: int, random: np.random.Generator) -> Samples:
    """What is on lines and is no speech: steady tones, keys, ringing, tunes."""
    sounding = np.zeros(length)
    at, begin = np.arange(length) / RATE, 0
    together, is_steady = int(random.integers(1, 4)), random.random() < 0.4
    hertz = random.uniform(150, 2500, together)
    while begin < length:
        end = min(length, begin + (length if is_steady else int(random.uniform(0.08, 0.8) * RATE)))
        loud = [random.uniform(0.3, 1.0) * np.sin(2 * np.pi * one * at[begin:end]) for one in hertz]
        sounding[begin:end] = np.sum(loud, axis=0)
        hertz = hertz * 2 ** (random.integers(-7, 8) / 12) % 3000 if not is_steady else hertz
        # Between two notes or rings it may be quiet.
        begin = end + (int(random.uniform(0.0, 0.4) * RATE) if random.random() < 0.5 else 0)
    return sounding


def _noise(length: int, random: np.random.Generator, babble: Callable[[], Samples]) -> Samples:
    white = random.standard_normal(length)
    kind = int(random.integers(5))
    match kind:
        case 0:
            return white
        case 1 | 2:
            spectrum = np.fft.rfft(white)
            spectrum /= np.maximum(1, np.arange(len(spectrum))) ** (0.5 if kind == 1 else 1.0)
            return np.asarray(np.fft.irfft(spectrum, length))
        case 3:
            at = 2 * np.pi * np.arange(length) / RATE
            return np.asarray(np.sin(50 * at) + 0.5 * np.sin(150 * at) + 0.3 * np.sin(450 * at) + 0.05 * white)
        case _:
            return _people(length, random, babble) + 1e-3 * white


def _people(length: int, random: np.random.Generator, babble: Callable[[], Samples]) -> Samples:
    """Others who talk behind the caller."""
    mixed = np.zeros(length)
    for _ in range(_BABBLERS):
        voice, begin = babble(), int(random.integers(0, max(1, length)))
        end = min(length, begin + len(voice))
        mixed[begin:end] += voice[: end - begin]
    return mixed
