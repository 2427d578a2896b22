"""Hashes of PINs at rest: sealed under a key with an id, which comes from outside the database.

So all of them can be sealed anew under another key without knowing a PIN, and an old key be retired. The claim of the
profile is bound in: a sealed hash that is moved to another profile does not open.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field

from auth_pin import pins
from auth_pin.faults import PinKeyMissing, PinUnreadable
from storage.key_ring import KeyRing, WrongKey

VARIABLE = "CENTRALA_PIN_KEYS"

_PURPOSE = f"centrala pin hash {pins.FORM}"


@dataclass(frozen=True, slots=True)
class SealedHash:
    """A hash as it is stored, and the id of the key that seals it; None: an older version stored it as it is."""

    text: str = field(repr=False)
    by: str | None


class PinSeal:
    """Seals and opens the hashes of one installation. Safe to share between threads.

    `read` gets the keys. They are read again when one is met that was not there: it was made meanwhile.
    """

    def __init__(self, read: Callable[[], KeyRing]) -> None:
        self._read = read
        self._ring = read()

    @property
    def ring(self) -> KeyRing:
        """The keys as they were when they were last read."""
        return self._ring

    def close(self, by: str, pin_hash: str, claim: str) -> SealedHash:
        """The hash of the profile with this claim, sealed; 104 characters. Raises PinKeyMissing."""
        sealed = self._having(by).seal(by, pins.packed(pin_hash), _PURPOSE, claim)
        return SealedHash(base64.b64encode(sealed).decode("ascii"), by)

    def open(self, sealed: SealedHash, claim: str) -> str:
        """The hash. Raises PinKeyMissing, PinUnreadable."""
        if sealed.by is None:
            raise PinUnreadable("a PIN that is not sealed counts no more; set it anew: centrala profiles set-pin")
        ring = self._having(sealed.by)
        try:
            packed = ring.unseal(sealed.by, base64.b64decode(sealed.text, validate=True), _PURPOSE, claim)
        except (WrongKey, ValueError):
            raise PinUnreadable(
                f"a PIN cannot be read: its row is damaged, or the key {sealed.by} is not the one that sealed it"
            ) from None
        return pins.unpacked(packed)

    def _having(self, id: str) -> KeyRing:
        ring = self._ring
        if id not in ring.keys:
            # Those that are gone are kept: what was read from the database a moment ago may still need one.
            ring = self._ring = KeyRing({**ring.keys, **self._read().keys})
        if id not in ring.keys:
            raise PinKeyMissing(
                f"the key {id}, which seals PINs, is missing; put {id}.key back into secrets/pin-keys from your backup "
                f"or from another machine of this installation, or the key into {VARIABLE}"
            )
        return ring
