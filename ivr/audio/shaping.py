"""Making any PCM WAV fit for a telephone: mono, 8 kHz, as loud as every other prompt, without silence around it."""

from __future__ import annotations

import audioop
import math
import struct
import warnings
from functools import lru_cache
from typing import Any

from ivr.audio.wav import RATE, WIDTH

with warnings.catch_warnings():
    # pydub misses a program for compressed formats, of which there are none here.
    warnings.simplefilter("ignore", RuntimeWarning)
    from pydub import AudioSegment
    from pydub.exceptions import CouldntDecodeError
    from pydub.silence import detect_leading_silence

RATES = range(RATE, 192_001)

# Speech this loud on average, in dB of full scale, leaves room for its peaks: louder, and prompts would differ.
LOUDNESS = -23.0
HIGHEST_PEAK = -3.0
QUIETER_IS_SILENCE = -50.0
# Speech begins and ends softly: milliseconds that are kept around what is loud enough to be speech.
MARGIN = 30

# A telephone carries up to 3.4 kHz; what is above half the sample rate would come back as noise (aliasing).
CUTOFF = 3600
FILTER_SECONDS = 0.0018


class ShapeError(Exception):
    """Not a sound that can be shaped; the message says why."""


def shaped(raw: bytes) -> bytes:
    """Samples fit for a telephone, from a PCM WAV file of any rate and width. Raises ShapeError."""
    try:
        segment: Any = AudioSegment(raw)
        if segment.frame_rate not in RATES:
            raise ShapeError(f"its sample rate is {segment.frame_rate} Hz; {RATES.start} to {RATES.stop - 1} will do")
        narrow = _narrowed(segment.set_sample_width(WIDTH).set_channels(1))
        return bytes(_levelled(_trimmed(_levelled(narrow))).raw_data)
    except (CouldntDecodeError, ValueError, IndexError, ZeroDivisionError, struct.error, audioop.error) as error:
        raise ShapeError("it is not a whole PCM WAV file") from error


def _narrowed(segment: Any) -> Any:
    """The sound at 8 kHz, with nothing in it that 8 kHz cannot carry."""
    if segment.frame_rate == RATE:
        return segment
    filtered = _low_passed(segment.raw_data, segment.frame_rate)
    converted, _ = audioop.ratecv(filtered, WIDTH, 1, segment.frame_rate, RATE, None)
    return AudioSegment(converted, sample_width=WIDTH, frame_rate=RATE, channels=1)


def _low_passed(pcm: bytes, rate: int) -> bytes:
    """A finite impulse response, tap by tap: each is a whole-sound operation in C."""
    taps = _taps(rate)
    padded = bytes(WIDTH * (len(taps) // 2)) + pcm + bytes(WIDTH * (len(taps) // 2))
    total = bytes(len(pcm))
    for index, tap in enumerate(taps):
        total = audioop.add(total, audioop.mul(padded[index * WIDTH : index * WIDTH + len(pcm)], WIDTH, tap), WIDTH)
    return total


@lru_cache(maxsize=8)
def _taps(rate: int) -> tuple[float, ...]:
    """A low pass at CUTOFF: a sinc in a Hamming window, of unit gain."""
    half = round(FILTER_SECONDS * rate / 2)
    raw = [_sinc(2 * CUTOFF / rate * n) * (0.54 + 0.46 * math.cos(math.pi * n / half)) for n in range(-half, half + 1)]
    return tuple(tap / sum(raw) for tap in raw)


def _sinc(x: float) -> float:
    return math.sin(math.pi * x) / (math.pi * x) if x else 1.0


def _levelled(segment: Any) -> Any:
    if segment.max == 0:
        raise ShapeError("there is nothing to be heard in it")
    return segment.apply_gain(min(LOUDNESS - segment.dBFS, HIGHEST_PEAK - segment.max_dBFS))


def _trimmed(segment: Any) -> Any:
    first = detect_leading_silence(segment, QUIETER_IS_SILENCE)
    last = len(segment) - detect_leading_silence(segment.reverse(), QUIETER_IS_SILENCE)
    return segment[max(0, first - MARGIN) : last + MARGIN]
