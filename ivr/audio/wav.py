"""Files of 8 kHz, mono, 16-bit PCM: the one format in which prompts are kept."""

from __future__ import annotations

import contextlib
import io
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from ivr.audio.faults import AudioError
from ivr.audio.files import write_shared

RATE = 8000
WIDTH = 2
FORMAT = f"wav {RATE} Hz mono {8 * WIDTH} bit"


@dataclass(frozen=True, slots=True)
class Sound:
    """A playable file (its path without extension, as Asterisk wants it) and its length in seconds."""

    path: str
    seconds: float


def find(path: Path) -> Sound | None:
    """The sound at `path`; None if there is no file. Raises AudioError if it is there and unusable."""
    try:
        with _opened(path) as file:
            # A file that was cut short still has the length that it was to have in its header.
            whole = path.stat().st_size >= file.getnframes() * WIDTH
            if not whole:
                raise _unusable(path, "it is cut short")
            return Sound(str(path.with_suffix("")), file.getnframes() / RATE)
    except FileNotFoundError:
        return None


def read(path: Path) -> bytes:
    """The samples at `path`. Raises AudioError, FileNotFoundError."""
    with _opened(path) as file:
        return file.readframes(file.getnframes())


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[wave.Wave_read]:
    try:
        with path.open("rb") as raw, wave.open(raw) as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, 1, WIDTH):
                raise _unusable(path, f"it is not {FORMAT}")
            yield file
    except FileNotFoundError:
        raise
    except (wave.Error, EOFError, RuntimeError) as error:
        raise _unusable(path, str(error) or "it is cut short") from error
    except OSError as error:
        raise AudioError(f"{path}: cannot be read ({error.strerror}); let this user read it") from error


def _unusable(path: Path, reason: str) -> AudioError:
    return AudioError(f"{path}: unusable sound ({reason}); delete it, and it is made again")


def encoded(pcm: bytes) -> bytes:
    """Samples as the bytes of a file."""
    whole = io.BytesIO()
    _encode(whole, pcm)
    return whole.getvalue()


def _encode(raw: BinaryIO, pcm: bytes) -> None:
    with wave.open(raw, "wb") as file:
        file.setparams((1, WIDTH, RATE, 0, "NONE", ""))
        file.writeframes(pcm)


def write(path: Path, pcm: bytes) -> Sound:
    """Write samples to `path` all at once: whoever looks sees the whole file or none. Raises AudioError."""
    try:
        write_shared(path, partial(_encode, pcm=pcm))
    except OSError as error:
        raise AudioError(f"{path.parent}: sound cannot be kept here ({error.strerror})") from error
    return Sound(str(path.with_suffix("")), len(pcm) / WIDTH / RATE)


def silence(seconds: float) -> bytes:
    """Samples of silence."""
    return bytes(round(seconds * RATE) * WIDTH)
