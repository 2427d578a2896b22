"""One connection to Asterisk's manager, in the hands of one thread."""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator

from routing.ami.faults import Disconnected
from routing.ami.messages import Message, Stream

PIECE = 65536


class Link:
    """Bytes out, messages in. `heard_at` is when Asterisk last said something, in seconds of time.monotonic()."""

    def __init__(self, address: tuple[str, int], seconds: float, wake: socket.socket, numbers: Iterator[int]) -> None:
        self._socket = socket.create_connection(address, seconds)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._wake = wake
        self._stream = Stream(numbers)
        self._messages: deque[Message] = deque()
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._socket, selectors.EVENT_READ)
        self._ready.register(wake, selectors.EVENT_READ)
        self.heard_at = time.monotonic()

    def close(self) -> None:
        """Let go."""
        self._ready.close()
        self._socket.close()

    def write(self, data: bytes) -> None:
        """Send; a peer that takes nothing for too long raises TimeoutError."""
        self._socket.sendall(data)

    def next(self, seconds: float) -> Message | None:
        """The next message, or None when there is none in time or somebody woke this thread up.

        Raises Disconnected, ProtocolError and OSError.
        """
        if not self._messages:
            for key, _ in self._ready.select(max(seconds, 0)):
                if key.fileobj is self._wake:
                    self._wake.recv(PIECE)
                else:
                    self._receive()
        return self._messages.popleft() if self._messages else None

    def _receive(self) -> None:
        data = self._socket.recv(PIECE)
        if not data:
            raise Disconnected("Asterisk closed the connection")
        self.heard_at = time.monotonic()
        self._messages.extend(self._stream.feed(data))
