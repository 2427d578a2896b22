"""Callers who hang up while they are listened to, many a second: whether Asterisk ends their channels."""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass

from bench import keypress, tones
from bench.talkers import TO_WORDS
from demo.asterisk_process import AsteriskProcess
from demo.phone import Exchange, OutgoingCall, Phone
from demo.phone.g711 import FRAME_SECONDS

MOST_SECONDS_LISTENED = 0.4
DIAL_EVERY_SECONDS = 0.01
# Asterisk has ended every channel long before, or will not.
STAYS_SECONDS = 8.0
_CHANNELS = re.compile(r"^(\d+) active channels?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Left:
    """How many callers hung up while they were listened to, within so many seconds, and how many channels stayed."""

    callers: int
    seconds: float
    channels: int

    @property
    def of_a_thousand(self) -> float | None:
        """Channels for each thousand of such callers; None where there were none."""
        return 1000 * self.channels / self.callers if self.callers else None


@dataclass(slots=True)
class Leaver:
    """A caller who goes to the words and hangs up so many seconds later. Its methods run on the exchange's thread."""

    call: OutgoingCall
    patience: float
    is_listened_to: bool = False
    goes: bool = False
    _asked_at: float | None = None
    _listened_since: float = 0.0

    def start(self) -> None:
        """Be silent into the telephone, and listen."""
        self.call.play(None)
        self.call.on_frame(self._frame)

    def _frame(self, frame: bytes) -> None:
        at, heard = time.monotonic(), tones.heard(frame)
        if self._asked_at is None and heard == tones.FIRST:
            self._asked_at = at
            self.call.press(TO_WORDS, duration=keypress.KEY_FRAMES * FRAME_SECONDS)
        elif self._asked_at is not None and not self.is_listened_to and heard == tones.SECOND:
            self.is_listened_to, self._listened_since = True, at
        self.goes = self.goes or (self.is_listened_to and at - self._listened_since >= self.patience)


def sample(server: tuple[str, int], number: str, lines: int, seconds: float, asterisk: AsteriskProcess) -> Left:
    """Keep so many of them coming for so many seconds; nobody else may call meanwhile. Raises AsteriskError."""
    chance, before = random.Random(lines), _channels(asterisk)
    with Exchange() as exchange, Phone(exchange, keypress.ANI, server) as phone:
        leavers: list[Leaver] = []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            there = [leaver for leaver in leavers if not leaver.call.ended]
            for leaver in there:
                if leaver.goes:
                    leaver.call.hang_up()
            if len(there) < lines:
                leavers.append(_dial(phone, number, chance.uniform(0, MOST_SECONDS_LISTENED)))
            time.sleep(DIAL_EVERY_SECONDS)
        for leaver in leavers:
            leaver.call.hang_up()
            leaver.call.wait_ended()
    return Left(sum(leaver.is_listened_to for leaver in leavers), seconds, _stay(asterisk) - before)


def _dial(phone: Phone, number: str, patience: float) -> Leaver:
    with phone.changed:
        leaver = Leaver(phone.dial(number), patience)
        leaver.start()
    return leaver


def _stay(asterisk: AsteriskProcess) -> int:
    until = time.monotonic() + STAYS_SECONDS
    while (count := _channels(asterisk)) and time.monotonic() < until:
        time.sleep(keypress.DIAL_EVERY_SECONDS)
    return count


def _channels(asterisk: AsteriskProcess) -> int:
    found = _CHANNELS.search(asterisk.rx("core show channels count"))
    return int(found[1]) if found else 0
