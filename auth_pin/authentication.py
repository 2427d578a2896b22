"""Verifying a PIN so that nobody learns more than yes or no.

An unknown identifier, a wrong PIN and a profile that may not be used take the same steps: the same statements in the
same two transactions, and one hash verification. An identifier without a profile is verified against a decoy.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from auth_pin import attempts, identifiers, pins, profiles
from auth_pin.attempts import Outcome
from auth_pin.profiles import Credentials, State
from storage.database import Database


class Authenticator:
    """Authenticates callers against the profiles of one installation. Safe to share between threads."""

    def __init__(self, database: Database, identifier_key: bytes, pin_key: bytes) -> None:
        self._database = database
        self._identifier_key = identifier_key
        self._pin_key = pin_key
        # Longer than any PIN, so that no PIN is ever its own.
        self._decoy = pins.hashed(pin_key, secrets.token_hex(16))

    def claim(self, identifier: str) -> str:
        """The pseudonym of what was keyed as an identifier, well-formed or not; what is not one has no profile."""
        return identifiers.pseudonym(self._identifier_key, identifier)

    def verify(self, claim: str, pin: str, *, call_id: str, seq: int, at: datetime) -> str | None:
        """The subject of the confirmed profile that has this claim and this PIN, or None.

        Counts one attempt per (call_id, seq), however often it is asked.
        """
        with self._database.writing() as connection:
            attempts.begin(connection, call_id, seq, claim, at)
            found = profiles.find(connection, claim)
        known = pins.matches(self._pin_key, found.pin_hash if found else self._decoy, pin)
        subject = _subject(found) if known else None
        with self._database.writing() as connection:
            attempts.finish(connection, call_id, seq, Outcome.REFUSED if subject is None else Outcome.ACCEPTED)
        return subject


def _subject(found: Credentials | None) -> str | None:
    return found.subject if found is not None and found.state is State.CONFIRMED else None
