"""What a phone has heard: the sound as it was meant to be, and when each piece of it came."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from demo.phone.g711 import SAMPLE_RATE, Codec
from demo.phone.rtp import Packet

_LONGEST_GAP_SECONDS = 600
_SLACK = SAMPLE_RATE // 2
_STANDSTILL = 3 * SAMPLE_RATE // 50


class Arrival(NamedTuple):
    """One packet of sound: when it came (monotonic seconds) and where its sound begins (samples)."""

    at: float
    position: int
    sequence: int
    timestamp: int
    ssrc: int


class Gap(NamedTuple):
    """A stretch of silence in place of packets that were never sent: where it begins and how long it is (samples)."""

    position: int
    length: int


class Recording:
    """The sound of one call, in time: where nothing was sent there is silence, and `gaps` tells so.

    Packets are put together by their RTP timestamps, so that late ones leave no hole. Where timestamps say
    nothing (a new source, a talk spurt's marker, a jump) the time of arrival counts.
    """

    def __init__(self) -> None:
        self.codec = Codec.PCMU
        self.sound = bytearray()
        self.arrivals: list[Arrival] = []
        self.gaps: list[Gap] = []

    @property
    def seconds(self) -> float:
        """The length of what was heard so far."""
        return len(self.sound) / SAMPLE_RATE

    def pcm(self, start: int = 0) -> bytes:
        """Return the sound from a sample on, as 16-bit little-endian samples."""
        return self.codec.decode(bytes(self.sound[start:]))

    def sent_pcm(self, start: int = 0) -> bytes:
        """Return only what was sent from a sample on, the gaps left out, as 16-bit little-endian samples.

        A busy machine tears a sound apart in time, but leaves nothing out: so it is still whole here.
        """
        sent = bytearray()
        for position, length in self.gaps:
            if position >= start:
                sent += self.sound[start:position]
                start = position + length
        return self.codec.decode(bytes(sent + self.sound[start:]))

    def time_of_sent(self, seconds: float) -> float:
        """Return at which second of the call something sounded, given its place in `sent_pcm`."""
        position = round(seconds * SAMPLE_RATE)
        for gap in self.gaps:
            if gap.position <= position:
                position += gap.length
        return position / SAMPLE_RATE

    def arrival_of(self, position: int) -> float:
        """Return when the sample at a position came, in monotonic seconds. Raises IndexError when empty."""
        index = bisect_right(self.arrivals, position, key=lambda arrival: arrival.position) - 1
        return self.arrivals[max(index, 0)].at

    def add(self, packet: Packet, at: float) -> None:
        """Append one packet of sound."""
        codec = Codec(packet.payload_type)
        if not self.arrivals:
            self.codec = codec
        payload = packet.payload
        if codec is not self.codec:
            payload = self.codec.encode(codec.decode(payload))
        if (gap := self._gap_before(packet, at)) > 0:
            self.gaps.append(Gap(len(self.sound), gap))
            self.sound += self.codec.silence[:1] * gap
        arrival = Arrival(at, len(self.sound), packet.sequence, packet.timestamp, packet.ssrc)
        self.arrivals.append(arrival)
        self.sound += payload

    def _gap_before(self, packet: Packet, at: float) -> int:
        """Return how many samples are missing between what is here and this packet."""
        if not self.arrivals:
            return 0
        last = self.arrivals[-1]
        elapsed = round((at - last.at) * SAMPLE_RATE)
        heard_since = len(self.sound) - last.position
        by_timestamp = (packet.timestamp - last.timestamp) & 0xFFFFFFFF
        steady = packet.ssrc == last.ssrc and not packet.marker
        if steady and by_timestamp <= max(elapsed, 0) + _SLACK:
            return by_timestamp - heard_since
        by_arrival = min(elapsed, _LONGEST_GAP_SECONDS * SAMPLE_RATE) - heard_since
        return by_arrival if by_arrival > _STANDSTILL else 0
