"""What Asterisk asked the recogniser, and the sound that it gave it for that, from what went over the wire."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from websockets.frames import Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from bench.wire import Passed
from speech.messages import GRAMMAR, PROTOCOL, Listening, listening, read


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet of sound, and when it came to the recogniser (seconds of time.monotonic())."""

    at: float
    sound: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that was listened for, and the sound that came for it."""

    what: Listening
    packets: tuple[Packet, ...]

    @property
    def at(self) -> float | None:
        """When the first of it came; None where none did."""
        return self.packets[0].at if self.packets else None


def everything(passed: Iterable[Passed]) -> list[Asked]:
    """All that Asterisk asked, by what it sent."""
    peers: defaultdict[int, _Peer] = defaultdict(_Peer)
    for one in passed:
        peers[one.connection].take(one)
    return [Asked(what, tuple(packets)) for peer in peers.values() for what, packets in peer.asked]


class _Peer:
    """Asterisk's side of a connection, as the recogniser reads it."""

    def __init__(self) -> None:
        self.asked: list[tuple[Listening, list[Packet]]] = []
        self._protocol = ServerProtocol(subprotocols=[Subprotocol(PROTOCOL)])

    def take(self, passed: Passed) -> None:
        """Bytes that came next."""
        self._protocol.receive_data(passed.data)
        for event in self._protocol.events_received():
            match event:
                case Handshake():
                    self._protocol.send_response(self._protocol.accept(event))
                case Frame(opcode=Opcode.TEXT):
                    self._told(bytes(event.data).decode())
                case Frame(opcode=Opcode.BINARY) if self.asked:
                    _, packets = self.asked[-1]
                    packets.append(Packet(passed.at, bytes(event.data)))

    def _told(self, text: str) -> None:
        request = read(text)
        if request is not None and request.sets(GRAMMAR):
            self.asked.append((listening(request.params[GRAMMAR]), []))
