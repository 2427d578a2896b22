"""A manager interface on loopback whose every answer a test decides, connection by connection."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

GREETING = b"Asterisk Call Manager/12.0.0\r\n"
CHALLENGE = "840415273"
USER, SECRET = "centrala", "a password"
BOOTED = {"Event": "FullyBooted", "Status": "Fully Booted"}
WAIT_SECONDS = 10.0

POLL_SECONDS = 0.005

Headers = dict[str, str]


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Poll until something is true."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what}: never"
        time.sleep(POLL_SECONDS)


class Peer:
    """One connection, seen from Asterisk's side."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(WAIT_SECONDS)
        self.socket = connection
        self._incoming = connection.makefile("rb")

    def read(self) -> Headers | None:
        """The next action, or None once there is none any more."""
        headers: Headers = {}
        with suppress(OSError):
            while line := self._incoming.readline():
                text = line.decode().removesuffix("\r\n")
                if not text:
                    return headers
                name, _, value = text.partition(": ")
                headers[name] = value
        return None

    def expect(self, action: str) -> Headers:
        """The next action, which must be this one."""
        headers = self.read()
        assert headers is not None, f"the connection ended before {action}"
        assert headers["Action"] == action
        return headers

    def say(self, *messages: Headers) -> None:
        """Send messages."""
        self.send(b"".join(_encode(message) for message in messages))

    def send(self, data: bytes) -> None:
        """Send bytes as they are; nobody may be there any more."""
        with suppress(OSError):
            self.socket.sendall(data)

    def answer(self, action: Headers, **headers: str) -> None:
        """Reply to an action."""
        self.say({"Response": "Success", "ActionID": action["ActionID"], **headers})

    def let_in(self, booted: bool = True) -> None:
        """Greet, check the password, and have booted."""
        self.send(GREETING)
        self.answer(self.expect("Challenge"), Challenge=CHALLENGE)
        login = self.expect("Login")
        assert hashlib.md5(f"{CHALLENGE}{SECRET}".encode()).hexdigest() == login["Key"]
        assert login["Username"] == USER
        self.answer(login, Message="Authentication accepted")
        if booted:
            self.say(BOOTED)

    def close(self) -> None:
        """End the connection."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


Act = Callable[[Peer], object]


class Manager:
    """Listens, and plays one act per connection; after the last one new connections are closed at once."""

    def __init__(self, *acts: Act) -> None:
        self._acts = acts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self.played = 0
        self.failures: list[BaseException] = []
        self._peers: list[Peer] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for peer in self._peers:
            peer.close()
        self._thread.join(WAIT_SECONDS)
        if kind is None:
            assert not self.failures, self.failures

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                if self.played >= len(self._acts):
                    connection.close()
                    continue
                self._play(self._acts[self.played], Peer(connection))

    def _play(self, act: Act, peer: Peer) -> None:
        self._peers.append(peer)
        self.played += 1
        try:
            act(peer)
        except BaseException as failure:
            self.failures.append(failure)
        peer.close()


def _encode(message: Headers) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in message.items()).encode() + b"\r\n"
