"""Peers of a FastAGI server: one that says what it is told to, and one that answers as Asterisk would."""

from __future__ import annotations

import contextlib
import socket
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

WAIT_SECONDS = 10.0
GATHERS = ("GET DATA", "WAIT FOR DIGIT")


def new_call_id() -> str:
    """A call's name, as the dialplan makes it."""
    return str(uuid.uuid4())


def introduction(call_id: str, stage: str = "enter", **variables: str) -> bytes:
    """What Asterisk says first. `variables` change or add lines, `arg_4` being `agi_arg_4`."""
    lines = {
        "network": "yes",
        "network_script": "call",
        "request": "agi://127.0.0.1:4573/call",
        "channel": "PJSIP/trunk-00000001",
        "language": "pl",
        "callerid": "600100200",
        "calleridname": "unknown",
        "dnid": "225601600",
        "arg_1": call_id,
        "arg_2": stage,
        "arg_3": "225601600",
        **variables,
    }
    return "".join(f"agi_{name}: {value}\n" for name, value in lines.items()).encode() + b"\n"


class Peer:
    """A connection to a FastAGI server. Closes as a context manager."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address, WAIT_SECONDS)
        self._incoming = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, data: bytes | str) -> None:
        """Send bytes as they are, or a line of text; nobody may be there any more."""
        with contextlib.suppress(ConnectionError):
            self._socket.sendall(data if isinstance(data, bytes) else f"{data}\n".encode())

    def drip(self, byte: int) -> None:
        """Send one byte, if it can still be sent."""
        with contextlib.suppress(OSError):
            self._socket.sendall(bytes([byte]))

    def finish(self) -> None:
        """Say that nothing more will be sent."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def command(self) -> str | None:
        """The next command, or None once the server has closed the connection."""
        try:
            line = self._incoming.readline()
        except ConnectionError:
            return None
        return line.decode().rstrip("\n") if line else None

    def commands(self) -> Iterator[str]:
        """Commands to the end of the connection."""
        while (command := self.command()) is not None:
            yield command

    def is_turned_away(self) -> bool:
        """Wait until the server says something or closes; whether it closed."""
        return self.command() is None

    def close(self) -> None:
        """Hang up."""
        self._incoming.close()
        self._socket.close()


@dataclass(slots=True)
class Script:
    """How Asterisk answers: keys one by one (`-` is silence), and replies of its own to commands that begin so.

    `once`: those replies are given one time only.
    """

    keys: str = ""
    replies: Mapping[str, str] = field(default_factory=dict)
    once: bool = False

    def reply(self, command: str) -> str | None:
        """The reply to a command; None when there is no key left for a gather: the caller hangs up."""
        for beginning, line in self.replies.items():
            if command.startswith(beginning):
                self.replies = {} if self.once else self.replies
                return line
        if not command.startswith(GATHERS):
            return "200 result=1"
        if not self.keys:
            return None
        key, self.keys = self.keys[0], self.keys[1:]
        return _key_reply(command, key)


def _key_reply(command: str, key: str) -> str:
    if command.startswith("WAIT FOR DIGIT"):
        return f"200 result={0 if key == '-' else ord(key)}"
    return {"-": "200 result= (timeout)", "#": "200 result="}.get(key, f"200 result={key}")


def play(peer: Peer, introduced: bytes, script: Script) -> list[str]:
    """Be Asterisk until the session ends or the caller hangs up; the commands that came."""
    peer.send(introduced)
    return list(answer(peer, script))


def answer(peer: Peer, script: Script) -> Iterable[str]:
    """Answer commands, giving each; ends with the session, or with the caller's hang-up."""
    for command in peer.commands():
        yield command
        reply = script.reply(command)
        if reply is None:
            peer.send("HANGUP")
            peer.close()
            return
        peer.send(reply)


def variables(commands: Iterable[str]) -> dict[str, str]:
    """What a session has set on the channel by the time it ended."""
    found: dict[str, str] = {}
    for command in commands:
        if command.startswith("EXEC MSet "):
            found |= dict(pair.partition("=")[::2] for pair in command.split(" ", 2)[2].strip('"').split(","))
    return found
