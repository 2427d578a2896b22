"""The FastAGI server: a thread per call in the IVR, a bound on them, and an orderly end.

`drain` stops listening at once (Asterisk is refused and goes to the next node) and waits until the running calls have
left the IVR.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable
from typing import Any, BinaryIO, cast

import structlog
from asterisk.agi import AGIHangup

from ivr.gateways.agi.protocol import ProtocolError, SafeAGI
from ivr.gateways.agi.session import Session

THREAD_STACK_BYTES = 512 * 1024
INTRODUCTION_SECONDS = 5
LONGEST_SILENCE_SECONDS = 300

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
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one call and give its place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()
            with self._idle:
                self._running -= 1
                self._idle.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A fault of ours ends one call's session; the dialplan enters the IVR again."""
        log.exception("a call's session failed")

    def serve_call(self, rfile: BinaryIO, wfile: BinaryIO, settle: Callable[[], None]) -> None:
        """Carry one call; `settle` is called once the peer has introduced itself."""
        try:
            agi = SafeAGI(rfile, wfile)
            settle()
            self._make_session(agi).run()
        except AGIHangup:
            log.debug("the connection ended")
        except (ProtocolError, TimeoutError, ConnectionError) as error:
            log.warning("a peer was turned away", reason=type(error).__name__)

    def drain(self, seconds: float) -> bool:
        """Take no new calls and wait for the running ones; whether all finished in time."""
        self.shutdown()
        self.server_close()
        with self._idle:
            return self._idle.wait_for(lambda: self._running == 0, timeout=seconds)


class _Handler(socketserver.StreamRequestHandler):
    timeout = INTRODUCTION_SECONDS
    disable_nagle_algorithm = True

    def handle(self) -> None:
        server = cast("Server", self.server)
        server.serve_call(
            cast("BinaryIO", self.rfile),
            cast("BinaryIO", self.wfile),
            lambda: self.connection.settimeout(LONGEST_SILENCE_SECONDS),
        )
