"""What append-only logs call a person: a pseudonym under a key of their own.

When the key is destroyed nobody can tell any more whose entries those were, and nothing in the log has changed. Keys
are kept under ids that say nothing: an HMAC of whose they are, under a secret of the service.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from audit.pseudonyms import pseudonym
from recordings.key_store import KeyStore

_IDS = b"centrala people's keys"


class Pseudonyms:
    """Pseudonyms by people's names (`people.Person.names`). `secret` is a key of the installation."""

    def __init__(self, keys: KeyStore, secret: bytes) -> None:
        self._keys = keys
        self._secret = hmac.digest(secret, _IDS, hashlib.sha256)

    def of(self, name: str, at: datetime) -> str:
        """The pseudonym, 64 hexadecimal digits; a key is made where there is none yet. Raises KeyMissing."""
        return pseudonym(self._keys.people.make(self._id(name), at))

    def known(self, name: str) -> str | None:
        """The pseudonym of who has a key. Raises KeyMissing: it cannot be unwrapped."""
        key = self._keys.people.key(self._id(name))
        return None if key is None else pseudonym(key)

    def has(self, names: Iterable[str]) -> bool:
        """Whether one of them has a key."""
        return bool(self._keys.people.has(map(self._id, names)))

    def destroy(self, names: Iterable[str]) -> None:
        """Destroy keys; those that are not there are no fault. `KeyStore.forget_traces` clears what is left of them."""
        self._keys.people.destroy(map(self._id, names))

    def _id(self, name: str) -> str:
        return hmac.digest(self._secret, name.encode(), hashlib.sha256).hex()
