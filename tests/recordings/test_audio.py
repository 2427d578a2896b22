"""A conversation as one sound: the caller left, the consultant right, in step, and measured."""

from __future__ import annotations

import audioop
import io
import json
import math
import subprocess
import sys
import wave
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.audio import Measured, write_file, write_sides
from recordings.faults import DamagedSound
from recordings.waveform import PEAKS
from tests.recordings.sounds import HOSTILE, LOUD, RATE, header, silence, tone, write

SAMPLES = st.lists(st.integers(-32768, 32767), min_size=1, max_size=60).map(
    lambda numbers: b"".join(number.to_bytes(2, "little", signed=True) for number in numbers)
)


def sides(folder: Path, caller: bytes, consultant: bytes, name: str = "one") -> tuple[Path, Path]:
    """The two files of a part."""
    return write(folder / f"{name}-caller.wav", caller), write(folder / f"{name}-agent.wav", consultant)


def joined(*parts: tuple[Path, Path]) -> tuple[bytes, bytes, Measured]:
    """What is on the left and on the right of a conversation, and what was measured."""
    target = io.BytesIO()
    measured = write_sides(parts, target, "wav")
    target.seek(0)
    with wave.open(target) as file:
        assert (2, 2, RATE) == (file.getnchannels(), file.getsampwidth(), file.getframerate())
        both = file.readframes(file.getnframes())
    return audioop.tomono(both, 2, 1, 0), audioop.tomono(both, 2, 0, 1), measured


@given(SAMPLES, SAMPLES)
def test_each_side_is_on_a_channel_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, caller: bytes, consultant: bytes
) -> None:
    """Sample by sample; the shorter one is filled with silence."""
    left, right, _ = joined(sides(tmp_path_factory.getbasetemp(), caller, consultant))
    longest = max(len(caller), len(consultant))
    assert (caller.ljust(longest, b"\0"), consultant.ljust(longest, b"\0")) == (left, right)


def test_sides_stay_in_step_across_pieces(tmp_path: Path) -> None:
    """Longer than two pieces, and the caller's side ends first."""
    caller, consultant = tone(12), tone(25.5, hertz=700)
    left, right, measured = joined(sides(tmp_path, caller, consultant))
    assert (caller.ljust(len(consultant), b"\0"), consultant) == (left, right)
    assert 25_500 == measured.duration_ms


def test_parts_follow_one_another(tmp_path: Path) -> None:
    """The second begins where the longer side of the first has ended."""
    first = sides(tmp_path, tone(1), tone(0.5))
    second = sides(tmp_path, tone(0.25, hertz=900), tone(0.75, hertz=900), "two")
    left, right, measured = joined(first, second)
    assert tone(1) + tone(0.25, hertz=900) + silence(0.5) == left
    assert tone(0.5) + silence(0.5) + tone(0.75, hertz=900) == right
    assert 1750 == measured.duration_ms


def test_level_and_silence_are_measured(tmp_path: Path) -> None:
    """A tone on one side for half of the time: half is silent, and its power is a quarter of the tone's."""
    _, _, measured = joined(sides(tmp_path, tone(10) + silence(10), silence(20)))
    of_tone = 20 * math.log10(LOUD / 2**0.5 / 32768)
    assert 0.5 == measured.silence
    assert measured.level_dbfs == pytest.approx(of_tone - 6.02, abs=0.05)


def test_silence_has_no_level(tmp_path: Path) -> None:
    """None rather than minus infinity, which no JSON can hold; and faint noise is silence, too."""
    _, _, nothing = joined(sides(tmp_path, silence(1), silence(1)))
    _, _, faint = joined(sides(tmp_path, tone(1, loud=20), silence(1)))
    assert (None, 1.0, 1.0) == (nothing.level_dbfs, nothing.silence, faint.silence)


def test_a_waveform_shows_where_who_speaks(tmp_path: Path) -> None:
    """400 peaks a channel, in a few kilobytes."""
    _, _, measured = joined(sides(tmp_path, tone(15) + silence(15), silence(15) + tone(15)))
    drawn = json.loads(measured.waveform)
    left, right = drawn["channels"]
    half = PEAKS // 2
    assert (30_000, PEAKS, PEAKS) == (drawn["duration_ms"], len(left), len(right))
    assert ({LOUD >> 7}, {0}) == (set(left[:half]), set(left[half:]))
    assert ({0}, {LOUD >> 7}) == (set(right[:half]), set(right[half:]))
    assert len(measured.waveform) < 4096


@given(SAMPLES)
def test_no_sample_is_left_out_of_a_waveform(tmp_path_factory: pytest.TempPathFactory, caller: bytes) -> None:
    """The loudest of all peaks is the loudest of all samples, however short the sound."""
    _, _, measured = joined(sides(tmp_path_factory.getbasetemp(), caller, caller))
    left, _ = json.loads(measured.waveform)["channels"]
    assert min(audioop.max(caller, 2) >> 7, 255) == max(left)
    assert min(len(caller) // 2, PEAKS) == len(left)


@pytest.mark.parametrize(("content", "told"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_side_that_is_no_sound_is_named(tmp_path: Path, content: bytes, told: str) -> None:
    """Whichever it is; with the other one alone there is no conversation."""
    caller, consultant = sides(tmp_path, tone(1), tone(1))
    consultant.write_bytes(content)
    with pytest.raises(DamagedSound) as fault:
        joined((caller, consultant))
    assert str(fault.value).startswith(f"one-agent.wav: {told}")


@pytest.mark.parametrize(
    ("channels", "rate", "width", "told"),
    [(2, RATE, 2, "8000 Hz stereo 16 bit"), (1, 44100, 2, "44100 Hz mono"), (1, RATE, 1, "8000 Hz mono 8 bit")],
)
def test_a_side_is_as_asterisk_writes_it(tmp_path: Path, channels: int, rate: int, width: int, told: str) -> None:
    """Anything else was not written by it, and would not be in step."""
    caller, consultant = sides(tmp_path, tone(1), tone(1))
    write(caller, tone(1), channels, rate, width)
    with pytest.raises(DamagedSound, match=f"one-caller.wav: it is {told}.*, where a side of a call is 8000 Hz mono"):
        joined((caller, consultant))


@pytest.mark.parametrize(("channels", "rate"), [(1, 8000), (2, 8000), (1, 44100), (2, 48000)])
def test_a_file_of_another_archive_keeps_its_channels_and_rate(tmp_path: Path, channels: int, rate: int) -> None:
    """Sample by sample."""
    samples = tone(2, rate=rate)
    target = io.BytesIO()
    measured = write_file(write(tmp_path / "a.wav", samples, channels, rate), target, "wav")
    target.seek(0)
    with wave.open(target) as file:
        assert (channels, 2, rate) == (file.getnchannels(), file.getsampwidth(), file.getframerate())
        assert samples == file.readframes(file.getnframes())
    assert (channels, rate, 2000 // channels) == (measured.channels, measured.rate, measured.duration_ms)


def test_a_file_of_many_channels_is_refused(tmp_path: Path) -> None:
    """One or two can be heard."""
    path = write(tmp_path / "a.wav", tone(1), channels=4)
    with pytest.raises(DamagedSound, match="it has 4 channels"):
        write_file(path, io.BytesIO(), "wav")


def test_what_is_too_long_for_a_wav_file_is_told(tmp_path: Path) -> None:
    """A file with holes, of mu-law, that would have twice its length as 16-bit sound."""
    path = tmp_path / "long.wav"
    size = 2**32 - 2048
    path.write_bytes(header(size, coding=7, bits=8))
    with path.open("r+b") as file:
        file.truncate(size + 44)
    with pytest.raises(DamagedSound, match="too long for the format wav"):
        write_file(path, io.BytesIO(), "wav")


MEMORY = """
import sys
from pathlib import Path
from recordings.audio import write_sides
folder = Path(sys.argv[1])
with open(folder / "joined", "w+b") as target:
    write_sides([(folder / "one-caller.wav", folder / "one-agent.wav")], target, "wav")
"""


def test_a_long_call_needs_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    """Half an hour (29 MB a side) within what two seconds need, and some megabytes for a piece."""
    used = []
    for seconds in (2, 1800):
        sides(tmp_path, silence(seconds), silence(seconds))
        used.append(_memory_of((sys.executable, "-W", "ignore", "-c", MEMORY, str(tmp_path))))
    short, long = used
    assert long < short + 10_000


def _memory_of(words: tuple[str, ...]) -> int:
    """The most that a process of its own has in memory, in kB."""
    measure = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run((sys.executable, "-c", measure, *words), capture_output=True, text=True, check=True)
    return int(done.stdout)
