"""From the end of a word to the next prompt, as a caller notices it: at the caller's own end of the sound.

The clock starts when the last packet of a word is sent and stops when the first packet of the next prompt comes in.
Every word is said while a prompt is still being heard, from a random moment on.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter

from bench import keypress, tones
from bench.lines import hang_up, kept_busy
from bench.words import CODEC, Word
from demo.phone import Exchange, OutgoingCall, Phone, Settings
from demo.phone.g711 import FRAME_BYTES, FRAME_SECONDS

# The keys that lead from the first menu to those where words count, and to those where only keys do.
TO_WORDS, TO_KEYS = "3", "4"
CHOICES_PER_CALL = 10
# Whom no prompt has answered by then none will.
LATE_SECONDS = 3.0
OPTION = "1"

_SILENCE = bytes(FRAME_BYTES)


@dataclass(frozen=True, slots=True)
class Choice:
    """Seconds from the end of a word to the next prompt, and those that the recogniser needs by itself, once known.

    `ended_at` is when its last packet was sent (seconds of time.monotonic()), `last` that, as the recogniser gets it.
    """

    seconds: float
    ended_at: float
    last: bytes
    own: float | None = None

    @property
    def over(self) -> float | None:
        """What came on top of the recogniser's own."""
        return None if self.own is None else self.seconds - self.own


@dataclass(frozen=True, slots=True)
class Choices:
    """What came of words: choices, words that no prompt answered, calls, and those that ended by themselves."""

    made: tuple[Choice, ...]
    missed: int
    calls: int
    failed: int

    def __add__(self, other: Choices) -> Choices:
        """Both together."""
        return Choices(
            self.made + other.made, self.missed + other.missed, self.calls + other.calls, self.failed + other.failed
        )


NOTHING = Choices((), 0, 0, 0)


@dataclass(slots=True)
class Talker:
    """A caller who says words into prompts, in a circle of two menus. Its methods run on the exchange's thread.

    One who is not `heard` says them, too, but nobody listens: a key is pressed when the recogniser would have known.
    """

    call: OutgoingCall
    random: random.Random
    words: tuple[Word, ...]
    heard: bool
    choices: list[Choice] = field(default_factory=list)
    missed: int = 0
    is_over: bool = False
    _next_tone: int = tones.FIRST
    _word: Word | None = None
    _before: int = 0
    _sent: int = 0
    _ended_at: float | None = None

    def start(self) -> None:
        """Be silent into the telephone, and listen."""
        self.call.play(self._sound())
        self.call.on_frame(self._frame)

    def _sound(self) -> Iterator[bytes]:
        """What the caller says; asked for once a packet."""
        while True:
            yield self._said()

    def _said(self) -> bytes:
        """The next packet. That an answer is late is noticed here, since nothing may come in any more."""
        word, place = self._word, self._sent - self._before
        self._sent += 1
        if not self.is_over and self._ended_at is not None and time.monotonic() > self._ended_at + LATE_SECONDS:
            self.missed, self.is_over = self.missed + 1, True
        if word is None or place < 0:
            return _SILENCE
        if place + 1 == len(word.frames):
            self._ended_at = time.monotonic()
        if not self.heard and place + 1 == len(word.frames) + word.needed[self._before]:
            self.call.press(OPTION, duration=keypress.KEY_FRAMES * FRAME_SECONDS)
        return word.frames[place] if place < len(word.frames) else _SILENCE

    def _frame(self, frame: bytes) -> None:
        at = time.monotonic()
        if not self.is_over and tones.heard(frame) == self._next_tone:
            self._prompt_begins(at)

    def _prompt_begins(self, at: float) -> None:
        if self._word is None and self._next_tone == tones.FIRST:
            self._next_tone = tones.SECOND
            self.call.press(TO_WORDS if self.heard else TO_KEYS, duration=keypress.KEY_FRAMES * FRAME_SECONDS)
            return
        if self._word is not None:
            self._chosen(self._word, at)
        self._next_tone = tones.FIRST if self._next_tone == tones.SECOND else tones.SECOND
        self._word, self._ended_at = self.random.choice(self.words), None
        self._before, self._sent = self.random.randint(*keypress.HEARS_FRAMES), 0
        self.is_over = self.is_over or len(self.choices) == CHOICES_PER_CALL

    def _chosen(self, word: Word, at: float) -> None:
        """A prompt that begins while the word is still being said was not its doing."""
        if self._ended_at is None:
            self.missed, self.is_over = self.missed + 1, True
        else:
            self.choices.append(Choice(at - self._ended_at, self._ended_at, word.last))


def sample(
    server: tuple[str, int], number: str, words: tuple[Word, ...], lines: int, seconds: float, *, heard: bool = True
) -> Choices:
    """Keep so many callers talking for so many seconds; who is in the middle of a word at the end does not count."""
    chance = random.Random(lines)
    with Exchange() as exchange, Phone(exchange, keypress.ANI, server, settings=Settings(codecs=(CODEC,))) as phone:
        dial = partial(_dial, phone, number, words, chance, heard=heard)
        talkers = kept_busy(lines, seconds, dial, attrgetter("is_over"))
        failed = sum(talker.call.ended and not talker.is_over for talker in talkers)
        hang_up(talkers)
    made = tuple(choice for talker in talkers for choice in talker.choices)
    return Choices(made, sum(talker.missed for talker in talkers), len(talkers), failed)


def _dial(phone: Phone, number: str, words: tuple[Word, ...], chance: random.Random, *, heard: bool) -> Talker:
    with phone.changed:
        talker = Talker(phone.dial(number), chance, words, heard)
        talker.start()
    return talker
