"""G.711: the two codecs of the telephone network, 8,000 samples a second, one byte each."""

from __future__ import annotations

import audioop
from enum import IntEnum

SAMPLE_RATE = 8000
"""Samples a second."""

FRAME_SECONDS = 0.02
"""What one RTP packet carries."""

FRAME_SAMPLES = 160
"""Samples in one RTP packet."""

FRAME_BYTES = 2 * FRAME_SAMPLES
"""Bytes of 16-bit sound in one RTP packet's worth."""


class Codec(IntEnum):
    """A codec by its static RTP payload type (RFC 3551, table 4)."""

    PCMU = 0
    PCMA = 8

    @property
    def silence(self) -> bytes:
        """One frame of silence."""
        return (b"\xff" if self is Codec.PCMU else b"\xd5") * FRAME_SAMPLES

    def encode(self, pcm: bytes) -> bytes:
        """16-bit little-endian samples to bytes of this codec."""
        return audioop.lin2ulaw(pcm, 2) if self is Codec.PCMU else audioop.lin2alaw(pcm, 2)

    def decode(self, data: bytes) -> bytes:
        """Bytes of this codec to 16-bit little-endian samples."""
        return audioop.ulaw2lin(data, 2) if self is Codec.PCMU else audioop.alaw2lin(data, 2)
