"""Identifiers at rest: encrypted, so that the operator can list them and the database alone shows none.

AES-256-GCM (NIST SP 800-38D) under a key that HKDF (RFC 5869) derives from the installation's `identifier` key. The
profile's subject is authenticated along with it: a sealed identifier moved to another row does not open.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from auth_pin.faults import ProfileUnreadable
from auth_pin.identifiers import MOST_DIGITS

NONCE_BYTES = 12

_PURPOSE = b"centrala: identifiers at rest"


class IdentifierSeal:
    """Seals and opens identifiers of one installation."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(key))

    def close(self, identifier: str, subject: str) -> bytes:
        """The sealed identifier of the profile `subject`: nonce, then ciphertext; as long for any identifier."""
        nonce = os.urandom(NONCE_BYTES)
        padded = identifier.ljust(MOST_DIGITS).encode("ascii")
        return nonce + self._cipher.encrypt(nonce, padded, subject.encode("ascii"))

    def open(self, sealed: bytes, subject: str) -> str:
        """The identifier. Raises ProfileUnreadable: sealed with another key, for another profile, or damaged."""
        try:
            padded = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], subject.encode("ascii"))
        except (InvalidTag, ValueError):
            raise ProfileUnreadable(
                f"profile {subject}: its identifier cannot be read; the row is damaged or made with another key"
            ) from None
        return padded.decode("ascii").rstrip()
