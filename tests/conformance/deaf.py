"""A recogniser that listens and never hears anything: callers of scripts key, and their voices are tones."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from demo.asterisk_process import free_ports
from speech.messages import CODEC, PROTOCOL, answer, read


@contextmanager
def deaf_recogniser() -> Iterator[str]:
    """The address where one listens meanwhile."""
    (port,) = free_ports(1)
    with serve(_listen, "127.0.0.1", port, subprotocols=[Subprotocol(PROTOCOL)], compression=None) as server:
        threading.Thread(target=server.serve_forever, name="deaf", daemon=True).start()
        yield f"127.0.0.1:{port}"


def _listen(peer: ServerConnection) -> None:
    """Agree to everything until the peer leaves."""
    try:
        for message in peer:
            request = read(message) if isinstance(message, str) else None
            if request is not None:
                told = {"codecs": [{"name": CODEC}]} if request.name == "setup" else {}
                peer.send(answer(request, **told))
    except ConnectionClosed:
        pass
