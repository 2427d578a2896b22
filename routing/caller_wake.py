"""Has the callers whose turn it may be look at once when a consultant is free, instead of within a second.

A key that nobody has (`D`) ends the second for which a caller in app_queue rests; no way out of a queue begins with it.
Whoever has left the queue meanwhile hears nothing of it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

import structlog

from routing.ami import Ami, AmiError, Event, Refused
from routing.lines import EVENTS, Lines

KEY = "D"
REST_SECONDS = 1.0

log = structlog.get_logger()


class CallerWake:
    """Follows the lines of our queues between `start` and `stop`.

    `now` is Asterisk's clock, too: they share a machine. Asterisk may have queues that are not ours.
    """

    def __init__(self, ami: Ami, now: Callable[[], datetime], is_ours: Callable[[str], bool]) -> None:
        self._ami = ami
        self._now = now
        self._is_ours = is_ours
        self._inbox: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._lines = Lines()
        self._read_at = 0
        self._must_read = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="callers", daemon=True)
        ami.subscribe(EVENTS, self._inbox.put)
        ami.on_connect(self._connected)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._inbox.put(None)
        self._thread.join(REST_SECONDS)

    def _connected(self) -> None:
        self._must_read.set()
        self._inbox.put(None)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except AmiError as error:
                # Callers look by themselves, within a second.
                log.warning("callers are not told to look", reason=str(error))
                self._must_read.set()
                self._stopping.wait(REST_SECONDS)
            except Exception:
                log.exception("callers could not be told to look")
                self._must_read.set()
                self._stopping.wait(REST_SECONDS)

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
