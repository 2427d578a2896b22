"""Taking down everything that is said, without phrases to listen for: the model's own language decides."""

from __future__ import annotations

import json
from collections.abc import Iterator

from speech.grammar import UNKNOWN
from speech.recognition import Model
from speech.resampling import Resampler

Said = tuple[float, float, str]
"""From when until when, in seconds from the beginning, and in which words."""


class Dictation:
    """Takes down one side of a conversation, whose sound has a rate in Hz. It belongs to one thread."""

    def __init__(self, model: Model, rate: int) -> None:
        self._recogniser = model.dictation()
        self._resample = Resampler(rate, model.folder.rate)

    def hear(self, samples: bytes) -> Iterator[Said]:
        """What has been said, once it is over; 16-bit samples of one channel."""
        if self._recogniser.AcceptWaveform(self._resample(samples)):
            yield from said(self._recogniser.Result())

    def end(self) -> Iterator[Said]:
        """What was being said when the sound ended."""
        yield from said(self._recogniser.FinalResult())


def said(result: str) -> Iterator[Said]:
    """What a result of libvosk means; nothing where nothing was said, or nothing that can be read."""
    try:
        words = [one for one in json.loads(result).get("result", []) if one["word"] != UNKNOWN]
        if words:
            text = " ".join(str(one["word"]) for one in words)
            yield round(float(words[0]["start"]), 2), round(float(words[-1]["end"]), 2), text
    except (ValueError, TypeError, KeyError, AttributeError):
        return
