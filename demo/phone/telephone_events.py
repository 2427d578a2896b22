"""Keys of a telephone as RTP events (RFC 4733)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from demo.phone.g711 import FRAME_SAMPLES
from demo.phone.rtp import MalformedPacketError

KEYS = "0123456789*#ABCD"
"""Every key, at the place of its event code (RFC 4733, table 3)."""

END_PACKETS = 3
"""How often the end of an event is sent, so that one lost packet loses nothing (section 2.5.1.4)."""

_PAYLOAD = struct.Struct("!BBH")
_END = 0x80
_VOLUME_DBM0 = 10


@dataclass(frozen=True, slots=True)
class TelephoneEvent:
    """One packet's report about a key: which, whether it is over, how long it has been held (samples)."""

    key: str
    end: bool
    duration: int

    def encode(self) -> bytes:
        """Return the packet's payload."""
        return _PAYLOAD.pack(KEYS.index(self.key), _VOLUME_DBM0 | (_END if self.end else 0), self.duration)


def parse_event(payload: bytes) -> TelephoneEvent | None:
    """Read a payload; None for an event that is no key. Raises `MalformedPacketError`."""
    if len(payload) < _PAYLOAD.size:
        raise MalformedPacketError(f"telephone event of {len(payload)} bytes")
    code, flags, duration = _PAYLOAD.unpack_from(payload)
    if code >= len(KEYS):
        return None
    return TelephoneEvent(KEYS[code], bool(flags & _END), duration)


def reports(key: str, frames: int) -> Iterator[TelephoneEvent]:
    """Yield what is sent for a key held for so many frames of 20 ms: growing reports, then the end thrice."""
    for frame in range(1, frames + 1):
        yield TelephoneEvent(key, False, frame * FRAME_SAMPLES)
    for _ in range(END_PACKETS):
        yield TelephoneEvent(key, True, frames * FRAME_SAMPLES)
