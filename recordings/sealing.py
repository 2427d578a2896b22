"""Sealed files: sound at rest, encrypted piece by piece, so that it needs no memory and can be heard as it opens.

AES-256-GCM (NIST SP 800-38D) in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015): the nonce
of each piece holds a random prefix, the piece's number and whether it is the last one. Pieces that are changed, moved,
left out or cut off at the end do not open; nor does a file under another recording's name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recordings.faults import SealBroken

KEY_BYTES = 32
PIECE_BYTES = 64 * 1024

_MAGIC = b"centrala sealed 1\n"
_PREFIX_BYTES = 7
_TAG_BYTES = 16
_MOST_PIECES = 2**32
_HEADER_BYTES = len(_MAGIC) + _PREFIX_BYTES


class Readable(Protocol):
    """What can be read once, from where it stands."""

    def read(self, size: int, /) -> bytes:
        """Some bytes, so many at most; none at the end."""


def seal(plain: Readable, sealed: BinaryIO, key: bytes, name: str) -> int:
    """Write what can be read from `plain` to `sealed`, under a key of 32 bytes and a name: how many bytes it takes.

    Raises OSError. A key is for the few files of one recording: their nonces differ by chance.
    """
    header = _MAGIC + os.urandom(_PREFIX_BYTES)
    size = sealed.write(header)
    cipher, bound = AESGCM(key), header + name.encode()
    piece = _read(plain, PIECE_BYTES)
    for number in range(_MOST_PIECES):
        following = _read(plain, PIECE_BYTES)
        size += sealed.write(cipher.encrypt(_nonce(header, number, last=not following), piece, bound))
        if not following:
            return size
        piece = following
    raise ValueError("too long to be sealed")


def unseal(sealed: BinaryIO, key: bytes, name: str) -> Iterator[bytes]:
    """What was sealed, piece by piece; each has been proven before it is given. Raises SealBroken, OSError."""
    header = _read(sealed, _HEADER_BYTES)
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise SealBroken("not a sealed recording")
    cipher, bound = AESGCM(key), header + name.encode()
    piece = _read(sealed, PIECE_BYTES + _TAG_BYTES)
    for number in range(_MOST_PIECES):
        following = _read(sealed, PIECE_BYTES + _TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(header, number, last=not following), piece, bound)
        except InvalidTag:
            raise SealBroken("changed, cut short, or sealed for another recording or with another key") from None
        if not following:
            return
        piece = following


def _nonce(header: bytes, number: int, *, last: bool) -> bytes:
    return header[len(_MAGIC) :] + number.to_bytes(4) + bytes([last])


def _read(file: Readable, size: int) -> bytes:
    """So many bytes, or what is left; a pipe may give fewer at a time."""
    parts = bytearray()
    while len(parts) < size and (part := file.read(size - len(parts))):
        parts += part
    return bytes(parts)
