"""The benchmark's sounds are told apart in every packet, and its callers time what they hear."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import tones
from demo.phone import Codec
from demo.phone.g711 import FRAME_SAMPLES

MEASURED = (tones.FIRST, tones.SECOND, tones.GOODBYE)


def frames(hertz: int, codec: Codec) -> list[bytes]:
    """Half a second of a tone as packets."""
    sound = codec.encode(tones.tone(hertz, 0.5).tobytes())
    return [sound[start : start + FRAME_SAMPLES] for start in range(0, len(sound), FRAME_SAMPLES)]


@pytest.mark.parametrize("codec", Codec)
@pytest.mark.parametrize("hertz", MEASURED)
def test_every_packet_tells_its_tone(hertz: int, codec: Codec) -> None:
    """Each 20 ms of a prompt is recognised, the first one included, in both codecs."""
    assert {hertz} == {tones.heard(frame) for frame in frames(hertz, codec)}


@pytest.mark.parametrize("codec", Codec)
def test_silence_is_no_tone(codec: Codec) -> None:
    """A pause between prompts is none of them."""
    assert tones.heard(codec.silence) is None


@pytest.mark.parametrize("codec", Codec)
def test_other_prompts_are_no_measured_tone(codec: Codec) -> None:
    """What a caller hears when something went wrong is not taken for what should have come."""
    assert {None} == {tones.heard(frame) for frame in frames(tones.OTHER[0], codec)}


@given(st.binary(max_size=400))
def test_any_packet_can_be_looked_at(packet: bytes) -> None:
    """Whatever comes in is a tone or none."""
    assert tones.heard(packet) in (None, *MEASURED)


def test_a_recording_of_every_prompt(tmp_path: Path) -> None:
    """Each prompt that a service names gets a recording, those of the measured call their own tone."""
    tones.record(tmp_path / "en", ["welcome", "goodbye", "no-input"])
    assert ["goodbye.wav", "no-input.wav", "welcome.wav"] == sorted(path.name for path in (tmp_path / "en").iterdir())
