"""Verifying a PIN so that nobody learns more than yes or no.

An unknown identifier, a wrong PIN and a profile that may not be used take the same steps: the same statements in the
same two transactions, and one hash verification. An identifier without a profile is verified against a decoy. Where
too many were tried no PIN is looked at, known identifier or not (`auth_pin.limits`).
"""

from __future__ import annotations

import secrets
from datetime import datetime

from auth_pin import admission, buckets, identifiers, pins, profiles
from auth_pin.attempts import Attempt
from auth_pin.limits import Limits
from auth_pin.profiles import Credentials, State
from auth_pin.verdicts import Accepted, Delayed, Refused, Verdict
from storage.database import Database


class Authenticator:
    """Authenticates callers against the profiles of one installation. Safe to share between threads."""

    def __init__(
        self,
        database: Database,
        identifier_key: bytes,
        pin_key: bytes,
        limits: Limits = Limits(),  # noqa: B008 (it is frozen)
    ) -> None:
        self._database = database
        self._identifier_key = identifier_key
        self._pin_key = pin_key
        self._limits = limits
        # Longer than any PIN, so that no PIN is ever its own.
        self._decoy = pins.hashed(pin_key, secrets.token_hex(16))

    def claim(self, identifier: str) -> str:
        """The pseudonym of what was keyed as an identifier, well-formed or not; what is not one has no profile."""
        return identifiers.pseudonym(self._identifier_key, identifier)

    def verify(self, claim: str, pin: str, *, call_id: str, seq: int, at: datetime, caller: str) -> Verdict:
        """Whether the PIN is that of the confirmed profile that has this claim, if it may be looked at now.

        Counts one attempt per (call_id, seq), however often it is asked. `caller` is the number that the call comes
        from, as it was told; it proves nothing.
        """
        attempt = Attempt(call_id, seq, claim, at)
        with self._database.writing() as connection:
            wait = admission.admit(connection, self._limits, attempt, buckets.caller_name(self._identifier_key, caller))
            if wait:
                return Delayed(wait)
            found = profiles.find(connection, claim)
        known = pins.matches(self._pin_key, found.pin_hash if found else self._decoy, pin)
        subject = _subject(found) if known else None
        with self._database.writing() as connection:
            admission.finish(connection, attempt, right=subject is not None)
        return Refused() if subject is None else Accepted(subject)


def _subject(found: Credentials | None) -> str | None:
    return found.subject if found is not None and found.state is State.CONFIRMED else None
