"""Wires between the IVR and others that can be cut: what is asked meanwhile gets no answer but a refusal."""

from __future__ import annotations

import contextlib
import selectors
import shutil
import socket
import tempfile
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from demo.asterisk_process import free_port

NAME = ".s.PGSQL.5432"
POLL_SECONDS = 0.1
CONNECT_SECONDS = 5.0
PIECE = 65536


class Wire(ABC):
    """Passes on what comes to a socket of its own to somebody else's, as long as it is not cut."""

    def __init__(self) -> None:
        self._cut = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self.mend()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()

    def cut(self) -> None:
        """Drop every connection and take no new one."""
        self._cut.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def mend(self) -> None:
        """Take connections again."""
        self._cut.clear()
        listener = self._bound()
        listener.listen(64)
        self._begin(self._listen, listener)

    @abstractmethod
    def _bound(self) -> socket.socket:
        """A socket at this wire's near end."""

    @abstractmethod
    def _connected(self) -> socket.socket:
        """A connection at its far end. Raises OSError."""

    def _listen(self, listener: socket.socket) -> None:
        with listener:
            listener.settimeout(POLL_SECONDS)
            while not self._cut.is_set():
                with contextlib.suppress(TimeoutError):
                    self._begin(self._carry, listener.accept()[0])

    def _carry(self, near: socket.socket) -> None:
        with near, contextlib.suppress(OSError), self._connected() as far, selectors.DefaultSelector() as ready:
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            while not self._cut.is_set():
                for key, _ in ready.select(POLL_SECONDS):
                    piece = key.fileobj.recv(PIECE)  # type: ignore[union-attr]
                    if not piece:
                        return
                    key.data.sendall(piece)

    def _begin(self, work: object, sock: socket.socket) -> None:
        thread = threading.Thread(target=work, args=(sock,), daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()


class Relay(Wire):
    """The wire to a PostgreSQL whose sockets are in a folder."""

    def __init__(self, sockets: Path) -> None:
        super().__init__()
        # A socket's path may have 107 bytes only.
        self.folder = Path(tempfile.mkdtemp(prefix="centrala-relay-"))
        self._target = str(sockets / NAME)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """SQLAlchemy's address of a database behind this wire."""
        return f"postgresql+psycopg://centrala@/{database}?host={quote(str(self.folder), safe='')}&port=5432"

    def _bound(self) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.folder / NAME))
        return listener

    def _connected(self) -> socket.socket:
        far = socket.socket(socket.AF_UNIX)
        far.connect(self._target)
        return far

    def cut(self) -> None:
        """Drop every connection and take no new one."""
        super().cut()
        (self.folder / NAME).unlink(missing_ok=True)


class TcpRelay(Wire):
    """The wire to a port on loopback, from another port there, which stays the same when it is cut."""

    def __init__(self, target: int) -> None:
        super().__init__()
        self._target = target
        self.port = free_port()

    def _bound(self) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        return listener

    def _connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._target), CONNECT_SECONDS)
