"""RTP packets, telephone events, sounds and recordings."""

from __future__ import annotations

import contextlib
import itertools
import wave
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.phone import Codec, Recording, sounds
from demo.phone.g711 import FRAME_BYTES, FRAME_SAMPLES
from demo.phone.rtp import MalformedPacketError, Packet, build, is_rtcp, parse
from demo.phone.telephone_events import KEYS, parse_event, reports

packets = st.builds(
    Packet,
    st.integers(0, 127),
    st.booleans(),
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=200),
)


@given(packet=packets)
def test_a_packet_is_read_as_it_was_written(packet: Packet) -> None:
    """What is built parses to the same packet."""
    assert packet == parse(build(packet))


@given(data=st.binary(max_size=60))
def test_no_bytes_upset_the_parser(data: bytes) -> None:
    """Whatever arrives is a packet or is called malformed."""
    with contextlib.suppress(MalformedPacketError):
        parse(data)


def test_optional_parts_are_taken_off() -> None:
    """Contributing sources, an extension and padding are no sound."""
    plain = build(Packet(0, False, 1, 2, 3, b""))
    extended = bytes([0x80 | 0x20 | 0x10 | 0x01]) + plain[1:]
    data = extended + b"CSRC" + b"\0\0\0\1EXTN" + b"sound" + b"\0\0\3"

    assert b"sound" == parse(data).payload


def test_control_packets_are_told_apart() -> None:
    """A sender report is control, a packet of mu-law with a marker is not."""
    assert is_rtcp(bytes([0x80, 200]) + bytes(26))
    assert not is_rtcp(build(Packet(0, True, 1, 2, 3, b"")))


@given(key=st.sampled_from(KEYS), frames=st.integers(1, 50))
def test_a_key_is_reported_from_down_to_up(key: str, frames: int) -> None:
    """Reports grow by 20 ms; the end comes three times with the whole length (RFC 4733, section 2.5.1)."""
    sent = [parse_event(event.encode()) for event in reports(key, frames)]

    assert [frame * FRAME_SAMPLES for frame in range(1, frames + 1)] == [e.duration for e in sent[:-3] if e]
    assert [(key, True, frames * FRAME_SAMPLES)] * 3 == [(e.key, e.end, e.duration) for e in sent[-3:] if e]


def test_an_event_that_is_no_key_is_none() -> None:
    """Flash hook (16) is left alone; a report cut short is malformed."""
    assert parse_event(bytes([16, 10, 0, 160])) is None
    with pytest.raises(MalformedPacketError):
        parse_event(b"\1\2")


def test_a_tone_goes_on_without_a_seam() -> None:
    """The second second of a tone equals its first; a length in seconds is kept."""
    frames = list(itertools.islice(sounds.tone(441), 100))

    assert frames[:50] == frames[50:]
    assert 25 == len(list(sounds.tone(441, 0.5)))


@given(values=st.lists(st.integers(-32768, 32767), max_size=500))
def test_samples_come_in_frames(values: list[int]) -> None:
    """Samples one by one give the frames that the same bytes give, the last one as short as it is."""
    data = b"".join(value.to_bytes(2, "little", signed=True) for value in values)

    assert list(sounds.pcm(data)) == list(sounds.samples(iter(values)))


def test_a_wav_file_is_played_as_it_is(tmp_path: Path) -> None:
    """Mono, 16 bits, 8 kHz plays; any other shape is refused with the file's name."""
    path = tmp_path / "sound.wav"
    write_wav(path, 8000)
    assert b"\1\2" * 200 == b"".join(sounds.wav(path))

    write_wav(path, 16000)
    with pytest.raises(ValueError, match=r"sound\.wav"):
        sounds.wav(path)


def write_wav(path: Path, rate: int) -> None:
    """A short file of one repeated sample."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"\1\2" * 200)


def heard(number: int, timestamp: int, *, ssrc: int = 1, marker: bool = False, codec: Codec = Codec.PCMU) -> Packet:
    """A packet whose samples all carry its number."""
    return Packet(int(codec), marker, number, timestamp, ssrc, bytes([number]) * FRAME_SAMPLES)


@given(delays=st.lists(st.floats(0, 0.5), min_size=1, max_size=30))
def test_late_packets_leave_no_hole(delays: list[float]) -> None:
    """Packets with steady timestamps are put together without a gap, however late each one is."""
    recording, now = Recording(), 0.0
    for number, delay in enumerate(delays):
        now = max(now, number * 0.02 + delay)
        recording.add(heard(number, number * FRAME_SAMPLES), now)

    assert b"".join(bytes([n]) * FRAME_SAMPLES for n in range(len(delays))) == bytes(recording.sound)


def test_a_lost_packet_is_a_silence_of_its_length() -> None:
    """Sound after a loss stays where it belongs."""
    recording = Recording()
    recording.add(heard(1, 0), 0.0)
    recording.add(heard(3, 320), 0.04)

    assert b"\1" * 160 + b"\xff" * 160 + b"\3" * 160 == bytes(recording.sound)


@pytest.mark.parametrize("second", [heard(2, 99_000_000), heard(2, 0, ssrc=2), heard(2, 160, marker=True)])
def test_where_timestamps_say_nothing_arrival_counts(second: Packet) -> None:
    """After a jump, from a new source and at a talk spurt's start, the silence lasts as long as it did."""
    recording = Recording()
    recording.add(heard(1, 0), 10.0)
    recording.add(second, 11.0)

    assert 8000 == recording.arrivals[1].position
    assert 11.0 == recording.arrival_of(8100)
    assert 10.0 == recording.arrival_of(7999)


@given(pauses=st.lists(st.integers(0, 5000), min_size=1, max_size=20), data=st.data())
def test_what_was_sent_can_be_heard_without_the_gaps(pauses: list[int], data: st.DataObject) -> None:
    """The gaps left out, every packet is there once, and each is found again at its time."""
    recording, timestamp = Recording(), 0
    for number, pause in enumerate(pauses):
        timestamp += pause + FRAME_SAMPLES
        recording.add(heard(number, timestamp), timestamp / 8000)
    whole = Codec.PCMU.decode(b"".join(bytes([n]) * FRAME_SAMPLES for n in range(len(pauses))))

    assert whole == recording.sent_pcm()
    assert [a.position / 8000 for a in recording.arrivals] == [
        recording.time_of_sent(n * FRAME_SAMPLES / 8000) for n in range(len(pauses))
    ]
    known = data.draw(st.integers(0, len(pauses) - 1))
    after = recording.arrivals[known].position + FRAME_SAMPLES
    assert whole[(known + 1) * FRAME_BYTES :] == recording.sent_pcm(after)


def test_a_change_of_codec_within_a_call_is_translated() -> None:
    """What comes in another codec later is kept in the first one's bytes."""
    recording = Recording()
    recording.add(heard(1, 0), 0.0)
    recording.add(heard(2, 160, codec=Codec.PCMA), 0.02)
    expected = Codec.PCMU.encode(Codec.PCMA.decode(b"\2" * FRAME_SAMPLES))

    assert b"\1" * FRAME_SAMPLES + expected == bytes(recording.sound)
    assert 2 * FRAME_BYTES == len(recording.pcm())


@pytest.mark.parametrize("codec", Codec)
def test_silence_is_silent(codec: Codec) -> None:
    """The codecs' silence decodes to samples nobody hears."""
    samples = memoryview(codec.decode(codec.silence)).cast("h")

    assert max(abs(sample) for sample in samples) <= 8
