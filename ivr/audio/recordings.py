"""The operator's own recordings of prompts: `FOLDER/LANGUAGE/NAME.wav`, any PCM WAV. They win over speech."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ivr.audio.faults import AudioError
from ivr.audio.shaping import ShapeError, shaped
from ivr.prompts import Prompt

RIFF_HEADER = 8
PADDING = 1
STREAMED = 0x7F000000


@dataclass(frozen=True, slots=True)
class Recordings:
    """A folder of recordings; None where the operator has recorded nothing."""

    folder: Path | None

    def path(self, prompt: Prompt) -> Path | None:
        """Where the prompt's recording would be."""
        return None if self.folder is None else self.folder / prompt.lang / f"{prompt.name}.wav"

    def setting(self, prompt: Prompt) -> str | None:
        """What decides how the recording sounds: its content. None if there is no recording. Raises AudioError."""
        raw = self._raw(prompt)
        return None if raw is None else f"recording {hashlib.sha256(raw).hexdigest()}"

    def take(self, prompt: Prompt) -> bytes:
        """The recording's samples. Raises AudioError."""
        raw = self._raw(prompt) or b""
        try:
            if _cut_short(raw):
                raise ShapeError("it is cut short")
            return shaped(raw)
        except ShapeError as error:
            raise AudioError(f"{self.path(prompt)}: this recording cannot be used: {error}") from error

    def _raw(self, prompt: Prompt) -> bytes | None:
        path = self.path(prompt)
        try:
            return None if path is None else path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise AudioError(f"{path}: cannot be read ({error.strerror})") from error


def _cut_short(raw: bytes) -> bool:
    """Whether a WAV file has lost its end: the RIFF header says how long it was to be.

    A program that writes to a pipe cannot know and says something absurd.
    """
    said = int.from_bytes(raw[4:8], "little")
    return len(raw) < said + RIFF_HEADER - PADDING and said < STREAMED
