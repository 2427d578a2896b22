"""Has recordings begin anew when their consultants hear somebody else (`routing/company.py` says why they have to).

A key that nobody has (`B`) comes from the channel that is recorded, and its feature code goes on with the same files
(`recording.conf`). While nobody leads, a recording goes on as it is and may miss who has come.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable

import structlog

from routing.ami import Ami, Follower, NoReply, Refused
from routing.company import EVENTS, Company

KEY = "B"
# The variable, on a channel that is recorded, which names the recording.
RECORDING = "PART"
# Who leaves one bridge for another, or joins two, is told of in several events: their recording begins anew once.
SETTLED_SECONDS = 0.05

log = structlog.get_logger()


class RecordingRenewal(Follower):
    """Follows who talks with whom between `start` and `stop`."""

    fault = "recordings do not begin anew"

    def __init__(self, ami: Ami, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(ami, EVENTS, "recordings")
        self._now = now
        self._company = Company()
        self._read_at = 0
        self._changed: set[str] = set()
        self._asked_again: set[str] = set()
        self._settled_at = 0.0

    def _turn(self) -> None:
        # While there is no connection nothing can be asked for: a new one wakes this thread.
        waits = bool(self._changed) and self._ami.connected
        try:
            event = self._inbox.get(timeout=max(0.0, self._settled_at - self._now()) if waits else None)
        except queue.Empty:
            event = None
        if self._must_read.is_set():
            self._must_read.clear()
            reply = self._ami.send("Status")
            self._read_at = reply.number
            self._note(self._company.read(one.headers for one in reply.events))
        # What is older than the list is in the list.
        if event is not None and event.number > self._read_at:
            self._note(self._company.take(event.headers))
        if self._changed and self._now() >= self._settled_at:
            self._renew()

    def _note(self, changed: frozenset[str]) -> None:
        if changed and not self._changed:
            self._settled_at = self._now() + SETTLED_SECONDS
        self._changed |= changed

    def _renew(self) -> None:
        """One after the other: those for whom Asterisk does not answer are asked for once more, behind the others."""
        unanswered, fault = set[str](), None
        for channel in sorted(self._changed):
            try:
                if self._ami.send("Getvar", Channel=channel, Variable=RECORDING).headers.get("Value"):
                    self._ami.send("PlayDTMF", Channel=channel, Digit=KEY, Receive="true")
            except Refused:
                log.debug("whose recording was to begin anew has gone")
            except NoReply as error:
                unanswered.add(channel)
                fault = error
            self._changed.discard(channel)
        self._asked_again = unanswered - self._asked_again
        self._changed |= self._asked_again
        if fault is not None:
            raise fault
