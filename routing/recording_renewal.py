"""Has recordings begin anew when their consultants hear somebody else (`routing/company.py` says why they have to).

A key that nobody has (`B`) comes from the channel that is recorded, and its feature code goes on with the same files
(`recording.conf`). While nobody leads, a recording goes on as it is and may miss who has come.
"""

from __future__ import annotations

import queue

import structlog

from routing.ami import AGAIN_SECONDS, Ami, AmiError, Follower, Refused
from routing.company import EVENTS, RECORDING, Company

KEY = "B"
# Who leaves one bridge for another, or joins two, is told of in several events: their recording begins anew once.
SETTLED_SECONDS = 0.05

log = structlog.get_logger()


class RecordingRenewal(Follower):
    """Follows who talks with whom between `start` and `stop`."""

    def __init__(self, ami: Ami) -> None:
        super().__init__(ami, EVENTS, "recordings")
        self._company = Company()
        self._read_at = 0
        self._due: set[str] = set()

    def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except AmiError as error:
                log.warning("recordings do not begin anew", reason=str(error))
                self._must_read.set()
                self._stopping.wait(AGAIN_SECONDS)
            except Exception:
                log.exception("recordings could not begin anew")
                self._must_read.set()
                self._stopping.wait(AGAIN_SECONDS)

    def _turn(self) -> None:
        try:
            event = self._inbox.get(timeout=SETTLED_SECONDS if self._due else None)
        except queue.Empty:
            self._renew()
            return
        if self._must_read.is_set():
            self._must_read.clear()
            self._read()
        # What is older than the list is in the list.
        if event is not None and event.number > self._read_at:
            self._due |= self._company.take(event.headers)

    def _read(self) -> None:
        """Whom they hear may have changed while nobody followed: all begin anew."""
        reply = self._ami.send("Status", Variables=RECORDING)
        self._read_at = reply.number
        self._company = Company.of(one.headers for one in reply.events)
        self._due = set(self._company.recorded)

    def _renew(self) -> None:
        while self._due:
            try:
                self._ami.send("PlayDTMF", Channel=self._due.pop(), Digit=KEY, Receive="true")
            except Refused:
                log.debug("whose recording was to begin anew has gone")
