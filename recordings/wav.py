"""WAV files read piece by piece: whatever their headers say, nothing is held that the file does not hold.

Written by RIFF's own definition (Multimedia Programming Interface and Data Specifications 1.0, 1991) and not read with
the standard library's `wave`: that one knows no G.711, which telephone archives are full of, and takes a header's word.
"""

from __future__ import annotations

import audioop
import io
import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from recordings.faults import DamagedSound

WIDTH = 2
RATES = range(8000, 192_001)

_RIFF_HEADER, _CHUNK_HEADER = 12, 8
_RIFF_SIZE = 4
_FORMAT_BYTES, _LONGEST_FORMAT = 16, 1024
_MOST_CHUNKS = 100
_PCM, _A_LAW, _MU_LAW, _EXTENSIBLE = 1, 6, 7, 0xFFFE
_SUBFORMAT = slice(24, 26)


@dataclass(frozen=True, slots=True)
class Format:
    """How sound is written down: `channels`, `rate` in Hz, `width` in bytes a sample, and by which `coding`."""

    channels: int
    rate: int
    width: int
    coding: int = _PCM

    @property
    def frame(self) -> int:
        """Bytes of one moment, all channels."""
        return self.channels * self.width

    def __str__(self) -> str:
        name = {1: "mono", 2: "stereo"}.get(self.channels, f"{self.channels} channels")
        coding = {_A_LAW: " A-law", _MU_LAW: " mu-law"}.get(self.coding, "")
        return f"{self.rate} Hz {name} {8 * self.width} bit{coding}"


class Wav:
    """An open WAV file. `frames` is how many moments of sound it holds."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.format, size = _read_headers(file)
        self.frames = size // self.format.frame

    def pieces(self, frames: int) -> Iterator[bytes]:
        """All that is left of the sound as 16-bit samples, so many frames at a time. Raises DamagedSound, OSError."""
        left = self.frames
        while left:
            raw = self._file.read(min(frames, left) * self.format.frame)
            if len(raw) < min(frames, left) * self.format.frame:
                raise DamagedSound("it became shorter while it was read")
            left -= len(raw) // self.format.frame
            yield _as_16_bit(raw, self.format)


@contextmanager
def open_file(path: Path) -> Iterator[BufferedReader]:
    """Open a file that may be anything. Raises DamagedSound: it is missing or no file; OSError."""
    # A pipe that somebody put there must not be waited for.
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise DamagedSound("it is missing") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DamagedSound("it is no file")
    with os.fdopen(descriptor, "rb") as file:
        yield file


@contextmanager
def open_wav(path: Path) -> Iterator[Wav]:
    """Open a WAV file. Raises DamagedSound: it is missing, no file, no WAV, cut short, or holds nothing; OSError."""
    with open_file(path) as file:
        yield Wav(file)


def later(pieces: Iterator[bytes], seconds: float) -> Iterator[bytes]:
    """A WAV file that comes piece by piece, beginning so many seconds later; the first piece holds its headers.

    Raises DamagedSound.
    """
    first = next(pieces, b"")
    start = io.BytesIO(first)
    form, size = _find_data(start)
    header = bytearray(first[: start.tell()])
    skipped = min(round(seconds * form.rate) * form.frame, size)
    for place, said in ((_RIFF_SIZE, len(header) + size - _CHUNK_HEADER), (len(header) - 4, size)):
        struct.pack_into("<I", header, place, said - skipped)
    yield bytes(header)
    left = skipped
    for piece in chain([first[len(header) :]], pieces):
        if left < len(piece):
            yield piece[left:]
        left = max(0, left - len(piece))


def heard(pieces: Iterator[bytes]) -> tuple[Format, Iterator[bytes]]:
    """A WAV file that comes piece by piece: its format, and its sound as 16-bit samples. The first piece holds headers.

    Raises DamagedSound.
    """
    first = next(pieces, b"")
    start = io.BytesIO(first)
    form, _ = _find_data(start)
    return form, _whole_frames(chain([first[start.tell() :]], pieces), form)


def _whole_frames(pieces: Iterator[bytes], form: Format) -> Iterator[bytes]:
    left = b""
    for piece in pieces:
        left += piece
        whole = len(left) // form.frame * form.frame
        yield _as_16_bit(left[:whole], form)
        left = left[whole:]


def is_finished(path: Path) -> bool:
    """Whether the header tells how long the sound is: Asterisk writes that when it closes the file. Raises OSError."""
    with path.open("rb") as file:
        try:
            _, said = _find_data(file)
        except DamagedSound:
            return False
    return said > 0


def _read_headers(file: BinaryIO) -> tuple[Format, int]:
    """The format and how many bytes of sound there are, which the file then stands before."""
    form, said = _find_data(file)
    rest = os.fstat(file.fileno()).st_size - file.tell()
    if said > rest:
        raise DamagedSound(f"it is cut short: {said} bytes of sound in its header, {rest} in the file")
    # An Asterisk that died has left the header as it was at the beginning; what it had written is all there.
    size = said or rest
    if size < form.frame:
        raise DamagedSound("it holds no sound")
    return form, size


def _find_data(file: BinaryIO) -> tuple[Format, int]:
    header = file.read(_RIFF_HEADER)
    if not header:
        raise DamagedSound("it is empty")
    if len(header) < _RIFF_HEADER or header[:4] != b"RIFF" or header[8:] != b"WAVE":
        raise DamagedSound("it is no WAV file")
    form: Format | None = None
    for _ in range(_MOST_CHUNKS):
        name, size = _chunk(file)
        if name == b"data":
            if form is None:
                raise DamagedSound("its sound comes before its format")
            return form, size
        if name == b"fmt ":
            form = _format(file.read(min(size, _LONGEST_FORMAT)))
            size -= min(size, _LONGEST_FORMAT)
        file.seek(size + size % 2, os.SEEK_CUR)
    raise DamagedSound("no sound is found in it")


def _chunk(file: BinaryIO) -> tuple[bytes, int]:
    header = file.read(_CHUNK_HEADER)
    if len(header) < _CHUNK_HEADER:
        raise DamagedSound("it ends before its sound")
    return header[:4], int.from_bytes(header[4:], "little")


def _format(raw: bytes) -> Format:
    if len(raw) < _FORMAT_BYTES:
        raise DamagedSound("its format is cut short")
    coding, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", raw)
    if coding == _EXTENSIBLE:
        coding = int.from_bytes(raw[_SUBFORMAT], "little")
    form = Format(channels, rate, bits // 8, coding)
    widths = {_PCM: (8, 16, 24, 32), _A_LAW: (8,), _MU_LAW: (8,)}
    if coding not in widths:
        raise DamagedSound(f"its coding (number {coding}) is not read: PCM, A-law and mu-law are")
    if bits not in widths[coding] or rate not in RATES or channels == 0:
        raise DamagedSound(f"its format makes no sense: {form}")
    return form


def _as_16_bit(raw: bytes, form: Format) -> bytes:
    match form:
        case Format(coding=7):
            return audioop.ulaw2lin(raw, WIDTH)
        case Format(coding=6):
            return audioop.alaw2lin(raw, WIDTH)
        case Format(width=2):
            return raw
        case Format(width=1):
            # The only width that has no sign.
            return audioop.lin2lin(audioop.bias(raw, 1, -128), 1, WIDTH)
        case _:
            return audioop.lin2lin(raw, form.width, WIDTH)
