"""A wire between the IVR and PostgreSQL that can be cut: what is asked meanwhile gets no answer but a refusal."""

from __future__ import annotations

import contextlib
import selectors
import shutil
import socket
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

NAME = ".s.PGSQL.5432"
POLL_SECONDS = 0.1
PIECE = 65536


class Relay:
    """Passes on what comes to a socket of its own to PostgreSQL's, as long as it is not cut."""

    def __init__(self, sockets: Path) -> None:
        # A socket's path may have 107 bytes only.
        self.folder = Path(tempfile.mkdtemp(prefix="centrala-relay-"))
        self._target = str(sockets / NAME)
        self._closed = threading.Event()
        self._cut = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self.mend()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """SQLAlchemy's address of a database behind this wire."""
        return f"postgresql+psycopg://centrala@/{database}?host={quote(str(self.folder), safe='')}&port=5432"

    def cut(self) -> None:
        """Drop every connection and take no new one."""
        self._cut.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def mend(self) -> None:
        """Take connections again."""
        self._cut.clear()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.folder / NAME))
        listener.listen(64)
        self._begin(self._listen, listener)

    def _listen(self, listener: socket.socket) -> None:
        with listener:
            listener.settimeout(POLL_SECONDS)
            while not self._cut.is_set():
                with contextlib.suppress(TimeoutError):
                    self._begin(self._carry, listener.accept()[0])
        (self.folder / NAME).unlink()

    def _carry(self, near: socket.socket) -> None:
        with near, socket.socket(socket.AF_UNIX) as far, selectors.DefaultSelector() as ready:
            far.connect(self._target)
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            with contextlib.suppress(ConnectionError):
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
