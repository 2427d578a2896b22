"""The operator's own recordings of prompts: `FOLDER/LANGUAGE/NAME.wav`, any PCM WAV. They win over speech."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ivr.audio.faults import AudioError
from ivr.audio.shaping import ShapeError, shaped
from ivr.prompts import Prompt


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
        raw = self._raw(prompt)
        try:
            return shaped(raw or b"")
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
