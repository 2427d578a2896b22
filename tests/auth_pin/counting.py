"""The real Argon2, watched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from argon2 import PasswordHasher

from auth_pin import pins


class Watched(PasswordHasher):
    """Hashes as the original does; counts, and calls `at_work` while a verification is under way."""

    def __init__(self, at_work: Callable[[], None] = lambda: None) -> None:
        original = pins.ARGON2ID
        super().__init__(
            original.time_cost,
            original.memory_cost,
            original.parallelism,
            original.hash_len,
            original.salt_len,
            original.encoding,
            original.type,
        )
        self.hashed = 0
        self.verified: list[str] = []
        self._at_work = at_work

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        """Hash, and count it."""
        self.hashed += 1
        return super().hash(password, salt=salt)

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        """Verify, keep what was verified against, and call `at_work` first."""
        self.verified.append(hash if isinstance(hash, str) else hash.decode())
        self._at_work()
        return super().verify(hash, password)
