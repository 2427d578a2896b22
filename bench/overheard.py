"""How long the recogniser itself took to know that a word was over, from the very sound that Asterisk gave it.

libvosk looks for the end of what was said each time that it has got so much sound (the shipped model: every 240 ms),
counted from when it began to listen. When that was is up to Asterisk, so that no telephone can tell: a packet more or
less may make a quarter of a second. What went over the wire is heard once more, packet by packet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from bench.asked import Asked
from bench.talkers import Choice, Choices
from demo.phone.g711 import FRAME_SECONDS

# A packet is with the recogniser within a second of its being sent, or something else is wrong.
MOST_SECONDS = 1.0
# Two callers who ended the same word in such a time cannot be told apart.
ALIKE_SECONDS = 2 * FRAME_SECONDS

# At which packet (from 0) the recogniser knows that something was said; None if it never does.
Endpoint = Callable[[Asked], int | None]


class Overheard:
    """What was asked and heard; `lasts` are the packets that words end with, as the recogniser gets them."""

    def __init__(self, asked: Sequence[Asked], lasts: Collection[bytes], endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._ends: defaultdict[bytes, list[tuple[Asked, int]]] = defaultdict(list)
        for one in asked:
            for number, packet in enumerate(one.packets):
                if packet.sound in lasts:
                    self._ends[packet.sound].append((one, number))

    def told(self, choices: Choices) -> Choices:
        """Choices with the recogniser's own share."""
        return replace(choices, made=tuple(replace(one, own=self._own(one)) for one in choices.made))

    def _own(self, choice: Choice) -> float | None:
        """The seconds of sound from a word's last packet to the one by which the recogniser knows; None if unknown."""
        found = self._end_of(choice)
        if found is None:
            return None
        asked, number = found
        endpoint = self._endpoint(asked)
        return None if endpoint is None or endpoint < number else FRAME_SECONDS * (endpoint - number)

    def _end_of(self, choice: Choice) -> tuple[Asked, int] | None:
        """Where the word ended; None where it was not heard, or somebody else may have been."""

        def later(end: tuple[Asked, int]) -> float:
            asked, number = end
            return asked.packets[number].at - choice.ended_at

        near = sorted((end for end in self._ends[choice.last] if 0 <= later(end) < MOST_SECONDS), key=later)
        if not near or (len(near) > 1 and later(near[1]) - later(near[0]) < ALIKE_SECONDS):
            return None
        return near[0]
