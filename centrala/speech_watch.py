"""Looking after the recogniser from outside of calls, so that no caller finds out whether it is back."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from centrala.settings import Speech
from ivr.gateways.agi.recogniser import Recogniser
from speech.probing import fault_of

LOOK_SECONDS = 1.0


@contextlib.contextmanager
def speech_watched(settings: Speech, recogniser: Recogniser) -> Iterator[None]:
    """Meanwhile ask the recogniser again and again whether it answers; nothing where there is none."""
    address = settings.listen
    if address is None:
        yield
        return
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            if fault := fault_of(address):
                recogniser.lost(fault)
            else:
                recogniser.found()
            stop.wait(LOOK_SECONDS)

    thread = threading.Thread(target=look, name="speech", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
