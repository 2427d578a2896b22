"""PINs at rest: Argon2id (RFC 9106) over the PIN keyed with HMAC-SHA256.

A million PINs fall to any hash in hours, so what protects a stolen database is the key, which it does not hold; the
hash protects what is left when the key is stolen too.

What is stored is the hash sealed (`auth_pin.pin_seal`): the database and the `pin` key are nothing to try PINs on.

A hash made elsewhere fits if it is made the same way: HMAC-SHA256 of the PIN's ASCII digits under the 32 bytes of the
installation's `pin` key, the 32-byte result hashed by Argon2id version 19 with m=19456, t=2, p=1, a 16-byte salt and a
32-byte hash, in the PHC string format.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

PARALLEL = 2

# About 26 ms and 19 MiB a hash. Library defaults (182 ms, 64 MiB) would let two cores log in two callers a second.
ARGON2ID = PasswordHasher(
    time_cost=2, memory_cost=19456, parallelism=1, hash_len=32, salt_len=16, encoding="ascii", type=Type.ID
)

FORM = "$argon2id$v=19$m=19456,t=2,p=1"

# The last digits are those that 16 and 32 bytes of unpadded base64 can end in; Argon2 refuses others.
_FORMAT = re.compile(re.escape(FORM) + r"\$[A-Za-z0-9+/]{21}[AQgw]" r"\$[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]")


class _Hashers:
    """Threads that compute hashes, one each at a time; whoever wants one waits.

    Not the callers' own threads: glibc keeps the 19 MiB of a hash in the arena of the thread that computed it, and with
    many callers in many arenas (https://sourceware.org/glibc/wiki/MallocInternals).
    """

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self.threads = ThreadPoolExecutor(at_once, "hasher")


_hashers = _Hashers(PARALLEL)


def allow(number: int) -> None:
    """How many hashes are computed at a time in this process, from 1; to be said before any is."""
    global _hashers
    _hashers = _Hashers(number)


def at_once() -> int:
    """How many hashes are computed at a time in this process."""
    return _hashers.at_once


def hashed(key: bytes, pin: str) -> str:
    """The hash of a PIN, salted afresh. So many are computed at a time in a process as `allow` says; others wait."""
    return _hashers.threads.submit(ARGON2ID.hash, _peppered(key, pin)).result()


def matches(key: bytes, pin_hash: str, pin: str) -> bool:
    """Whether the hash is of this PIN. As much work either way, bounded like `hashed`; a damaged hash is of none."""
    if not is_hash(pin_hash):
        return False
    try:
        return _hashers.threads.submit(ARGON2ID.verify, pin_hash, _peppered(key, pin)).result()
    except VerifyMismatchError:
        return False


def is_hash(text: str) -> bool:
    """Whether the text is a hash of the one form and cost that is used here.

    A cheaper or dearer one would tell, by the time it takes, that its profile exists.
    """
    return _FORMAT.fullmatch(text) is not None


def packed(pin_hash: str) -> bytes:
    """What tells a hash from any other: its salt and what came out of it, 48 bytes. Raises ValueError: it is none."""
    if not is_hash(pin_hash):
        raise ValueError("not a hash of the form that is used here")
    return b"".join(base64.b64decode(f"{part}==") for part in pin_hash.split("$")[-2:])


def unpacked(packed: bytes) -> str:
    """The hash again."""
    salt, tag = (base64.b64encode(part).decode("ascii").rstrip("=") for part in (packed[:16], packed[16:]))
    return f"{FORM}${salt}${tag}"


def _peppered(key: bytes, pin: str) -> bytes:
    return hmac.new(key, pin.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
