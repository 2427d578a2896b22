"""One thread that carries every phone: sockets, timers and the 20 ms beat of the media.

All that a phone holds is guarded by `Exchange.lock`; the thread takes it around each piece of work, and so
does every public method of a phone. Nothing that runs on the thread may wait.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import secrets
import selectors
import socket
import threading
import time
import traceback
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Protocol, Self

from demo.phone.g711 import FRAME_SECONDS

_MOST_FRAMES_BEHIND = 10
_IDLE_SECONDS = 3600.0
_ENDING_SECONDS = 10.0

Action = Callable[[], object]


class Closeable(Protocol):
    """Something that lives on an exchange and ends with it."""

    def close(self) -> None:
        """End it; waits a bounded time at most."""


class Timer:
    """An action that is due at a time, unless it is cancelled before."""

    __slots__ = ("action",)

    def __init__(self, action: Action) -> None:
        self.action: Action | None = action

    def cancel(self) -> None:
        """Let the timer pass without doing anything."""
        self.action = None


class Exchange:
    """The event loop. Use it as a context manager: leaving it closes every phone it carries.

    `faults` holds the traceback of each exception that reached the loop: a defect of this package or of a
    callback given to it. The loop goes on; leaving the context raises if there was any. `first_sequence` draws
    the number of a stream's first packet (RFC 3550, section 5.1: nobody is to foresee it).
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.faults: list[str] = []
        self.first_sequence: Callable[[], int] = partial(secrets.randbits, 15)
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._frame_tasks: dict[int, Action] = {}
        self._next_frame = 0.0
        self._members: list[Closeable] = []
        self._stopping = False
        self._bell, self._ear = socket.socketpair()
        self._bell.setblocking(False)
        self.watch(self._ear, self._answer_bell)
        self._thread = threading.Thread(target=self._run, name="exchange", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if self.faults and kind is None:
            raise RuntimeError(f"{len(self.faults)} faults on the exchange; the first:\n{self.faults[0]}")

    def join(self, member: Closeable) -> None:
        """Close this member when the exchange closes."""
        with self.lock:
            self._members.append(member)

    def leave(self, member: Closeable) -> None:
        """Forget a member that has closed."""
        with self.lock:
            if member in self._members:
                self._members.remove(member)

    def after(self, seconds: float, action: Action) -> Timer:
        """Run an action on the loop once so many seconds have passed."""
        timer = Timer(action)
        with self.lock:
            heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._order), timer))
            if self._timers[0][2] is timer:
                self._wake()
        return timer

    def watch(self, sock: socket.socket, readable: Action) -> None:
        """Run an action on the loop whenever the socket has something to read."""
        sock.setblocking(False)
        with self.lock:
            self._selector.register(sock, selectors.EVENT_READ, readable)

    def unwatch(self, sock: socket.socket) -> None:
        """Stop watching a socket and close it."""
        with self.lock:
            self._selector.unregister(sock)
            sock.close()

    def every_frame(self, owner: object, action: Action) -> None:
        """Run an action on the loop every 20 ms, on a beat that does not drift."""
        with self.lock:
            if not self._frame_tasks:
                self._next_frame = time.monotonic()
                self._wake()
            self._frame_tasks[id(owner)] = action

    def no_more_frames(self, owner: object) -> None:
        """Take the owner off the beat."""
        with self.lock:
            self._frame_tasks.pop(id(owner), None)

    def close(self) -> None:
        """Close every member and end the thread. Raises RuntimeError if an action keeps the thread for too long."""
        while self._members:
            self._members[-1].close()
        self._stopping = True
        self._wake()
        self._thread.join(_ENDING_SECONDS)
        if self._thread.is_alive():
            raise RuntimeError(f"the exchange's thread did not end within {_ENDING_SECONDS} s")
        self._selector.close()
        self._bell.close()
        self._ear.close()

    def _run(self) -> None:
        while not self._stopping:
            ready = self._selector.select(self._pause())
            with self.lock:
                for key, _ in ready:
                    self._safely(key.data)
                self._run_timers()
                self._run_frames()

    def _pause(self) -> float:
        with self.lock:
            now = time.monotonic()
            due = self._timers[0][0] if self._timers else now + _IDLE_SECONDS
            if self._frame_tasks:
                due = min(due, self._next_frame)
            return max(0.0, due - now)

    def _run_timers(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            _, _, timer = heapq.heappop(self._timers)
            if timer.action:
                self._safely(timer.action)

    def _run_frames(self) -> None:
        """Run the beats that are due; after a long standstill the oldest are left out."""
        now = time.monotonic()
        self._next_frame = max(self._next_frame, now - _MOST_FRAMES_BEHIND * FRAME_SECONDS)
        while self._frame_tasks and self._next_frame <= now:
            self._next_frame += FRAME_SECONDS
            for task in tuple(self._frame_tasks.values()):
                self._safely(task)

    def _safely(self, action: Action) -> None:
        try:
            action()
        except Exception:
            self.faults.append(traceback.format_exc())

    def _wake(self) -> None:
        if threading.current_thread() is not getattr(self, "_thread", None):
            with contextlib.suppress(BlockingIOError):  # it is ringing already
                self._bell.send(b"!")

    def _answer_bell(self) -> None:
        self._ear.recv(4096)
