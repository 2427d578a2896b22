"""Names of sound by what it is made from, so that a change of anything makes another file and nothing goes stale."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ivr.audio.recordings import Recordings
from ivr.audio.speech import Speech
from ivr.audio.wav import FORMAT
from ivr.prompts import Prompt

PAUSE_SECONDS = 0.25

# Change it whenever `shaping` makes other sound of the same words.
SHAPE = "shape 1"


class Keys:
    """The keys of prompts, each found out once."""

    def __init__(self, speech: Speech, recordings: Recordings) -> None:
        self._speech = speech
        self._recordings = recordings
        self._settings: dict[tuple[str, str], str | None] = {}
        self._keys: dict[Prompt, str] = {}

    def is_recorded(self, prompt: Prompt) -> bool:
        """Whether the operator has recorded the prompt."""
        return self._recording(prompt) is not None

    def of(self, prompt: Prompt) -> str:
        """A prompt's key: its recording, or its text, language and voice. Raises AudioError."""
        if prompt not in self._keys:
            spoken = ("speech", self._speech.setting(prompt.lang), prompt.lang, prompt.text)
            recording = self._recording(prompt)
            self._keys[prompt] = _digest(*spoken if recording is None else (recording,))
        return self._keys[prompt]

    def _recording(self, prompt: Prompt) -> str | None:
        place = (prompt.lang, prompt.name)
        if place not in self._settings:
            self._settings[place] = self._recordings.setting(prompt)
        return self._settings[place]


def sequence_key(parts: Sequence[str]) -> str:
    """The key of prompts that are heard in one go; a single one is its own sequence."""
    return parts[0] if len(parts) == 1 else _digest("sequence", str(PAUSE_SECONDS), *parts)


def _digest(*words: str) -> str:
    return hashlib.sha256("\x00".join((FORMAT, SHAPE, *words)).encode()).hexdigest()[:40]
