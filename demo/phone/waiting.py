"""Waiting for what a telephone does, without polling it: woken by events, bounded by a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_LOOK_ROUND_SECONDS = 0.5


class PhoneTimeoutError(AssertionError):
    """Something waited for did not happen in time; the text tells what happened instead."""


def wait_for(changed: threading.Condition, predicate: Callable[[], object], timeout: float) -> bool:
    """Wait until the predicate holds; tell whether it came to hold within so many seconds.

    It is asked after each event of the condition, and twice a second besides, since it may look at more than
    what the condition knows of. The condition is held while it is asked.
    """
    deadline = time.monotonic() + timeout
    with changed:
        while not predicate():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            changed.wait(min(left, _LOOK_ROUND_SECONDS))
        return True
