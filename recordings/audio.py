"""The sound of a conversation: both sides as the two channels of one sound, measured while it is written.

Pieces of ten seconds go through it, so that a call of two hours needs no more memory than one of a minute.
"""

from __future__ import annotations

import audioop
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from recordings.encoding import WAV, written
from recordings.faults import DamagedSound
from recordings.wav import WIDTH, Format, Wav, open_wav
from recordings.waveform import Waveform

with warnings.catch_warnings():
    # pydub misses a program for compressed formats; it is not asked for any here.
    warnings.simplefilter("ignore", RuntimeWarning)
    from pydub import AudioSegment

# As MixMonitor writes each side.
SIDE = Format(channels=1, rate=8000, width=WIDTH)
MOST_CHANNELS = 2
LOUDEST = 32768

# Silence is what is quieter than this for a tenth of a second, in dB below full scale; comfort noise is.
SILENT_DBFS = -50.0
SILENT = LOUDEST * 10 ** (SILENT_DBFS / 20)
WINDOWS_A_SECOND = 10
PIECE_WINDOWS = 100

# A WAV file counts its bytes with 32 bits.
LONGEST_WAV = 2**32 - 1024


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of a sound that was written.

    `level_dbfs` is its loudness over all (None: nothing but zeros), `silence` the share of it that is silent on every
    channel, from 0 to 1, `waveform` its peaks as they are kept.
    """

    channels: int
    rate: int
    duration_ms: int
    level_dbfs: float | None
    silence: float
    waveform: bytes


def write_sides(parts: Sequence[tuple[Path, Path]], target: BinaryIO, format: str) -> Measured:
    """Write a conversation: the caller's side of each part left, the consultant's right, the parts one after another.

    The shorter side of a part is filled with silence. Raises DamagedSound: which file, and why; EncoderFault, OSError.
    """
    with ExitStack() as stack:
        opened = [(_side(stack, caller), _side(stack, consultant)) for caller, consultant in parts]
        frames = sum(max(wav.frames for wav in sides) for sides in opened)
        measure = _Measure(frames, channels=2, rate=SIDE.rate)
        sound = (piece for sides in opened for piece in _joined(*sides, measure.piece_frames))
        return _write(sound, measure, target, format)


def write_file(path: Path, target: BinaryIO, format: str) -> Measured:
    """Write a sound that is one file, mono or stereo, at the rate that it has.

    Raises DamagedSound, which does not name the file: archives have callers' numbers in names; EncoderFault, OSError.
    """
    with ExitStack() as stack:
        wav = stack.enter_context(open_wav(path))
        if wav.format.channels > MOST_CHANNELS:
            raise DamagedSound(f"it has {wav.format.channels} channels; one or two can be taken in")
        measure = _Measure(wav.frames, wav.format.channels, wav.format.rate)
        sound = (_segment(piece, wav.format) for piece in wav.pieces(measure.piece_frames))
        return _write(sound, measure, target, format)


def _side(stack: ExitStack, path: Path) -> Wav:
    try:
        wav = stack.enter_context(open_wav(path))
        if wav.format != SIDE:
            raise DamagedSound(f"it is {wav.format}, where a side of a call is {SIDE}")
    except DamagedSound as fault:
        raise DamagedSound(f"{path.name}: {fault}") from None
    return wav


def _joined(caller: Wav, consultant: Wav, frames: int) -> Iterator[Any]:
    """Both sides in step, as stereo pieces."""
    sides = (caller.pieces(frames), consultant.pieces(frames))
    while any(pieces := [next(side, b"") for side in sides]):
        longest = max(map(len, pieces))
        yield AudioSegment.from_mono_audiosegments(*(_segment(piece.ljust(longest, b"\0"), SIDE) for piece in pieces))


def _segment(samples: bytes, form: Format) -> Any:
    return AudioSegment(samples, sample_width=WIDTH, frame_rate=form.rate, channels=form.channels)


def _write(sound: Iterator[Any], measure: _Measure, target: BinaryIO, format: str) -> Measured:
    if format == WAV and measure.frames * measure.channels * WIDTH > LONGEST_WAV:
        raise DamagedSound("it is too long for the format wav; flac and opus take it")
    with written(target, format, measure.channels, measure.rate) as write:
        for segment in sound:
            measure.add(segment)
            write(segment.raw_data)
    target.flush()
    return measure.result()


@dataclass(slots=True)
class _Measure:
    """What is found out while the pieces go by."""

    frames: int
    channels: int
    rate: int
    waveform: Waveform = field(init=False)
    _squares: float = 0.0
    _windows: int = 0
    _silent: int = 0

    def __post_init__(self) -> None:
        self.waveform = Waveform(self.frames, self.channels)

    @property
    def piece_frames(self) -> int:
        """Frames of a piece: whole windows, so that none is cut in two."""
        return self.rate // WINDOWS_A_SECOND * PIECE_WINDOWS

    def add(self, segment: Any) -> None:
        channels = [memoryview(channel.raw_data) for channel in segment.split_to_mono()]
        self.waveform.add(channels)
        self._squares += segment.rms**2 * segment.frame_count()
        window = WIDTH * (self.rate // WINDOWS_A_SECOND)
        for start in range(0, len(channels[0]), window):
            loudest = max(audioop.rms(channel[start : start + window], WIDTH) for channel in channels)
            self._silent += loudest < SILENT
            self._windows += 1

    def result(self) -> Measured:
        duration_ms = round(1000 * self.frames / self.rate)
        rms = math.sqrt(self._squares / self.frames)
        level = round(20 * math.log10(rms / LOUDEST), 2) if rms else None
        silence = round(self._silent / self._windows, 4)
        waveform = self.waveform.written(duration_ms)
        return Measured(self.channels, self.rate, duration_ms, level, silence, waveform)
