"""The smallest honest peer: the measured call in pyst2, a thread per call over FastAGI, without a database.

pyst2's constructor installs a signal handler, which fails off the main thread, and it writes every line to stderr;
nothing else of it is changed.
"""

from __future__ import annotations

import contextlib
import socketserver
import sys
from typing import IO, ClassVar

from asterisk.agi import AGI, AGIException

MENU_MILLISECONDS = 6000


class _Nowhere:
    def write(self, _text: str) -> None:
        """Drop."""


class ThreadAGI(AGI):  # type: ignore[misc]
    """pyst2's AGI in a thread."""

    def __init__(self, stdin: IO[str], stdout: IO[str]) -> None:
        self.stdin, self.stdout, self.stderr = stdin, stdout, _Nowhere()
        self._got_sighup = False
        self.env: dict[str, str] = {}
        self._get_agi_env()


class Call(socketserver.BaseRequestHandler):
    """Two menus, a key each, and a goodbye."""

    sounds: ClassVar[tuple[str, str, str]]

    def handle(self) -> None:
        """Carry one call."""
        first, second, goodbye = self.sounds
        stdin, stdout = self.request.makefile("r"), self.request.makefile("w")
        # A caller who hangs up makes pyst2 raise one of these.
        with stdin, stdout, contextlib.suppress(AGIException, ValueError, OSError):
            agi = ThreadAGI(stdin, stdout)
            agi.get_data(first, MENU_MILLISECONDS, 1)
            agi.get_data(second, MENU_MILLISECONDS, 1)
            agi.stream_file(goodbye)


class Server(socketserver.ThreadingTCPServer):
    """A thread per call."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512


def main() -> None:
    """Serve calls on loopback: PORT and the three sounds are the arguments."""
    port, *sounds = sys.argv[1:]
    first, second, goodbye = sounds
    Call.sounds = (first, second, goodbye)
    with Server(("127.0.0.1", int(port)), Call) as server, contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
