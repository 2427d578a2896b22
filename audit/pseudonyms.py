"""What entries call a person: a pseudonym under a key of their own, which nobody can tell once that is destroyed."""

from __future__ import annotations

import hashlib
import hmac

_PSEUDONYM = b"centrala audit pseudonym 1"


def pseudonym(key: bytes) -> str:
    """The pseudonym under a person's key, 64 hexadecimal digits."""
    return hmac.digest(key, _PSEUDONYM, hashlib.sha256).hex()
