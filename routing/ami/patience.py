"""How long things may take, and how long to wait before trying again."""

from __future__ import annotations

from dataclasses import dataclass

MOST_DOUBLINGS = 16


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: to connect and log in; for a reply; of silence before a ping, and before the connection is given up.

    After a connection that failed the next attempt waits `first_pause` seconds, each further one twice as long, up to
    `longest_pause`.
    """

    connect: float = 5.0
    reply: float = 10.0
    ping: float = 10.0
    silence: float = 20.0
    first_pause: float = 0.25
    longest_pause: float = 5.0

    def pause(self, failures: int, chance: float) -> float:
        """How long to wait after so many failures in a row; `chance` in [0, 1) spreads those who lost it together."""
        whole = min(self.longest_pause, self.first_pause * 2.0 ** min(max(failures - 1, 0), MOST_DOUBLINGS))
        return whole * (0.5 + chance / 2)
