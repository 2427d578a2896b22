"""The calls that a process has carried last, for a while: so long a new PIN is in its memory, and no longer."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.live import Live

MOST = 10_000
# Longer than any prompt and wait between two webhooks about a number that is being keyed.
LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Carried:
    """A call of the carrier's, under its id, as it was at a time."""

    carrier_id: str
    live: Live
    at: datetime


class Memory:
    """Calls by our ids, those that were kept first before the others. Safe to share between threads.

    What is older than LIFETIME goes whenever something is kept or looked for; after a clock was set, in twice the time.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._calls: OrderedDict[str, Carried] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._calls)

    def keep(self, carrier_id: str, live: Live, at: datetime) -> None:
        """Keep a call in place of what was kept of it."""
        with self._lock:
            self._calls.pop(live.call_id, None)
            self._calls[live.call_id] = Carried(carrier_id, live, at)
            self._drop_old(at)
            if len(self._calls) > self._most:
                self._calls.popitem(last=False)

    def find(self, call_id: str, at: datetime) -> Carried | None:
        """A call that is remembered."""
        with self._lock:
            self._drop_old(at)
            return self._calls.get(call_id)

    def forget(self, call_id: str) -> None:
        """Keep nothing of a call."""
        with self._lock:
            self._calls.pop(call_id, None)

    def _drop_old(self, at: datetime) -> None:
        # What comes from a time to come was kept before the clock was set back.
        while self._calls and abs(at - next(iter(self._calls.values())).at) > LIFETIME:
            self._calls.popitem(last=False)
