"""A thread that follows what Asterisk tells: events are queued by the connection's thread and taken in by its own."""

from __future__ import annotations

import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from routing.ami.client import Ami
from routing.ami.messages import Event

AGAIN_SECONDS = 2.0


class Follower(ABC):
    """Follows events of these names between `start` and `stop`, in a thread of that name.

    `must_read` is set whenever a connection is made: what was known until then may be wrong.
    """

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
    def _follow(self) -> None:
        """Take events in until `_stopping` is set."""

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
