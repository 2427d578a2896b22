"""Asterisk's side of AEAP, as `res_speech_aeap` speaks it."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from speech.messages import CODEC, GOODBYE, GRAMMAR, PROTOCOL, ask_for

Address = tuple[str, int]
FRAME_BYTES, FRAME_SECONDS = 320, 0.02
WAIT_SECONDS = 20.0
# Longer than libvosk waits for the end of something that is over.
SILENCE = bytes(16000 * 2)


class Line:
    """A connection as Asterisk makes one for each call; closes as a context manager."""

    def __init__(self, address: Address) -> None:
        host, port = address
        self._open = ExitStack()
        self._peer: ClientConnection = self._open.enter_context(
            connect(f"ws://{host}:{port}", subprotocols=[Subprotocol(PROTOCOL)], compression=None, proxy=None)
        )
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def send(self, data: str | bytes) -> None:
        """Send a message as it is."""
        self._peer.send(data)

    def receive(self, seconds: float = WAIT_SECONDS) -> dict[str, Any]:
        """The next message. Raises TimeoutError, or ConnectionClosed."""
        message = json.loads(self._peer.recv(timeout=seconds))
        assert isinstance(message, dict)
        return message

    def ask(self, request: str, **fields: object) -> dict[str, Any]:
        """Send a request; its answer."""
        self._number += 1
        self.send(json.dumps({"request": request, "id": str(self._number), **fields}))
        answered = self.receive()
        assert (request, str(self._number)) == (answered["response"], answered["id"])
        return answered

    def set_up(self) -> dict[str, Any]:
        """Say what sound will come."""
        return self.ask("setup", version="0.1.0", codecs=[{"name": CODEC}])

    def listen_for(self, lang: str, *phrases: str, prompt: float = 0.0) -> dict[str, Any]:
        """Say what to listen for."""
        return self.ask("set", params={GRAMMAR: ask_for(lang, phrases, prompt)})

    def take_leave(self) -> dict[str, Any]:
        """Say that nothing will be listened for any more."""
        return self.ask("set", params={GOODBYE: ""})

    def play(self, sound: bytes) -> None:
        """Send sound at once, some seconds at most: a gap that a busy machine makes would be silence in a word."""
        self.send(sound)

    def play_slowly(self, sound: bytes) -> None:
        """Send sound, frame by frame, as fast as a telephone does."""
        begun = time.monotonic()
        for start in range(0, len(sound), FRAME_BYTES):
            time.sleep(max(0.0, begun + start / FRAME_BYTES * FRAME_SECONDS - time.monotonic()))
            self.send(sound[start : start + FRAME_BYTES])

    def result(self) -> tuple[str, int]:
        """Text and score of the result that is pushed next."""
        pushed = self.receive()
        assert "set" == pushed["request"]
        (one,) = pushed["params"]["results"]
        return one["text"], one["score"]

    def results_before_an_answer(self) -> list[tuple[str, int]]:
        """What is pushed until a further request is answered: all that came of the sound so far."""
        self.send(json.dumps({"request": "get", "id": "last", "params": []}))
        pushed = []
        while "response" not in (message := self.receive()):
            pushed += [(one["text"], one["score"]) for one in message["params"]["results"]]
        return pushed

    def drop(self) -> None:
        """Vanish, as a process that is killed does."""
        self._peer.socket.close()

    def is_closed(self) -> bool:
        """Wait until the other side closes; whether it does."""
        try:
            while True:
                self._peer.recv(timeout=WAIT_SECONDS)
        except TimeoutError:
            return False
        except Exception:
            return True
