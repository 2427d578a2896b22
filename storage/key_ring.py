"""Keys that come from outside every database: the one place where a key management service would stand.

Each has an id. They are files `<id>.key` of 32 bytes in hexadecimal, or a variable of the environment,
"id:hex,id:hex". What a key seals (AES-256-GCM, NIST SP 800-38D) is bound to its purpose, to the key's id and to the
name of what it is of: under another name it does not open.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.files import PRIVATE, sync_folder

KEY_BYTES = 32
LONGEST_ID = 40

_NONCE_BYTES = 12
_MARK = b"centrala key ring mark\x00"
_ID = re.compile(rf"[A-Za-z0-9][A-Za-z0-9-]{{0,{LONGEST_ID - 1}}}")


class KeyFault(Exception):
    """A key cannot be used as it is given; the text says which and what to do, and nothing of the key."""


class WrongKey(Exception):
    """What was sealed does not open: with this key, for this name, or because it is damaged."""


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """Keys by id."""

    keys: Mapping[str, bytes]

    @property
    def current(self) -> str:
        """The last id in alphabetical order."""
        return max(self.keys)

    def mark(self, id: str) -> str:
        """A fingerprint that tells a key from another of its name, and tells nothing of a random key."""
        return hashlib.sha256(_MARK + self.keys[id]).hexdigest()

    def seal(self, id: str, plain: bytes, purpose: str, name: str) -> bytes:
        """The nonce, then the ciphertext: 28 bytes more. Raises KeyError: there is no key of that id."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self.keys[id]).encrypt(nonce, plain, _bound(purpose, id, name))

    def unseal(self, id: str, sealed: bytes, purpose: str, name: str) -> bytes:
        """What was sealed. Raises WrongKey, and KeyError: there is no key of that id."""
        nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self.keys[id]).decrypt(nonce, ciphertext, _bound(purpose, id, name))
        except (InvalidTag, ValueError):
            raise WrongKey(id) from None


def read_ring(folder: Path, environ: Mapping[str, str], variable: str) -> KeyRing | None:
    """The keys of the environment, else of the folder; None where there are none. Raises KeyFault: unusable."""
    text = environ.get(variable, "")
    if text:
        pairs = [pair.partition(":") for pair in text.split(",")]
        found = {id.strip(): _key(value, f"{variable}: {id.strip()}") for id, _, value in pairs}
    else:
        found = {path.stem: _key(_text_of(path), str(path)) for path in sorted(folder.glob("*.key"))}
    for id in found:
        if not _ID.fullmatch(id):
            raise KeyFault(f'"{id}" is no name for a key; use letters, digits and -')
    return KeyRing(found) if found else None


def make_key(folder: Path, id: str) -> Path:
    """Make a key, for its owner alone to read. Raises OSError, FileExistsError where there is one of that id."""
    if not _ID.fullmatch(id):
        raise ValueError("no name for a key")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{id}.key"
    # Whoever reads the folder meanwhile sees no half of a key.
    new = folder / f"{id}.{secrets.token_hex(4)}.new"
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w", encoding="ascii") as file:
            file.write(os.urandom(KEY_BYTES).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(new, path)
    finally:
        new.unlink(missing_ok=True)
    sync_folder(folder)
    return path


def _bound(purpose: str, id: str, name: str) -> bytes:
    return f"{purpose}\n{id}\n{name}".encode()


def _text_of(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, ValueError) as error:
        raise KeyFault(f"{path}: cannot be read ({error}); put it back from your backup") from error


def _key(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyFault(f"{where}: not {KEY_BYTES} bytes in hexadecimal; put it back from your backup")
    return key
