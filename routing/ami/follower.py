"""A thread that follows what Asterisk tells: events are queued by the connection's thread and taken in by its own."""

from __future__ import annotations

import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable
from types import TracebackType
from typing import ClassVar, Self

import structlog

from routing.ami.client import Ami
from routing.ami.faults import AmiError
from routing.ami.messages import Event

AGAIN_SECONDS = 2.0

log = structlog.get_logger()


class Follower(ABC):
    """Follows events of these names between `start` and `stop`, in a thread of that name.

    `must_read` is set whenever a connection is made: what was known until then may be wrong. `fault` says what does not
    happen while Asterisk cannot be followed.
    """

    fault: ClassVar[str]

    def __init__(self, ami: Ami, events: Iterable[str], name: str) -> None:
        self._ami = ami
        # None only wakes: a connection was made, or it is over.
        self._inbox: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._must_read = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=name, daemon=True)
        ami.subscribe(events, self._inbox.put)
        ami.on_connect(self._connected)

    @abstractmethod
    def _turn(self) -> None:
        """Wait for an event, or for a word that one may have been missed, and take in what there is."""

    def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except AmiError as error:
                log.warning(self.fault, reason=str(error))
                self._begin_again()
            except Exception:
                log.exception(self.fault)
                self._begin_again()

    def _begin_again(self) -> None:
        """Everything is read anew: now, or once there is a connection."""
        self._stopping.wait(AGAIN_SECONDS)
        if self._ami.connected:
            self._connected()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._inbox.put(None)
        self._thread.join(AGAIN_SECONDS)

    def _connected(self) -> None:
        self._must_read.set()
        self._inbox.put(None)
