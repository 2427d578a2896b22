"""Keeping worker processes alive: one that ends is started again, sooner or later by how long it has lasted.

One that hangs is ended by its own watcher (`watchdog.py`).
"""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

LOOK_SECONDS = 0.05
STOP_SECONDS = 5.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
# Whoever lasts so long was well; a fault that is there at once pauses longer and longer.
WELL_SECONDS = 10.0
# The exit code of a command that cannot work as things are: starting it again would not help.
HOPELESS = 2

log = structlog.get_logger()


class Hopeless(Exception):
    """A worker says that it cannot work; it has told why."""


@dataclass(slots=True)
class _Place:
    """Where a worker works."""

    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    again_at: float = 0.0
    pause: float = field(default=FIRST_PAUSE)


def supervise(command: Sequence[str], count: int, stop: threading.Event) -> None:
    """Run so many processes of a command until `stop`. They are to end with their stdin. Raises Hopeless."""
    places = [_Place() for _ in range(count)]
    try:
        while not stop.wait(LOOK_SECONDS):
            for place in places:
                _look(place, command)
    finally:
        for place in places:
            _end(place)


def _look(place: _Place, command: Sequence[str]) -> None:
    now = time.monotonic()
    if place.process is None:
        if now >= place.again_at:
            place.process, place.started = _start(command), now
        return
    code = place.process.poll()
    if code is None:
        return
    if code == HOPELESS:
        raise Hopeless
    place.pause = FIRST_PAUSE if now - place.started > WELL_SECONDS else min(2 * place.pause, LONGEST_PAUSE)
    log.error("a worker has ended", process=place.process.pid, code=code, again_in=place.pause)
    _close(place.process)
    place.process, place.again_at = None, now + place.pause


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    # Its stdin ends with this process, and it ends with its stdin.
    return subprocess.Popen(command, stdin=subprocess.PIPE)


def _end(place: _Place) -> None:
    process = place.process
    if process is None:
        return
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    _close(process)


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
