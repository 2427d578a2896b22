"""How long the recogniser itself took to know that a word was over, from the very sound that Asterisk gave it.

libvosk looks for the end of what was said each time that it has got so much sound (the shipped model: every 240 ms),
counted from when it began to listen. When that was is up to Asterisk, so that no telephone can tell: a packet more or
less may make a quarter of a second. What went over the wire is heard once more, packet by packet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from bench.asked import Question
from bench.talkers import Choice, Choices
from demo.phone.g711 import FRAME_SECONDS

# A packet is with the recogniser within a second of its being sent, or something else is wrong.
MOST_SECONDS = 1.0

# At which packet (from 0) the recogniser knows that something was said; None if it never does.
Endpoint = Callable[[Question], int | None]


class Overheard:
    """What was asked and heard; `lasts` are the packets that words end with, as the recogniser gets them."""

    def __init__(self, asked: Sequence[Question], lasts: Collection[bytes], endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._ends: defaultdict[bytes, list[tuple[Question, int]]] = defaultdict(list)
        for question in asked:
            for number, packet in enumerate(question.packets):
                if packet in lasts:
                    self._ends[packet].append((question, number))

    def told(self, choices: Choices) -> Choices:
        """Choices with the recogniser's own share."""
        return replace(choices, made=tuple(replace(one, own=self._own(one)) for one in choices.made))

    def _own(self, choice: Choice) -> float | None:
        """The seconds of sound from a word's last packet to the one by which the recogniser knows; None if unknown."""
        near = [
            (question.at[number] - choice.ended_at, question, number)
            for question, number in self._ends[choice.last]
            if 0 <= question.at[number] - choice.ended_at < MOST_SECONDS
        ]
        if not near:
            return None
        _, question, number = min(near, key=lambda one: one[0])
        endpoint = self._endpoint(question)
        return None if endpoint is None or endpoint < number else FRAME_SECONDS * (endpoint - number)
