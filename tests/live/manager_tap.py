"""What Asterisk's manager interface sends to the service's own user, byte for byte."""

from __future__ import annotations

import socket
import threading

from routing.ami.messages import encode
from routing.asterisk.plan import manager_password
from tests.live.stations import Live
from tests.live.stories import wait_for


class ManagerTap:
    """The manager's user, seen from the wire: all bytes go to `heard`."""

    def __init__(self, running: Live, heard: bytearray) -> None:
        self._heard = heard
        self._secret = manager_password(running.installation.key("sip"), "centrala")
        self._socket = socket.create_connection(("127.0.0.1", running.station.addresses.ami or 0), 10)
        # Nothing may be told for as long as a caller listens.
        self._socket.settimeout(None)
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()
        self._socket.sendall(encode("Login", "1", {"Username": "centrala", "Secret": self._secret}))
        wait_for(lambda: b"FullyBooted" in self._heard, "being let in")

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while piece := self._socket.recv(65536):
            self._heard += piece
