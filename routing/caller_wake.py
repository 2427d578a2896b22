"""Has the callers whose turn it may be look at once when a consultant is free, instead of within a second.

A key that nobody has (`D`) ends the second for which a caller in app_queue rests; no way out of a queue begins with it.
It cuts news short, as an answer would: mostly there is one. Who leaves the queue by a key in the same moment may hear
in the menu that there is no such key.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from routing.ami import Ami, Follower, Refused
from routing.lines import EVENTS, Lines

KEY = "D"

log = structlog.get_logger()


class CallerWake(Follower):
    """Follows the lines of our queues between `start` and `stop`.

    `now` is Asterisk's clock, too: they share a machine. Asterisk may have queues that are not ours. While it cannot
    follow them, callers look by themselves within a second.
    """

    fault = "callers are not told to look"

    def __init__(self, ami: Ami, now: Callable[[], datetime], is_ours: Callable[[str], bool]) -> None:
        super().__init__(ami, EVENTS, "callers")
        self._now = now
        self._is_ours = is_ours
        self._lines = Lines()
        self._read_at = 0

    def _turn(self) -> None:
        event = self._inbox.get()
        if self._must_read.is_set():
            self._must_read.clear()
            reply = self._ami.send("QueueStatus")
            self._read_at = reply.number
            self._lines = Lines.of(one.headers for one in reply.events)
        # What is older than the list is in the list.
        if event is not None and event.number > self._read_at and self._is_ours(event.headers.get("Queue", "")):
            self._wake(self._lines.take(event.headers, self._now()))

    def _wake(self, channel: str | None) -> None:
        if channel is None:
            return
        try:
            self._ami.send("PlayDTMF", Channel=channel, Digit=KEY, Receive="true")
        except Refused:
            log.debug("a caller who was to look has gone")
