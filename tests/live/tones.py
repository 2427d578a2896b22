"""Prompts as tones: every prompt of a test is a unique pair of tones, and what a phone heard is read back.

One tone is of a low group, one of a high group. Both groups keep clear of each other, of every DTMF pair (whose
high tones end at 1,633 Hz, below the high group) and of `RESERVED`, the steady tones by which callers,
consultants and music on hold are told apart. All survive mu-law and A-law at 8 kHz.
"""

from __future__ import annotations

import itertools
import wave
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from demo.phone import Call, PhoneTimeoutError

Samples = NDArray[np.int16]
Vector = NDArray[np.float32]

RATE = 8000
LOW_TONES = tuple(range(440, 1361, 40))
HIGH_TONES = tuple(range(1740, 3401, 50))

CALLER_VOICE = 200
CONSULTANT_VOICES = (280, 320, 3560, 3640)
MUSIC = 1450
RESERVED = (CALLER_VOICE, *CONSULTANT_VOICES, MUSIC)

TONE_SECONDS = 0.3
LEAD_SECONDS = 0.08
TRAIL_SECONDS = 0.04
CUT_BELOW_SECONDS = 0.27
SHORTEST_SECONDS = 0.06

_AMPLITUDE = 6000
_RAMP = RATE // 200
_HOP = RATE // 100
_WINDOW = 4 * _HOP
_LEAST_AMPLITUDE = 500.0
_MOST_TWIST = 4.0
_RIVAL = 0.5
_NEAR = 2
_EDGE = 0.45
_TORN = 4
_SETTLING_SECONDS = 0.12


class Pair(NamedTuple):
    """The two tones of a prompt, in hertz."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Heard:
    """A prompt in what was heard: seconds from the start; `cut` where it did not sound to its end."""

    key: str
    start: float
    end: float
    cut: bool


PAIRS = tuple(Pair(low, high) for high, low in itertools.product(HIGH_TONES, LOW_TONES))


def assign(keys: Iterable[str]) -> dict[str, Pair]:
    """Give each prompt a pair of its own, always the same for the same set of prompts.

    Raises ValueError where there are more prompts than pairs.
    """
    ordered = sorted(set(keys))
    if len(ordered) > len(PAIRS):
        raise ValueError(f"{len(ordered)} prompts, but only {len(PAIRS)} pairs of tones")
    return dict(zip(ordered, PAIRS, strict=False))


def render(pair: Pair, seconds: float = TONE_SECONDS) -> Samples:
    """Return a prompt's sound: its tones within short silences, so that twice in a row is heard twice."""
    time = np.arange(round(seconds * RATE)) / RATE
    tones = sum(np.sin(2 * np.pi * hertz * time) for hertz in pair) * _AMPLITUDE
    ramp = np.minimum(np.arange(len(time)) / _RAMP, 1.0)
    shaped = tones * ramp * ramp[::-1]
    return np.concatenate([_silence(LEAD_SECONDS), shaped.round().astype(np.int16), _silence(TRAIL_SECONDS)])


def write_wav(path: Path, samples: Samples) -> None:
    """Write samples as the WAV file that Asterisk plays: mono, 16 bits, 8 kHz."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def decode(pcm: bytes | Samples, table: Mapping[str, Pair]) -> list[Heard]:
    """Read what was heard as the sequence of prompts in it. A prompt of 80 ms or more is always found."""
    decoder = Decoder(table)
    decoder.feed(pcm)
    return decoder.finish()


def loudness(pcm: bytes | Samples, hertz: int) -> float:
    """Return the amplitude of one steady tone over all of the sound (0 to 32,767)."""
    samples = _samples(pcm).astype(np.float32)
    if not len(samples):
        return 0.0
    window = np.hanning(len(samples))
    phase = np.exp(-2j * np.pi * hertz * np.arange(len(samples)) / RATE)
    return float(2 * abs(np.sum(samples * window * phase)) / window.sum())


class Decoder:
    """Reads prompts from sound that is still coming in.

    `feed` takes what is new. A prompt is `settled` once it has ended; `sounding` are those that may go on.
    """

    def __init__(self, table: Mapping[str, Pair]) -> None:
        self.settled: list[Heard] = []
        self.sounding: list[Heard] = []
        self._keys = {pair: key for key, pair in table.items()}
        self._pending: Samples = np.zeros(0, np.int16)
        self._offset = 0

    def feed(self, pcm: bytes | Samples) -> None:
        """Take in the sound that follows what was fed before."""
        self._pending = np.concatenate([self._pending, _samples(pcm)])
        found = self._read(self._pending)
        open_after = self._seconds(len(self._pending)) - _SETTLING_SECONDS
        done = [heard for heard in found if heard.end <= open_after]
        self.settled += done
        self.sounding = found[len(done) :]
        self._drop_before(min([open_after, *(heard.start - _WINDOW / RATE for heard in self.sounding)]))

    def finish(self) -> list[Heard]:
        """The sound is over: return every prompt heard."""
        return self.settled + self._read(self._pending)

    def _drop_before(self, seconds: float) -> None:
        """Keep only the sound that a prompt not yet settled may be part of, in whole frames."""
        drop = max(0, round(seconds * RATE) - self._offset) // _HOP * _HOP
        self._pending = self._pending[drop:]
        self._offset += drop

    def _read(self, samples: Samples) -> list[Heard]:
        pieces = _joined(_pieces(*_classified(samples)))
        return [self._named(piece) for piece in pieces if piece.seconds >= SHORTEST_SECONDS]

    def _named(self, piece: _Piece) -> Heard:
        unknown = f"unknown:{piece.pair.low}+{piece.pair.high}"
        start, end = self._seconds(piece.first * _HOP), self._seconds((piece.last + 1) * _HOP)
        return Heard(self._keys.get(piece.pair, unknown), start, end, piece.seconds < CUT_BELOW_SECONDS)

    def _seconds(self, position: int) -> float:
        """Return the time, from the start of all sound, of a place in what is pending."""
        return (self._offset + position) / RATE


class Ear:
    """Reads the prompts that a call hears while it hears them.

    It listens to what was sent, not to when: a prompt is not torn in two by a machine that was busy meanwhile.
    """

    def __init__(self, call: Call, table: Mapping[str, Pair]) -> None:
        self._call = call
        self._decoder = Decoder(table)
        self._taken = 0

    def heard(self) -> list[Heard]:
        """Return every prompt so far, the one that still sounds included (it counts as cut until it ends).

        Times are those of the call's recording.
        """
        self._listen()
        return [self._timed(heard) for heard in self._decoder.settled + self._decoder.sounding]

    def keys(self) -> list[str]:
        """Return the keys of every prompt so far, in order."""
        self._listen()
        return [heard.key for heard in self._decoder.settled + self._decoder.sounding]

    def wait_for(self, key: str, times: int = 1, timeout: float = 10.0) -> None:
        """Wait until a prompt has begun so many times. Raises `PhoneTimeoutError`."""
        self._wait(lambda: self.keys().count(key) >= times, f"prompt {key!r}", timeout)

    def wait_end_of(self, key: str, times: int = 1, timeout: float = 10.0) -> None:
        """Wait until a prompt has ended so many times. Raises `PhoneTimeoutError`."""
        self._wait(lambda: self._ended().count(key) >= times, f"the end of prompt {key!r}", timeout)

    def _ended(self) -> list[str]:
        self._listen()
        return [heard.key for heard in self._decoder.settled]

    def _listen(self) -> None:
        with self._call.changed:  # nothing is added meanwhile
            fresh = self._call.recording.sent_pcm(self._taken)
            self._taken = len(self._call.recording.sound)
        self._decoder.feed(fresh)

    def _timed(self, heard: Heard) -> Heard:
        time = self._call.recording.time_of_sent
        return Heard(heard.key, time(heard.start), time(heard.end), heard.cut)

    def _wait(self, predicate: Callable[[], bool], what: str, timeout: float) -> None:
        try:
            self._call.wait_until(predicate, timeout, what)
        except PhoneTimeoutError as error:
            raise PhoneTimeoutError(f"{error}\nheard: {' '.join(self.keys())}") from None


class _Piece(NamedTuple):
    """A pair that sounds from one frame through another."""

    pair: Pair
    first: int
    last: int

    @property
    def seconds(self) -> float:
        return (self.last + 1 - self.first) * _HOP / RATE


def _classified(samples: Samples) -> tuple[NDArray[np.int64], Vector]:
    """Return for each 10 ms the number of the pair that sounds there (-1: none) and how loud it is.

    A pair sounds where one tone of each group stands out: loud enough, about as loud as the other, and alone.
    """
    amplitudes = _amplitudes(samples)
    low, low_amplitude, low_rival = _best(amplitudes[:, : len(LOW_TONES)])
    high, high_amplitude, high_rival = _best(amplitudes[:, len(LOW_TONES) :])
    weaker, louder = np.minimum(low_amplitude, high_amplitude), np.maximum(low_amplitude, high_amplitude)
    alone = (low_rival < _RIVAL * low_amplitude) & (high_rival < _RIVAL * high_amplitude)
    sounds = alone & (weaker >= _LEAST_AMPLITUDE) & (louder <= _MOST_TWIST * weaker)
    return np.where(sounds, high * len(LOW_TONES) + low, -1), weaker


def _amplitudes(samples: Samples) -> Vector:
    """Return the amplitude of every tone in a window around each 10 ms."""
    padded = np.pad(samples, (_WINDOW // 2, _WINDOW)).astype(np.float32)
    frames = sliding_window_view(padded, _WINDOW)[: len(samples) + 1 : _HOP]
    projected = frames @ _BASIS
    half = projected.shape[1] // 2
    amplitudes: Vector = np.hypot(projected[:, :half], projected[:, half:])
    return amplitudes


def _best(group: Vector) -> tuple[NDArray[np.int64], Vector, Vector]:
    """Return for each frame the loudest tone of a group, its amplitude, and that of the loudest far from it."""
    rows = np.arange(len(group))
    best = group.argmax(axis=1)
    others = group.copy()
    for distance in range(-_NEAR, _NEAR + 1):
        others[rows, np.clip(best + distance, 0, group.shape[1] - 1)] = 0
    return best, group[rows, best], others.max(axis=1)


def _pieces(pairs: NDArray[np.int64], strength: Vector) -> list[_Piece]:
    """Cut the frames into stretches of one pair, each from half its loudness up to half its loudness down."""
    starts, _ = _runs(pairs)
    peaks = np.maximum.reduceat(strength, starts)
    lengths = np.diff(np.append(starts, len(pairs)))
    loud = np.where(strength >= _EDGE * np.repeat(peaks, lengths), pairs, -1)
    starts, ends = _runs(loud)
    return [
        _Piece(PAIRS[loud[first]], int(first), int(end) - 1)
        for first, end in zip(starts, ends, strict=True)
        if loud[first] >= 0
    ]


def _joined(pieces: list[_Piece]) -> list[_Piece]:
    """Join pieces of one pair that a lost packet or two have torn apart."""
    joined: list[_Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last and last.pair == piece.pair and piece.first - last.last - 1 <= _TORN:
            joined[-1] = last._replace(last=piece.last)
        else:
            joined.append(piece)
    return joined


def _runs(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each run of equal values starts, and where it ends (exclusive)."""
    changes = np.flatnonzero(np.diff(values)) + 1
    return np.concatenate([[0], changes]), np.concatenate([changes, [len(values)]])


def _basis() -> Vector:
    """Return the matrix that projects a window of sound onto every tone: cosines first, then sines."""
    window = np.hanning(_WINDOW)
    time = (np.arange(_WINDOW) - _WINDOW / 2) / RATE
    angles = 2 * np.pi * np.outer(time, np.array(LOW_TONES + HIGH_TONES))
    scaled = 2 * window[:, None] / window.sum()
    return np.hstack([scaled * np.cos(angles), scaled * np.sin(angles)]).astype(np.float32)


def _samples(pcm: bytes | Samples) -> Samples:
    return np.frombuffer(pcm, np.int16) if isinstance(pcm, bytes) else pcm


def _silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.int16)


_BASIS = _basis()
