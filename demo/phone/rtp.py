"""RTP packets (RFC 3550, section 5)."""

from __future__ import annotations

import struct
from typing import NamedTuple

_HEADER = struct.Struct("!BBHII")
_VERSION_2 = 0x80
_RTCP_TYPES = range(64, 96)


class MalformedPacketError(ValueError):
    """A datagram that is no RTP packet."""


class Packet(NamedTuple):
    """One RTP packet; a tuple because there are thousands a second."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def build(packet: Packet) -> bytes:
    """Return a packet as it goes on the wire; counters wrap around as the protocol wants."""
    second = packet.payload_type | (0x80 if packet.marker else 0)
    sequence, timestamp = packet.sequence & 0xFFFF, packet.timestamp & 0xFFFFFFFF
    return _HEADER.pack(_VERSION_2, second, sequence, timestamp, packet.ssrc) + packet.payload


def parse(data: bytes) -> Packet:
    """Read one datagram. Raises `MalformedPacketError`."""
    if len(data) < _HEADER.size:
        raise MalformedPacketError(f"{len(data)} bytes")
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    if first >> 6 != 2:
        raise MalformedPacketError(f"version {first >> 6}")
    payload = data[_HEADER.size :] if first == _VERSION_2 else _strip(data, first)
    return Packet(second & 0x7F, second > 0x7F, sequence, timestamp, ssrc, payload)


def is_rtcp(data: bytes) -> bool:
    """Tell a control packet (RFC 5761, section 4), which a phone may receive and need not read."""
    return len(data) > 1 and data[1] & 0x7F in _RTCP_TYPES


def _strip(data: bytes, first: int) -> bytes:
    """Take the optional parts off: contributing sources, an extension, padding."""
    start = _HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:
        if len(data) < start + 4:
            raise MalformedPacketError("extension cut short")
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4])
    end = len(data) - data[-1] if first & 0x20 else len(data)
    if start > end:
        raise MalformedPacketError("longer inside than outside")
    return data[start:end]
