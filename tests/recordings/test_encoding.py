"""Other formats than WAV are written by ffmpeg; where it is not there or fails, that is said and nothing is kept."""

from __future__ import annotations

import subprocess
import tempfile
import wave
from pathlib import Path

import pytest

from recordings.decoding import sound_of
from recordings.encoding import check, written
from recordings.faults import EncoderFault
from tests.recordings.sounds import RATE, tone


@pytest.mark.parametrize("format", ["flac", "opus"])
def test_a_missing_program_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, format: str) -> None:
    """And what to do; WAV needs none."""
    monkeypatch.setenv("PATH", str(tmp_path))
    check("wav")
    with pytest.raises(EncoderFault, match=f"{format} is written by ffmpeg, which is not there: install it"):
        check(format)
    with (
        tempfile.TemporaryFile() as target,
        pytest.raises(EncoderFault, match="not there"),
        written(target, format, 2, RATE),
    ):
        pass


def test_a_program_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In its own words, without what was to be written."""
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho 'Unknown encoder' >&2\nexit 1\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(EncoderFault, match="ffmpeg cannot write opus: Unknown encoder"):
        _write("opus", tone(30))


@pytest.mark.usefixtures("ffmpeg")
@pytest.mark.parametrize("format", ["flac", "opus"])
def test_what_is_written_can_be_heard(tmp_path: Path, format: str) -> None:
    """As long as it was; FLAC sample by sample."""
    samples, path = tone(3), tmp_path / "written"
    with tempfile.TemporaryFile() as target:
        with written(target, format, 1, RATE) as write:
            write(samples[:10000])
            write(samples[10000:])
        target.seek(0)
        path.write_bytes(target.read())
    back = tmp_path / "back.wav"
    words = ("ffmpeg", "-nostdin", "-loglevel", "error", "-i", str(path), "-ar", str(RATE), str(back))
    subprocess.run(words, check=True)
    with wave.open(str(back)) as file:
        found = file.readframes(file.getnframes())
    assert len(found) == pytest.approx(len(samples), abs=2 * RATE // 10)
    assert format == "opus" or samples == found


@pytest.mark.usefixtures("ffmpeg")
@pytest.mark.parametrize("format", ["wav", "flac", "opus"])
def test_what_is_written_can_be_read_again(format: str) -> None:
    """Piece by piece, both channels in step; Opus not sample by sample."""
    samples = tone(2)
    with tempfile.TemporaryFile() as target:
        with written(target, format, 2, RATE) as write:
            write(samples)
        target.seek(0)
        form, sound = sound_of(iter(lambda: target.read(5000), b""), format)
        found = b"".join(sound)
    assert (2, RATE) == (form.channels, form.rate)
    assert len(found) == pytest.approx(len(samples), abs=4 * RATE // 10)
    assert format == "opus" or samples == found


def _write(format: str, samples: bytes) -> None:
    with tempfile.TemporaryFile() as target, written(target, format, 2, RATE) as write:
        write(samples)
