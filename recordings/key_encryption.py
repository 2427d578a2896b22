"""Keys that encrypt keys, of the kind that `storage.key_ring` reads.

Each recording has a key of its own; what is stored of it is wrapped by one of these. The last id in alphabetical order
wraps; the others only unwrap, until everything is wrapped anew (`KeyStore.rewrap`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recordings.faults import KeyMissing
from storage.key_ring import KeyFault, KeyRing, WrongKey, read_ring

VARIABLE = "CENTRALA_RECORDING_KEYS"

_PURPOSE = "centrala recording key"


@dataclass(frozen=True, slots=True, repr=False)
class KeyEncryption(KeyRing):
    """Keys by id. `current` is the id of the one that wraps."""

    def wrap(self, key: bytes, recording_id: str) -> tuple[str, bytes]:
        """The id of the key that wraps, and a recording's key as it may be stored; it opens for no other recording."""
        return self.current, self.seal(self.current, key, _PURPOSE, recording_id)

    def unwrap(self, id: str, wrapped: bytes, recording_id: str) -> bytes:
        """A recording's key. Raises KeyMissing: there is no key of that id, or it is not the one that wrapped this."""
        if id not in self.keys:
            raise KeyMissing(f"the key {id}, which wraps recordings' keys, is missing; put it back from your backup")
        try:
            return self.unseal(id, wrapped, _PURPOSE, recording_id)
        except WrongKey:
            raise KeyMissing(f"recording {recording_id}: the key {id} is not the one that wrapped its key") from None


def read_keys(folder: Path, environ: Mapping[str, str]) -> KeyEncryption | None:
    """The keys of the environment, else of the folder; None where there are none. Raises KeyMissing: unusable."""
    try:
        found = read_ring(folder, environ, VARIABLE)
    except KeyFault as fault:
        raise KeyMissing(str(fault)) from fault
    return None if found is None else KeyEncryption(found.keys)
