"""Words as they go over the line, and after how much silence the recogniser itself knows that they are over.

libvosk looks for the end of what was said each time that it has got so much sound (the shipped model: every 240 ms),
counted from when it began to listen. So the silence that it needs hangs on how long a caller has listened before.
"""

from __future__ import annotations

import audioop
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from centrala.speech_measuring import spoken
from demo.phone.g711 import FRAME_BYTES, FRAME_SECONDS, Codec
from ivr.definition import Flow
from speech.messages import Listening
from speech.models import inspect, shipped
from speech.recognition import Listener, Model
from speech.resampling import WIDTH

LANG = "pl"
CODEC = Codec.PCMA
# What is quieter than this share of a word's loudest 20 ms is no part of it.
AUDIBLE = 0.02
# Where a telephone's packets and Asterisk's commands meet, the recogniser may get a packet more or less.
UNSURE = 1
MOST_SILENCE = 100

_SILENCE = bytes(FRAME_BYTES)

Frames = tuple[bytes, ...]
# How many frames in all until something is understood.
Hear = Callable[[Sequence[bytes]], int | None]


@dataclass(frozen=True, slots=True)
class Word:
    """A word from its first audible frame to its last; by packets sent before it, those that are needed behind it."""

    frames: Frames
    needed: Mapping[int, int]

    def own(self, before: int) -> float | None:
        """The seconds of silence that the recogniser needs by itself; None where a packet more would change it."""
        near = {before + off + self.needed[before + off] for off in range(-UNSURE, UNSURE + 1)}
        return FRAME_SECONDS * self.needed[before] if len(near) == 1 else None


def sounds(flow: Flow, menu: str, voices: Sequence[str], listening: tuple[int, int]) -> tuple[Word, ...]:
    """All that can be said in a menu, by these voices; what is not understood on a quiet line is left out.

    Callers listen for so many packets (`listening`: at least, at most) before they speak. Raises AudioError,
    UnusableModel.
    """
    assert flow.speech is not None
    phrases = tuple(flow.speech.grammars[menu, LANG])
    ear = _Ear(Model(inspect(shipped(LANG))), Listening(LANG, phrases, 0.0), flow.speech.sure)
    first, last = listening
    before = range(first - UNSURE, last + UNSURE + 1)
    made = (
        word_of(trimmed(spoken(LANG, text, voice)), partial(ear.hear, text), before)
        for voice in voices
        for text in phrases
    )
    return tuple(word for word in made if word is not None)


@dataclass(frozen=True, slots=True)
class _Ear:
    model: Model
    asked: Listening
    sure: int

    def hear(self, text: str, frames: Sequence[bytes]) -> int | None:
        """How many frames it takes until this text is understood, as they go over the line; None if it never is."""
        listener = Listener(self.model, self.asked)
        for number, frame in enumerate(frames, start=1):
            said = listener.hear(CODEC.decode(CODEC.encode(frame)))
            if said is not None:
                return number if said.phrases == (text,) and said.confidence >= self.sure else None
        return None


def trimmed(sound: bytes) -> Frames:
    """The frames from the first audible one to the last."""
    frames = tuple(
        sound[start : start + FRAME_BYTES].ljust(FRAME_BYTES, b"\0") for start in range(0, len(sound), FRAME_BYTES)
    )
    levels = [audioop.rms(frame, WIDTH) for frame in frames]
    audible = [number for number, level in enumerate(levels) if level > AUDIBLE * max(levels)]
    return frames[audible[0] : audible[-1] + 1] if audible else ()


def word_of(frames: Frames, hear: Hear, before: Sequence[int]) -> Word | None:
    """A word as it is heard behind so many frames of silence each; None if it is not understood each time."""
    needed: dict[int, int] = {}
    for lead in before:
        heard = hear((_SILENCE,) * lead + frames + (_SILENCE,) * MOST_SILENCE)
        if heard is None or heard < lead + len(frames):
            return None
        needed[lead] = heard - lead - len(frames)
    return Word(frames, needed)
