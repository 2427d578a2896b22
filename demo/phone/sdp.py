"""Session descriptions for one stream of telephone sound (RFC 8866, offered and answered as in RFC 3264)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from demo.phone.g711 import Codec

EVENT_TYPE = 101
"""The dynamic payload type a phone offers for telephone events."""

_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_MIRROR = {"sendonly": "recvonly", "recvonly": "sendonly"}
_HOLD_ADDRESS = "0.0.0.0"
_MOST_PORT = 65535


class MalformedDescriptionError(ValueError):
    """A body that describes no stream of sound; the text says why."""


@dataclass(frozen=True, slots=True)
class AudioStream:
    """One side of a stream of sound.

    `event_type` is the payload type of telephone events, None where this side takes none.
    """

    host: str
    port: int
    codecs: tuple[Codec, ...]
    event_type: int | None = EVENT_TYPE
    direction: str = "sendrecv"

    @property
    def listens(self) -> bool:
        """Whether this side wants to be sent anything."""
        wants = self.direction in ("sendrecv", "recvonly")
        return wants and self.host != _HOLD_ADDRESS and self.port != 0

    def encode(self, version: int = 1) -> bytes:
        """Return the description as a message body."""
        types = [str(int(codec)) for codec in self.codecs]
        lines = [f"a=rtpmap:{int(codec)} {codec.name}/8000" for codec in self.codecs]
        if self.event_type is not None:
            types.append(str(self.event_type))
            lines += [f"a=rtpmap:{self.event_type} telephone-event/8000", f"a=fmtp:{self.event_type} 0-16"]
        head = [
            "v=0",
            f"o=- 1 {version} IN IP4 {self.host}",
            "s=-",
            f"c=IN IP4 {self.host}",
            "t=0 0",
            f"m=audio {self.port} RTP/AVP {' '.join(types)}",
        ]
        return "\r\n".join([*head, *lines, "a=ptime:20", f"a={self.direction}", ""]).encode("ascii")


def parse_description(body: bytes) -> AudioStream:
    """Read the first stream of sound in a message body. Raises `MalformedDescriptionError`."""
    text = body.decode("latin-1")
    session, _, media = text.partition("m=audio ")
    media = media.split("\nm=")[0]
    line = re.match(r"(\d{1,5})(?:/\d+)? RTP/AVP([ \d]*)", media)
    host = _connection(media) or _connection(session)
    if not line or not host or int(line[1]) > _MOST_PORT:
        raise MalformedDescriptionError("no stream of sound over RTP/AVP and IPv4")
    known = {str(int(codec)): codec for codec in Codec}
    event = re.search(r"a=rtpmap:(1[01]\d|12[0-7]|9[6-9]) telephone-event/8000", media, re.IGNORECASE)
    return AudioStream(
        host=host,
        port=int(line[1]),
        codecs=tuple(known[word] for word in line[2].split() if word in known),
        event_type=int(event[1]) if event else None,
        direction=_direction(media) or _direction(session) or "sendrecv",
    )


def agree(own: AudioStream, theirs: AudioStream) -> AudioStream:
    """Return what to answer an offer with: the codecs both know in the offer's order, its event type.

    Raises `MalformedDescriptionError` where nothing is in common.
    """
    codecs = tuple(codec for codec in theirs.codecs if codec in own.codecs)
    if not codecs:
        raise MalformedDescriptionError("no codec in common")
    event_type = theirs.event_type if own.event_type is not None else None
    direction = _MIRROR.get(theirs.direction, theirs.direction)
    return AudioStream(own.host, own.port, codecs[:1], event_type, direction)


def _connection(part: str) -> str:
    match = re.search(r"^c=IN IP4 ([\d.]+)", part, re.MULTILINE)
    try:
        return str(ipaddress.IPv4Address(match[1])) if match else ""
    except ValueError:
        return ""


def _direction(part: str) -> str:
    match = re.search(rf"^a=({'|'.join(_DIRECTIONS)})\s*$", part, re.MULTILINE)
    return match[1] if match else ""
