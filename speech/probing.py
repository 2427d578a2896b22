"""Whether a recogniser answers, asked as Asterisk asks."""

from __future__ import annotations

import json

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from speech.messages import CODEC, PROTOCOL

PATIENCE_SECONDS = 1.0
_SETUP = {"request": "setup", "version": "0.1.0", "id": "probe", "codecs": [{"name": CODEC}]}


def fault_of(address: str) -> str:
    """What is wrong with the recogniser at that address; empty where it answers as it should."""
    try:
        with connect(
            f"ws://{address}",
            subprotocols=[Subprotocol(PROTOCOL)],
            compression=None,
            proxy=None,
            open_timeout=PATIENCE_SECONDS,
            close_timeout=PATIENCE_SECONDS,
        ) as peer:
            peer.send(json.dumps(_SETUP))
            answered = json.loads(peer.recv(timeout=PATIENCE_SECONDS))
    except TimeoutError:
        return "no answer in time"
    except ConnectionError:
        return "nobody listens"
    except (OSError, WebSocketException, ValueError) as error:
        return f"it does not speak AEAP ({type(error).__name__})"
    is_right = isinstance(answered, dict) and answered.get("response") == "setup" and "codecs" in answered
    return "" if is_right else "it answers something else"
