"""Keys that encrypt keys: the one place where a key management service would stand.

Each recording has a key of its own; what is stored of it is wrapped by one of these, which come from outside every
database: files `<id>.key` of 32 bytes in hexadecimal, or CENTRALA_RECORDING_KEYS, "id:hex,id:hex". The last id in
alphabetical order wraps; the others only unwrap, until everything is wrapped anew (`KeyStore.rewrap`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recordings.faults import KeyMissing
from recordings.sealing import KEY_BYTES
from storage.files import sync_folder

VARIABLE = "CENTRALA_RECORDING_KEYS"

_NONCE_BYTES = 12
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True, repr=False)
class KeyEncryption:
    """Keys by id. `current` is the id of the one that wraps."""

    keys: Mapping[str, bytes]

    @property
    def current(self) -> str:
        """The id of the key that wraps."""
        return max(self.keys)

    def wrap(self, key: bytes, recording_id: str) -> tuple[str, bytes]:
        """The id of the key that wraps, and a recording's key as it may be stored; it opens for no other recording."""
        nonce = os.urandom(_NONCE_BYTES)
        bound = _bound(self.current, recording_id)
        return self.current, nonce + AESGCM(self.keys[self.current]).encrypt(nonce, key, bound)

    def unwrap(self, id: str, wrapped: bytes, recording_id: str) -> bytes:
        """A recording's key. Raises KeyMissing: there is no key of that id, or it is not the one that wrapped this."""
        if id not in self.keys:
            raise KeyMissing(f"the key {id}, which wraps recordings' keys, is missing; put it back from your backup")
        nonce, sealed = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        try:
            return AESGCM(self.keys[id]).decrypt(nonce, sealed, _bound(id, recording_id))
        except (InvalidTag, ValueError):
            raise KeyMissing(f"recording {recording_id}: the key {id} is not the one that wrapped its key") from None


def read_keys(folder: Path, environ: Mapping[str, str]) -> KeyEncryption | None:
    """The keys of the environment, else of the folder; None where there are none. Raises KeyMissing: unusable."""
    text = environ.get(VARIABLE, "")
    if text:
        pairs = [pair.partition(":") for pair in text.split(",")]
        found = {id.strip(): _key(value, f"{VARIABLE}: {id.strip()}") for id, _, value in pairs}
    else:
        found = {path.stem: _key(_text_of(path), str(path)) for path in sorted(folder.glob("*.key"))}
    for id in found:
        if not _ID.fullmatch(id):
            raise KeyMissing(f'"{id}" is no name for a key; use letters, digits and -')
    return KeyEncryption(found) if found else None


def make_key(folder: Path, id: str) -> Path:
    """Make a key, for its owner alone to read. Raises OSError, FileExistsError where there is one of that id."""
    if not _ID.fullmatch(id):
        raise ValueError("no name for a key")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{id}.key"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(os.urandom(KEY_BYTES).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder)
    return path


def _bound(id: str, recording_id: str) -> bytes:
    return f"centrala recording key\n{id}\n{recording_id}".encode()


def _text_of(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, ValueError) as error:
        raise KeyMissing(f"{path}: cannot be read ({error}); put it back from your backup") from error


def _key(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyMissing(f"{where}: not {KEY_BYTES} bytes in hexadecimal; put it back from your backup")
    return key
