"""Words as they go over the line, and an ear for them like the recogniser's, without any haste."""

from __future__ import annotations

import audioop
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from bench.asked import Asked
from centrala.speech_measuring import spoken
from demo.phone.g711 import FRAME_BYTES, Codec
from ivr.definition import Flow
from speech.hearing import Utterance
from speech.messages import Listening
from speech.models import inspect, shipped
from speech.recognition import Listener, Model
from speech.resampling import WIDTH

LANG = "pl"
CODEC = Codec.PCMA
# What is quieter than this share of a word's loudest 20 ms is no part of it.
AUDIBLE = 0.02
MOST_SILENCE = 100

_SILENCE = bytes(FRAME_BYTES)

Frames = tuple[bytes, ...]
# How many frames in all until something is understood.
Hear = Callable[[Sequence[bytes]], int | None]


@dataclass(frozen=True, slots=True)
class Word:
    """A word from its first audible frame to its last; by packets sent before it, those that are needed behind it.

    Needed is about as much silence as the recogniser wants: more exactly it hangs on when that began to listen.
    """

    frames: Frames
    needed: Mapping[int, int]

    @property
    def last(self) -> bytes:
        """Its last packet, as the recogniser gets it."""
        return over_the_line(self.frames[-1])


def sounds(ear: Ear, flow: Flow, menu: str, voices: Sequence[str], before: tuple[int, int]) -> tuple[Word, ...]:
    """All that can be said in a menu, by these voices; what is not understood on a quiet line is left out.

    Callers listen for so many packets (`before`: at least, at most) before they speak. Raises AudioError.
    """
    assert flow.speech is not None
    phrases = tuple(flow.speech.grammars[menu, LANG])
    asked, sure = Listening(LANG, phrases, 0.0), flow.speech.sure
    first, last = before
    made = (
        word_of(trimmed(spoken(LANG, text, voice)), partial(ear.hear, asked, sure, text), range(first, last + 1))
        for voice in voices
        for text in phrases
    )
    return tuple(word for word in made if word is not None)


class Ear:
    """A recogniser with the shipped model that is given a packet at a time. Raises UnusableModel."""

    def __init__(self) -> None:
        self._model = Model(inspect(shipped(LANG)))

    def hear(self, asked: Listening, sure: int, text: str, frames: Sequence[bytes]) -> int | None:
        """How many frames it takes until this text is understood, as they go over the line; None if it never is."""
        number, said = self._first(asked, (over_the_line(frame) for frame in frames))
        if said is None or said.phrases != (text,) or said.confidence < sure:
            return None
        return number

    def endpoint(self, asked: Asked) -> int | None:
        """The packet (from 0) by which something was said; None if there is none."""
        number, said = self._first(asked.what, (packet.sound for packet in asked.packets))
        return None if said is None else number - 1

    def _first(self, asked: Listening, packets: Iterable[bytes]) -> tuple[int, Utterance | None]:
        listener, number = Listener(self._model, asked), 0
        for number, packet in enumerate(packets, start=1):
            said = listener.hear(packet)
            if said is not None:
                return number, said
        return number, None


def over_the_line(frame: bytes) -> bytes:
    """A frame as the other end gets it."""
    return CODEC.decode(CODEC.encode(frame))


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
