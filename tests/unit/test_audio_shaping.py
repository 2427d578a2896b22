from __future__ import annotations

import io
import math
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from structlog.testing import capture_logs

import provision
from ivr.audio import AudioError, PromptStore, wav
from ivr.audio.saying import addresses, prompts_of, sequences_of
from ivr.audio.shaping import HIGHEST_PEAK, LOUDNESS, MARGIN, ShapeError, shaped
from ivr.audio.speech import Speech
from ivr.definition import Flow
from ivr.prompts import Prompt

Wave = NDArray[np.float64]

HELLO = Prompt("hello", "pl", "Dzień dobry.")


def sines(seconds: float, rate: int, *hertz: float, loudness: float = 0.25) -> Wave:
    """Tones at once, each as loud as said (1.0 is full scale)."""
    time = np.arange(round(seconds * rate)) / rate
    total: Wave = loudness * sum((np.sin(2 * np.pi * tone * time) for tone in hertz), np.zeros(len(time)))
    return total


def as_wav(sound: Wave, rate: int, width: int = 2, channels: int = 1) -> bytes:
    """The sound as a WAV file, the same on every channel."""
    scaled = np.repeat(np.round(sound * (2 ** (8 * width - 1) - 1)).astype(np.int64), channels)
    if width == 1:
        scaled += 128
    raw = b"".join(int(value).to_bytes(width, "little", signed=width > 1) for value in scaled)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(raw)
    return buffer.getvalue()


def heard(pcm: bytes) -> Wave:
    """Samples as numbers, 1.0 being full scale."""
    return np.frombuffer(pcm, np.int16) / 32768.0


def decibels(ratio: float) -> float:
    """An amplitude in dB of full scale."""
    return 20 * math.log10(ratio)


def amplitude(sound: Wave, hertz: float, rate: int = 8000) -> float:
    """How loud one tone is in a sound."""
    window = np.hanning(len(sound))
    phase = np.exp(-2j * np.pi * hertz * np.arange(len(sound)) / rate)
    return float(2 * abs(np.sum(sound * window * phase)) / window.sum())


# Shape


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("rate", [8000, 16000, 22050, 48000])
def test_any_pcm_becomes_telephone_sound(rate: int, width: int, channels: int) -> None:
    """Whatever rate, width and channels a file has, the same tone comes out, as long and as loud."""
    sound = heard(shaped(as_wav(sines(0.4, rate, 1000), rate, width, channels)))
    assert 0.4 == pytest.approx(len(sound) / 8000, abs=0.01)
    assert LOUDNESS == pytest.approx(decibels(float(np.sqrt(np.mean(sound**2)))), abs=0.5)
    assert 0.99 < amplitude(sound, 1000) / (np.sqrt(2) * np.sqrt(np.mean(sound**2)))


@pytest.mark.parametrize("rate", [16000, 22050, 44100])
def test_what_a_telephone_cannot_carry_does_not_come_back(rate: int) -> None:
    """A tone of 5.5 kHz would be heard as one of 2.5 kHz (8 kHz less its own); it is gone instead."""
    sound = heard(shaped(as_wav(sines(0.5, rate, 1000, 5500), rate)))
    assert amplitude(sound, 2500) < amplitude(sound, 1000) / 100


@pytest.mark.parametrize("loudness", [0.01, 0.1, 0.9])
def test_quiet_and_loud_become_alike(loudness: float) -> None:
    """A recording made too quietly is as loud as one made too loudly."""
    sound = heard(shaped(as_wav(sines(0.4, 8000, 1000, loudness=loudness), 8000)))
    assert LOUDNESS == pytest.approx(decibels(float(np.sqrt(np.mean(sound**2)))), abs=0.5)


def test_a_click_does_not_overflow() -> None:
    """Where one peak stands out, all stays quieter, so that the peak is not cut off."""
    quiet = sines(0.4, 8000, 1000, loudness=0.02)
    quiet[1000] = 0.5
    assert HIGHEST_PEAK == pytest.approx(decibels(float(np.abs(heard(shaped(as_wav(quiet, 8000)))).max())), abs=0.1)


def test_silence_around_speech_is_dropped() -> None:
    """Only a breath is kept before the first and after the last sound; silence between sounds stays."""
    silence, tone = np.zeros(8000), sines(0.2, 8000, 1000)
    sound = heard(shaped(as_wav(np.concatenate([silence, tone, silence, tone, silence]), 8000)))
    assert 1.4 + 2 * MARGIN / 1000 == pytest.approx(len(sound) / 8000, abs=0.02)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"RIFF",
        as_wav(sines(0.1, 8000, 1000), 8000)[:-1],
        as_wav(np.zeros(800), 8000),
        as_wav(np.zeros(0), 8000),
        as_wav(sines(0.1, 4000, 1000), 4000),
        as_wav(sines(0.01, 8000, 1000), 400_000),
        as_wav(sines(0.1, 8000, 1000), 8000).replace(b"\x01\x00\x01\x00", b"\x07\x00\x01\x00"),
    ],
    ids=["empty", "cut short", "half a sample", "silent", "nothing", "too slow", "too fast", "mu-law"],
)
def test_what_is_no_sound_is_refused(raw: bytes) -> None:
    """Damaged, silent, compressed and absurd files are refused with a reason."""
    with pytest.raises(ShapeError, match=r"it is not a whole PCM WAV file|nothing to be heard|sample rate"):
        shaped(raw)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 47), st.integers(0, 255)), max_size=6), st.integers(0, 400))
@example([(22, 0), (23, 0)], 400)
@example([(34, 12)], 400)
def test_damage_never_does_more_than_be_refused(changes: Sequence[tuple[int, int]], length: int) -> None:
    """Whatever a header says and wherever a file ends, there is sound or a reason."""
    raw = bytearray(as_wav(sines(0.02, 8000, 1000), 8000))
    for place, value in changes:
        raw[place] = value
    try:
        assert len(shaped(bytes(raw[:length]))) > 0
    except ShapeError as reason:
        told = str(reason)
        assert told


# The operator's own recordings


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A folder with a recording of the greeting."""
    path = tmp_path / "recorded" / "pl" / "hello.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(as_wav(sines(0.5, 44100, 700), 44100, channels=2))
    return tmp_path / "recorded"


@pytest.fixture
def store(tmp_path: Path, recorded: Path) -> PromptStore:
    """A store with those recordings and without a voice."""
    nobody = provision.Program(("/nonexistent/espeak-ng",), "0")
    return PromptStore(tmp_path / "prompts", recorded=recorded, speech=Speech({}, 150, lambda: nobody))


def tone_of(store: PromptStore, prompt: Prompt, *candidates: int) -> int:
    """Which of the tones a prompt sounds like."""
    sound = heard(wav.read(Path(f"{store.sound((prompt,)).path}.wav")))
    return max(candidates, key=lambda hertz: amplitude(sound, hertz))


def test_a_recording_wins_over_speech(store: PromptStore) -> None:
    """Where the operator has recorded a prompt, that is heard, and nobody needs to speak."""
    assert 700 == tone_of(store, HELLO, 500, 700, 900)
    assert 0.5 == pytest.approx(store.sound((HELLO,)).seconds, abs=0.02)


def test_a_prompt_made_while_a_caller_waits_is_told(store: PromptStore) -> None:
    """The log names prompts that no build has made, and only those, and only once."""
    with capture_logs() as logs:
        store.sound((HELLO, HELLO))
        store.sound((HELLO,))
        store.sound((HELLO, HELLO, HELLO))
    told = [(entry["log_level"], entry["event"], entry["prompts"]) for entry in logs]
    assert [("warning", "prompts are rendered while a caller waits", ["hello", "hello"])] == told


def test_a_new_recording_is_heard_after_a_build(store: PromptStore, recorded: Path, small: Flow) -> None:
    """A recording that is replaced has another key, so that the old sound is never heard again."""
    record_all(store, recorded, small)
    report = store.build(small)
    assert len(small.prompts) - len(addresses(small)) * len(small.languages) == report.recorded
    greeting = small.prompts["welcome", "pl"]
    before = store.file_of(greeting)
    (recorded / "pl" / "welcome.wav").write_bytes(as_wav(sines(0.3, 8000, 900), 8000))
    assert 1 == store.build(small).rendered
    assert before != store.file_of(greeting)
    assert 900 == tone_of(store, greeting, 500, 700, 900)


def record_all(store: PromptStore, recorded: Path, flow: Flow) -> None:
    """Record every prompt that can be recorded; put sound in the place of the addresses."""
    for prompt in prompts_of(flow, sequences_of(flow)):
        if flow.prompts[prompt.name, prompt.lang] == prompt:
            path = recorded / prompt.lang / f"{prompt.name}.wav"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(as_wav(sines(0.1 + own_length(prompt), 8000, 500), 8000))
        else:
            wav.write(store.file_of(prompt), wav.silence(0.1))


def own_length(prompt: Prompt) -> float:
    """A little length that tells prompts apart, so that no two recordings are the same file."""
    return int.from_bytes(f"{prompt.lang}{prompt.name}".encode(), "big") % 997 / 8000


def test_an_address_cannot_be_recorded(store: PromptStore, recorded: Path, small: Flow) -> None:
    """One recording in the place of all addresses would send callers to the wrong office; the file is named."""
    path = recorded / "pl" / "address.wav"
    path.write_bytes(as_wav(sines(0.1, 8000, 500), 8000))
    with pytest.raises(AudioError, match="read from the table of offices; delete this recording") as caught:
        store.build(small)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("damage", [b"", b"no sound", None], ids=["empty", "a text", "cut short"])
def test_a_damaged_recording_is_named(store: PromptStore, recorded: Path, damage: bytes | None) -> None:
    """The message says which recording cannot be used."""
    path = recorded / "pl" / "hello.wav"
    path.write_bytes(path.read_bytes()[:-4000] if damage is None else damage)
    with pytest.raises(AudioError, match="this recording cannot be used: it is") as caught:
        store.sound((HELLO,))
    assert str(path) in str(caught.value)


def test_a_recording_from_a_pipe_is_whole(store: PromptStore, recorded: Path) -> None:
    """Programs that write to a pipe leave an absurd length in the header; the sound is all there."""
    path = recorded / "pl" / "hello.wav"
    raw = path.read_bytes()
    path.write_bytes(raw[:4] + b"\xff\xff\xff\xff" + raw[8:40] + b"\xff\xff\xff\xff" + raw[44:])
    assert 0.5 == pytest.approx(store.sound((HELLO,)).seconds, abs=0.02)


def test_a_recording_that_cannot_be_read_is_named(store: PromptStore, recorded: Path) -> None:
    """A folder in the place of a recording is told, not skipped."""
    (recorded / "pl" / "bye.wav").mkdir()
    with pytest.raises(AudioError, match=r"bye\.wav: cannot be read"):
        store.sound((Prompt("bye", "pl", "Do widzenia."),))
