"""The FastAGI server: a thread per call in the IVR, a bound on them, and an orderly end.

`drain` stops listening at once (Asterisk is refused and goes to the next node) and waits until the running calls have
left the IVR.
"""

from __future__ import annotations

import io
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import structlog
from asterisk.agi import AGIError, AGIHangup
from sqlalchemy.exc import SQLAlchemyError

from ivr.gateways.agi.protocol import Allow, SafeAGI
from ivr.gateways.agi.session import Session
from storage.database import reason_of

if TYPE_CHECKING:
    from typing_extensions import Buffer

THREAD_STACK_BYTES = 512 * 1024

log = structlog.get_logger()

MakeSession = Callable[[SafeAGI], Session]


class Server(socketserver.ThreadingTCPServer):
    """Serves calls on `address`; more than `most_calls` at once are turned away to the next node."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], make_session: MakeSession, most_calls: int) -> None:
        self._make_session = make_session
        self._places = threading.BoundedSemaphore(most_calls)
        self._running = 0
        self._idle = threading.Condition()
        threading.stack_size(THREAD_STACK_BYTES)
        super().__init__(address, _Handler)

    @property
    def running(self) -> int:
        """How many calls are in the IVR."""
        return self._running

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the call a thread, or turn it away."""
        if not self._places.acquire(blocking=False):
            log.warning("too many calls, one is turned away")
            self.shutdown_request(request)
            return
        with self._idle:
            self._running += 1
        try:
            super().process_request(request, client_address)
        except RuntimeError:
            # No thread can be had.
            self._give_back()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one call and give its place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._give_back()

    def _give_back(self) -> None:
        self._places.release()
        with self._idle:
            self._running -= 1
            self._idle.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A fault of ours ends one call's session; the dialplan enters the IVR again."""
        log.exception("a call's session failed")

    def serve_call(self, rfile: BinaryIO, wfile: BinaryIO, allow: Allow) -> None:
        """Carry one call; `allow` bounds the seconds in which what is read next must be there."""
        try:
            self._make_session(SafeAGI(rfile, wfile, allow)).run()
        except AGIHangup:
            log.debug("the connection ended")
        except (AGIError, TimeoutError, ConnectionError) as error:
            log.warning("a session was broken off", kind=type(error).__name__, reason=str(error))
        except SQLAlchemyError as error:
            log.error("a call cannot be kept", reason=reason_of(error))

    def drain(self, seconds: float) -> bool:
        """Take no new calls and wait for the running ones; whether all finished in time."""
        self.shutdown()
        self.server_close()
        with self._idle:
            return self._idle.wait_for(lambda: self._running == 0, timeout=seconds)


class _Arriving(io.RawIOBase):
    """What a socket receives, as long as it comes in time: a peer that sends byte by byte gains nothing."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._until = 0.0

    def allow(self, seconds: float) -> None:
        """Give the peer so many seconds from now."""
        self._until = time.monotonic() + seconds

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Wait for bytes. Raises TimeoutError."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class _Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        arriving = _Arriving(self.connection)
        server = cast("Server", self.server)
        server.serve_call(io.BufferedReader(arriving), cast("BinaryIO", self.wfile), arriving.allow)
