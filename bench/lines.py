"""Keeping telephone lines busy: whenever a call has ended another one is placed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from demo.phone import OutgoingCall

DIAL_EVERY_SECONDS = 0.04


class Caller(Protocol):
    """Somebody with a telephone."""

    @property
    def call(self) -> OutgoingCall:
        """What they are in."""


C = TypeVar("C", bound=Caller)


def never(_caller: Caller) -> bool:
    """Nobody hangs up by themselves."""
    return False


def kept_busy(
    lines: int,
    seconds: float,
    dial: Callable[[], C],
    hangs_up: Callable[[C], bool] = never,
    every: float = DIAL_EVERY_SECONDS,
) -> list[C]:
    """Keep so many lines busy for so many seconds, placing a call each `every` seconds at most: all who called.

    Who `hangs_up` is made to; the last ones are still on the line.
    """
    everybody: list[C] = []
    there: list[C] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for caller in there:
            if hangs_up(caller):
                caller.call.hang_up()
        there = [caller for caller in there if not caller.call.ended]
        if len(there) < lines:
            there.append(dial())
            everybody.append(there[-1])
        time.sleep(every)
    return everybody


def hang_up(callers: list[C]) -> None:
    """Have everybody leave, and wait until they have. Raises PhoneTimeoutError."""
    for caller in callers:
        caller.call.hang_up()
        caller.call.wait_ended()
