"""What the runner needs of other parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from auth_pin.verdicts import Accepted, Delayed, Refused, Verdict
from ivr.events import PinDelayed, PinRefused, PinVerified


class Authenticator(Protocol):
    """What the runner needs of `auth_pin`."""

    def claim(self, identifier: str) -> str:
        """The pseudonym of an identifier."""
        ...

    def verify(self, claim: str, pin: str, *, call_id: str, seq: int, at: datetime, caller: str) -> Verdict:
        """Whether the PIN is the claim's own, if it may be looked at; `seq` is which try of the call this is.

        A try counts once, however often it is verified: a process may die before the turn is committed. `caller` is the
        number that the call comes from.
        """
        ...

    def verify_again(self, subject: str, pin: str, *, call_id: str, seq: int, at: datetime, caller: str) -> Verdict:
        """Whether the PIN is that of the profile, under the same limits; `seq` is as above."""
        ...

    def weakness(self, pin: str, digits: int) -> str | None:
        """Why what was keyed cannot be a PIN of so many digits: one of `events.WEAKNESSES`, or None."""
        ...

    def change(self, subject: str, pin: str) -> bool:
        """Give the profile another PIN, and tell the audit; False where it may not be used any more."""
        ...


def event_of(verdict: Verdict) -> PinVerified | PinRefused | PinDelayed:
    """A verdict as the flow learns it."""
    match verdict:
        case Accepted(subject):
            return PinVerified(subject)
        case Refused():
            return PinRefused()
        case Delayed(seconds):
            return PinDelayed(seconds)


class Mandates(Protocol):
    """What the runner needs of `auth_pin` about powers of attorney; `subject` is a profile's pseudonym."""

    def endings(self, subject: str, at: datetime, most: int) -> Mapping[str, str]:
        """The payers of a profile, as many as `most`, as they are said: reference and last digits, in order."""
        ...

    def find(self, subject: str, keyed: str, at: datetime) -> str | None:
        """The reference of the payer whose number was keyed, if the profile speaks for it."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a caller of the level `full` is: their identifier, and the number of the payer whom the call is about."""

    identifier: str = field(repr=False)
    payer: str | None = field(repr=False)
