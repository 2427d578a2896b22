"""From a key to the next prompt, as a caller notices it: at the caller's own end of the sound.

The clock starts when the first packet that says "the key is up" is sent (RFC 4733) and stops when the first packet of
the next prompt comes in. Every key is pressed while a prompt is still being heard, at a random moment.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from bench import tones
from bench.lines import kept_busy
from demo.phone import Exchange, OutgoingCall, Phone, PhoneTimeoutError
from demo.phone.call import GAP_SECONDS
from demo.phone.g711 import FRAME_BYTES, FRAME_SECONDS

# What a caller waits to hear, and the keys that are pressed then.
Script = tuple[tuple[int, str], ...]
TWO_MENUS: Script = ((tones.FIRST, "1"), (tones.SECOND, "1"), (tones.GOODBYE, ""))

ANI = "600100200"
KEY_FRAMES = 6
GAP_FRAMES = round(GAP_SECONDS / FRAME_SECONDS)
HELD_MS = 1000 * KEY_FRAMES * FRAME_SECONDS
HEARS_FRAMES = (15, 35)
LAST_CALLS_SECONDS = 12.0

_SILENCE = bytes(FRAME_BYTES)


@dataclass(frozen=True, slots=True)
class Sample:
    """Seconds from a key to the next prompt, in every call that was completed, and how many were not."""

    seconds: tuple[float, ...]
    calls: int
    failed: int

    def __add__(self, other: Sample) -> Sample:
        """Both together."""
        return Sample(self.seconds + other.seconds, self.calls + other.calls, self.failed + other.failed)


@dataclass(slots=True)
class Listener:
    """A caller who presses keys some way into each prompt of a script and notes when the next prompt begins.

    One of `waits` for each time that keys were pressed: from the end of the last of them. Its methods run on the
    exchange's thread.
    """

    call: OutgoingCall
    random: random.Random
    script: Script = TWO_MENUS
    waits: list[float] = field(default_factory=list)
    _beats: list[float] = field(default_factory=list)
    _heard: int = 0
    _up_at_beat: int | None = None
    _frames_left: int = 0

    def start(self) -> None:
        """Be silent into the telephone, and listen."""
        self.call.play(self._silence())
        self.call.on_frame(self._frame)

    @property
    def completed(self) -> bool:
        """Whether everything was heard."""
        return self._heard == len(self.script)

    def _silence(self) -> Iterator[bytes]:
        """What the caller says; asked for once a packet, it also notes when each packet is sent."""
        while True:
            self._beats.append(time.monotonic())
            yield _SILENCE

    def _frame(self, frame: bytes) -> None:
        at = time.monotonic()
        if not self.completed and tones.heard(frame) == self.script[self._heard][0]:
            self._prompt_begins(at)
        elif self._frames_left:
            self._frames_left -= 1
            if not self._frames_left:
                self._press(self.script[self._heard - 1][1])

    def _press(self, keys: str) -> None:
        self._up_at_beat = len(self._beats) + (len(keys) - 1) * (KEY_FRAMES + GAP_FRAMES) + KEY_FRAMES
        self.call.press(keys, duration=KEY_FRAMES * FRAME_SECONDS)

    def _prompt_begins(self, at: float) -> None:
        if self._up_at_beat is not None:
            self.waits.append(at - self._beats[self._up_at_beat])
        self._heard += 1
        self._frames_left = 0 if self.completed else self.random.randint(*HEARS_FRAMES)


def sample(server: tuple[str, int], number: str, lines: int, seconds: float, script: Script = TWO_MENUS) -> Sample:
    """Keep `lines` calls going for so many seconds, and wait for the last ones; those that never end have failed."""
    chance = random.Random(number)
    with Exchange() as exchange, Phone(exchange, ANI, server) as phone:
        listeners = kept_busy(lines, seconds, partial(dial, phone, number, chance, script))
        with suppress(PhoneTimeoutError):
            wait_until_over(listeners)
    completed = [listener for listener in listeners if listener.completed]
    waits = tuple(wait for listener in completed for wait in listener.waits)
    return Sample(waits, len(listeners), len(listeners) - len(completed))


def dial(phone: Phone, number: str, chance: random.Random, script: Script = TWO_MENUS, ani: str = ANI) -> Listener:
    """Place a call that follows a script, and return at once."""
    with phone.changed:
        listener = Listener(phone.dial(number, ani=ani), chance, script)
        listener.start()
    return listener


def wait_until_over(listeners: Sequence[Listener]) -> None:
    """Wait until all these calls have ended. Raises PhoneTimeoutError."""
    for listener in listeners:
        listener.call.wait_until(lambda: listener.call.ended, LAST_CALLS_SECONDS, "the call to end")  # noqa: B023
