"""Verifying a PIN so that nobody learns more than yes or no.

An unknown identifier, a wrong PIN and a profile that may not be used take the same steps: the same statements in the
same two transactions, one sealed hash opened and one verified. An identifier without a profile is verified against a
decoy. Where too many were tried no PIN is looked at, known identifier or not (`auth_pin.limits`).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from datetime import datetime

from auth_pin import admission, buckets, identifiers, pin_changes, pin_policy, pins, profiles
from auth_pin.attempts import Attempt
from auth_pin.faults import PinKeyMissing, PinUnreadable
from auth_pin.keys import Keys
from auth_pin.limits import Limits
from auth_pin.pin_changes import Audited, unaudited
from auth_pin.pin_seal import PinSeal
from auth_pin.profiles import Credentials, State
from auth_pin.verdicts import Accepted, Delayed, Refused, Verdict
from storage.database import Database
from storage.key_ring import KEY_BYTES, KeyRing

_DECOY = "decoy"


class Authenticator:
    """Authenticates callers against the profiles of one installation. Safe to share between threads.

    `tell` is told why a PIN that should be there cannot be verified: who keys it is refused. `audited` tells of PINs
    that their owners change.
    """

    def __init__(
        self,
        database: Database,
        keys: Keys,
        tell: Callable[[str], None],
        limits: Limits = Limits(),  # noqa: B008 (it is frozen)
        audited: Audited = unaudited,
    ) -> None:
        self._database = database
        self._audited = audited
        self._keys = keys
        self._tell = tell
        self._limits = limits
        # Longer than any PIN, so that no PIN is ever its own; its key is nobody else's, and cannot be retired.
        self._decoy_hash = pins.hashed(keys.pin, secrets.token_hex(16))
        self._decoy_seal = PinSeal(lambda: KeyRing({_DECOY: os.urandom(KEY_BYTES)}))
        self._decoy = self._decoy_seal.close(_DECOY, self._decoy_hash, _DECOY)

    def claim(self, identifier: str) -> str:
        """The pseudonym of what was keyed as an identifier, well-formed or not; what is not one has no profile."""
        return identifiers.pseudonym(self._keys.identifier, identifier)

    def verify(self, claim: str, pin: str, *, call_id: str, seq: int, at: datetime, caller: str) -> Verdict:
        """Whether the PIN is that of the confirmed profile that has this claim, if it may be looked at now.

        Counts one attempt per (call_id, seq), however often it is asked. `caller` is the number that the call comes
        from, as it was told; it proves nothing.
        """
        attempt = Attempt(call_id, seq, claim, at)
        with self._database.writing() as connection:
            wait = admission.admit(
                connection, self._limits, attempt, buckets.caller_name(self._keys.identifier, caller)
            )
            if wait:
                return Delayed(wait)
            found = profiles.find(connection, claim)
        pin_hash = self._opened(found, claim)
        known = pins.matches(self._keys.pin, pin_hash or self._decoy_hash, pin)
        subject = _subject(found) if known and pin_hash is not None else None
        with self._database.writing() as connection:
            admission.finish(connection, attempt, right=subject is not None)
        return Refused() if subject is None else Accepted(subject)

    def verify_again(self, subject: str, pin: str, *, call_id: str, seq: int, at: datetime, caller: str) -> Verdict:
        """Whether the PIN is that of the profile of this subject, as `verify` does it."""
        with self._database.reading() as connection:
            claim = profiles.claim_of(connection, subject)
        if claim is None:
            return Refused()
        verdict = self.verify(claim, pin, call_id=call_id, seq=seq, at=at, caller=caller)
        return Refused() if isinstance(verdict, Accepted) and verdict.subject != subject else verdict

    def weakness(self, pin: str, digits: int) -> str | None:
        """Why what was keyed cannot be given as a PIN, in a word (`pin_policy.weakness`)."""
        return pin_policy.weakness(pin, digits)

    def change(self, subject: str, pin: str) -> bool:
        """Give a profile another PIN; False where it may not be used any more, or no key is there to seal with."""
        try:
            return pin_changes.change(self._database, self._keys, self._audited, subject, pin)
        except PinKeyMissing as fault:
            self._tell(f"profile {subject}: {fault}")
            return False

    def _opened(self, found: Credentials | None, claim: str) -> str | None:
        """The hash to verify against; None where it cannot be read."""
        if found is None:
            return self._decoy_seal.open(self._decoy, _DECOY)
        try:
            return self._keys.seal.open(found.pin_hash, claim)
        except (PinKeyMissing, PinUnreadable) as fault:
            self._tell(f"profile {found.subject}: {fault}")
            return None


def _subject(found: Credentials | None) -> str | None:
    return found.subject if found is not None and found.state is State.CONFIRMED else None
