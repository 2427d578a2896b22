"""What the runner needs of other parts."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Authenticator(Protocol):
    """What the runner needs of `auth_pin`."""

    def claim(self, identifier: str) -> str:
        """The pseudonym of an identifier."""
        ...

    def verify(self, claim: str, pin: str, *, call_id: str, seq: int, at: datetime) -> str | None:
        """The profile's pseudonym if the PIN is its own; `seq` is which try of the call this is.

        A try counts once, however often it is verified: a process may die before the turn is committed.
        """
        ...
