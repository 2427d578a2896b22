"""The URLs that the carrier is given. They hold ids, numbers of turns and signatures, and nothing of the caller. Pure.

Those of sounds are signed and expire. A sound that many callers hear has the same URL for an hour, so that the carrier
may keep it; digits of somebody's number are a sound of their call, whose URL does not tell them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field

PREFIX = "/twilio"
SIGNATURE_BYTES = 16
# A URL of a sound lives for one to two of these.
EXPIRY_STEP = 3600


@dataclass(frozen=True, slots=True)
class Links:
    """URLs below `base`, which the carrier reaches us by; `key` signs those of sounds."""

    base: str
    key: bytes = field(repr=False)

    def beginning(self) -> str:
        """Where a call begins."""
        return f"{self.base}{PREFIX}/voice"

    def turn(self, call_id: str, seq: int) -> str:
        """Where is told what has come of a turn."""
        return f"{self.base}{PREFIX}/calls/{call_id}/{seq}"

    def dialled(self, call_id: str, seq: int) -> str:
        """Where is told that a turn's SIP leg has ended."""
        return f"{self.turn(call_id, seq)}/dialled"

    def report(self, message_id: str) -> str:
        """Where is told what has become of a text message."""
        return f"{self.base}{PREFIX}/messages/{message_id}"

    def sound(self, name: str, now: float) -> str:
        """A file of the prompt store."""
        return self._signed("sounds", name, now)

    def number(self, call_id: str, seq: int, place: int, now: float) -> str:
        """Digits that are said in a turn of a call: the run of them that begins with the prompt at `place`."""
        return self._signed("numbers", f"{call_id}.{seq}.{place}", now)

    def _signed(self, kind: str, name: str, now: float) -> str:
        until = (int(now) // EXPIRY_STEP + 2) * EXPIRY_STEP
        return f"{self.base}{PREFIX}/{kind}/{until}/{self._signature(kind, name, until)}/{name}.wav"

    def is_genuine(self, kind: str, name: str, until: int, signature: str, now: float) -> bool:
        """Whether a URL of a sound is one of ours, and may still be used."""
        wanted = self._signature(kind, name, until)
        return now < until and hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace"))

    def _signature(self, kind: str, name: str, until: int) -> str:
        told = f"{kind}\x00{until}\x00{name}".encode()
        digest = hmac.new(self.key, told, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:SIGNATURE_BYTES]).decode("ascii").rstrip("=")
