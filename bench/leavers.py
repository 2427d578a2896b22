"""Callers who hang up while they are listened to, many a second: whether Asterisk ends their channels."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from functools import partial
from operator import attrgetter

from bench import keypress, tones
from bench.lines import hang_up, kept_busy
from bench.talkers import TO_WORDS
from demo.asterisk_process import AsteriskProcess
from demo.phone import Exchange, OutgoingCall, Phone
from demo.phone.g711 import FRAME_SECONDS

MOST_SECONDS_LISTENED = 0.4
DIAL_EVERY_SECONDS = 0.01
# Asterisk has ended every channel long before, or will not.
STAYS_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Left:
    """How many callers hung up while they were listened to, within so many seconds, and how many channels stayed.

    Whether Asterisk was `in_real_time` meanwhile.
    """

    callers: int
    seconds: float
    channels: int
    in_real_time: bool

    @property
    def of_a_thousand(self) -> float | None:
        """Channels for each thousand of such callers; None where there were none."""
        return 1000 * self.channels / self.callers if self.callers else None


@dataclass(slots=True)
class Leaver:
    """A caller who goes to the words and hangs up so many seconds later. Its methods run on the exchange's thread."""

    call: OutgoingCall
    patience: float
    is_over: bool = False
    _next_tone: int = tones.FIRST
    _listened_since: float | None = None

    def start(self) -> None:
        """Be silent into the telephone, and listen."""
        self.call.play(None)
        self.call.on_frame(self._frame)

    def _frame(self, frame: bytes) -> None:
        at, heard = time.monotonic(), tones.heard(frame)
        match heard, self._listened_since:
            case tones.FIRST, None if self._next_tone == tones.FIRST:
                self._next_tone = tones.SECOND
                self.call.press(TO_WORDS, duration=keypress.KEY_FRAMES * FRAME_SECONDS)
            case tones.SECOND, None if self._next_tone == tones.SECOND:
                self._listened_since = at
        self.is_over = self._listened_since is not None and at - self._listened_since >= self.patience


def stay(server: tuple[str, int], number: str, lines: int, seconds: float, asterisk: AsteriskProcess) -> int:
    """Keep so many of them coming for so many seconds; how many channels stay. Nobody else may call meanwhile.

    Raises AsteriskError.
    """
    chance, before = random.Random(lines), _channels(asterisk)
    with Exchange() as exchange, Phone(exchange, keypress.ANI, server) as phone:
        dial = partial(_dial, phone, number, chance)
        hang_up(kept_busy(lines, seconds, dial, attrgetter("is_over"), DIAL_EVERY_SECONDS))
    return _staying(asterisk, before)


def _dial(phone: Phone, number: str, chance: random.Random) -> Leaver:
    with phone.changed:
        leaver = Leaver(phone.dial(number), chance.uniform(0, MOST_SECONDS_LISTENED))
        leaver.start()
    return leaver


def _staying(asterisk: AsteriskProcess, before: frozenset[str]) -> int:
    until = time.monotonic() + STAYS_SECONDS
    while (staying := _channels(asterisk) - before) and time.monotonic() < until:
        time.sleep(DIAL_EVERY_SECONDS)
    return len(staying)


def _channels(asterisk: AsteriskProcess) -> frozenset[str]:
    lines = asterisk.rx("core show channels concise").splitlines()
    return frozenset(name for name, more, _ in (line.partition("!") for line in lines) if more)
