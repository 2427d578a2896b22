"""The media of one call: what the phone plays and presses goes out, what it hears is recorded."""

from __future__ import annotations

import contextlib
import secrets
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from demo.phone import rtp, sdp
from demo.phone.exchange import Exchange
from demo.phone.g711 import FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS, Codec
from demo.phone.recording import Recording
from demo.phone.sounds import Sound
from demo.phone.telephone_events import END_PACKETS, KEYS, TelephoneEvent, parse_event, reports

_FRAMES_PER_NOTICE = 5

OnFrame = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class HeardKey:
    """A key of the other side: which, when it first came (monotonic), how long it was held (samples)."""

    key: str
    at: float
    duration: int


class Stream:
    """RTP of one call over a socket of its own.

    `notify` is called when something that a test may wait for has happened; for sound, every fifth frame.
    `on_frame` gets the bytes of every frame heard; it runs on the exchange's thread and must be quick.
    """

    def __init__(self, exchange: Exchange, host: str, notify: Callable[[], None]) -> None:
        self.recording = Recording()
        self.keys: list[HeardKey] = []
        self.malformed = 0
        self.sent = 0
        self.sending = False
        self.codec = Codec.PCMU
        self.on_frame: OnFrame | None = None
        self._exchange = exchange
        self._notify = notify
        self._sound: Sound | None = None
        self._presses: deque[TelephoneEvent | None] = deque()
        self._receives_events = self._sends_events = sdp.EVENT_TYPE
        self._sequence, self._timestamp = exchange.first_sequence(), secrets.randbits(31)
        self._ssrc, self._key_began = secrets.randbits(32), 0
        self._last_event_timestamp = -1
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self.port = int(self._socket.getsockname()[1])
        self._open = True
        exchange.watch(self._socket, self._readable)

    @property
    def playing(self) -> bool:
        """Whether a sound is still being played."""
        return self._sound is not None

    @property
    def pressing(self) -> bool:
        """Whether keys are still being sent."""
        return bool(self._presses)

    def agree(self, own: sdp.AudioStream, theirs: sdp.AudioStream) -> None:
        """Send to the other side what it described, from now on."""
        self.codec = next((codec for codec in theirs.codecs if codec in own.codecs), self.codec)
        self._receives_events = -1 if own.event_type is None else own.event_type
        self._sends_events = -1 if theirs.event_type is None else theirs.event_type
        self.sending = theirs.listens
        if self._open and theirs.listens:
            with contextlib.suppress(OSError):  # an address that cannot be reached is silence, not a fault
                self._socket.connect((theirs.host, theirs.port))
            self._exchange.every_frame(self, self._beat)

    def play(self, sound: Sound | None) -> None:
        """Play a sound from its start; None is silence."""
        self._sound = sound

    def press(self, keys: str, duration: float, gap: float) -> None:
        """Queue keys. Raises ValueError where one is no key, or the other side takes no telephone events."""
        if self._sends_events < 0:
            raise ValueError("the other side takes no telephone events")
        frames = max(1, round(duration / FRAME_SECONDS))
        pause = max(0, round(gap / FRAME_SECONDS) - END_PACKETS)
        for key in keys:
            if key not in KEYS:
                raise ValueError(f"not a key: {key!r}")
            self._presses.extend(reports(key, frames))
            self._presses.extend([None] * pause)

    def close(self) -> None:
        """Stop sending and receiving; what has arrived by then was heard, and what was recorded stays."""
        with self._exchange.lock:
            if self._open:
                while self._readable():
                    pass
                self._open = False
                self._sound = None
                self._presses.clear()
                self._exchange.no_more_frames(self)
                self._exchange.unwatch(self._socket)

    def _beat(self) -> None:
        """Send one packet: a key's report if one is due, else the next 20 ms of sound."""
        if self.sending:
            event, sound = self._next_press(), self._next_sound()
            if event:
                self._send_event(event)
            else:
                self._send(int(self.codec), False, self._timestamp, sound)
        self._timestamp += FRAME_SAMPLES

    def _next_press(self) -> TelephoneEvent | None:
        if not self._presses:
            return None
        event = self._presses.popleft()
        if not self._presses:
            self._notify()
        return event

    def _next_sound(self) -> bytes:
        if self._sound is None:
            return self.codec.silence
        sound, self._sound = self._sound, None  # one that raises is not asked again
        frame = next(sound, b"")
        if not frame:
            self._notify()
            return self.codec.silence
        self._sound = sound
        return self.codec.encode(frame.ljust(FRAME_BYTES, b"\0"))

    def _send_event(self, event: TelephoneEvent) -> None:
        """All packets of one key carry the time at which it went down; the first carries the marker."""
        first = event.duration == FRAME_SAMPLES and not event.end
        if first:
            self._key_began = self._timestamp
        self._send(self._sends_events, first, self._key_began, event.encode())

    def _send(self, payload_type: int, marker: bool, timestamp: int, payload: bytes) -> None:
        packet = rtp.Packet(payload_type, marker, self._sequence, timestamp, self._ssrc, payload)
        self._sequence += 1
        with contextlib.suppress(OSError):  # the other side has gone already; the signalling will say so
            self._socket.send(rtp.build(packet))
            self.sent += 1

    def _readable(self) -> bool:
        """Take a packet in; whether there was one."""
        try:
            data = self._socket.recv(2048)
        except OSError:
            return False
        try:
            packet = rtp.parse(data)
            self._receive(packet, time.monotonic())
        except rtp.MalformedPacketError:
            self.malformed += not rtp.is_rtcp(data)
        return True

    def _receive(self, packet: rtp.Packet, at: float) -> None:
        if packet.payload_type in (Codec.PCMU, Codec.PCMA):
            self.recording.add(packet, at)
            if len(self.recording.arrivals) % _FRAMES_PER_NOTICE == 0:
                self._notify()
            if self.on_frame:
                self.on_frame(packet.payload)
        elif packet.payload_type == self._receives_events:
            self._receive_event(packet, at)

    def _receive_event(self, packet: rtp.Packet, at: float) -> None:
        """Take in one report; those of one key share a timestamp, and its end comes several times."""
        event = parse_event(packet.payload)
        if event is None:
            return
        if packet.timestamp != self._last_event_timestamp:
            self._last_event_timestamp = packet.timestamp
            self.keys.append(HeardKey(event.key, at, event.duration))
        else:
            self.keys[-1] = HeardKey(event.key, self.keys[-1].at, event.duration)
        self._notify()
