"""What Asterisk asked the recogniser, and the sound that it gave it for that, from what went over the wire."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from websockets.frames import Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from bench.wire import Passed
from speech.messages import GRAMMAR, PROTOCOL, Listening, listening, read


@dataclass(slots=True)
class Question:
    """Something that was listened for, the packets of sound that the recogniser got for it, and when each came."""

    asked: Listening
    packets: list[bytes] = field(default_factory=list)
    at: list[float] = field(default_factory=list)


def questions(passed: Iterable[Passed]) -> list[Question]:
    """All that Asterisk asked, by what it sent."""
    peers: defaultdict[int, _Peer] = defaultdict(_Peer)
    for one in passed:
        peers[one.connection].take(one)
    return [question for peer in peers.values() for question in peer.questions]


class _Peer:
    """Asterisk's side of a connection, as the recogniser reads it."""

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self._protocol = ServerProtocol(subprotocols=[Subprotocol(PROTOCOL)])

    def take(self, passed: Passed) -> None:
        self._protocol.receive_data(passed.data)
        for event in self._protocol.events_received():
            match event:
                case Handshake():
                    self._protocol.send_response(self._protocol.accept(event))
                case Frame(opcode=Opcode.TEXT):
                    self._told(bytes(event.data).decode())
                case Frame(opcode=Opcode.BINARY) if self.questions:
                    self.questions[-1].packets.append(bytes(event.data))
                    self.questions[-1].at.append(passed.at)

    def _told(self, text: str) -> None:
        request = read(text)
        if request is not None and isinstance(request.params, dict) and GRAMMAR in request.params:
            self.questions.append(Question(listening(request.params[GRAMMAR])))
