"""WAV files of every honest kind are read; of the others it is said in words what is wrong."""

from __future__ import annotations

import audioop
import io
import os
import wave
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.faults import DamagedSound
from recordings.wav import Format, is_finished, later, open_wav
from tests.recordings.sounds import HOSTILE, RATE, header, tone, write

SAMPLES = tone(0.5)


def heard(path: Path, frames: int = 1000) -> bytes:
    """All samples of a file, read in pieces."""
    with open_wav(path) as wav:
        return b"".join(wav.pieces(frames))


@pytest.mark.parametrize("frames", [1, 999, 4000, 5000])
def test_pieces_make_the_whole(tmp_path: Path, frames: int) -> None:
    """Of any size."""
    assert SAMPLES == heard(write(tmp_path / "a.wav", SAMPLES), frames)


@pytest.mark.parametrize("width", [1, 3, 4])
def test_other_widths_are_heard_with_16_bits(tmp_path: Path, width: int) -> None:
    """Eight have no sign in WAV; what they lose is less than their own step."""
    raw = audioop.lin2lin(SAMPLES, 2, width)
    raw = audioop.bias(raw, 1, 128) if width == 1 else raw
    found = heard(write(tmp_path / "a.wav", raw, width=width))
    difference = audioop.add(found, audioop.mul(SAMPLES, 2, -1), 2)
    assert audioop.max(difference, 2) <= (256 if width == 1 else 0)


@pytest.mark.parametrize(("coding", "encode"), [(6, audioop.lin2alaw), (7, audioop.lin2ulaw)])
def test_telephone_codings_are_heard(tmp_path: Path, coding: int, encode: object) -> None:
    """A-law and mu-law need no other program."""
    raw = encode(SAMPLES, 2)  # type: ignore[operator]
    path = tmp_path / "a.wav"
    path.write_bytes(header(len(raw), coding=coding, bits=8) + raw)
    decode = {6: audioop.alaw2lin, 7: audioop.ulaw2lin}[coding]
    assert decode(raw, 2) == heard(path)


def test_chunks_between_are_passed_over(tmp_path: Path) -> None:
    """Whatever they say, and padded where their length is odd."""
    whole = header(len(SAMPLES))
    path = tmp_path / "a.wav"
    path.write_bytes(whole[:36] + b"LIST\x03\0\0\0abc\0" + whole[36:] + SAMPLES + b"LIST\x04\0\0\0more")
    assert SAMPLES == heard(path)


def test_what_an_asterisk_that_died_had_written_is_all_there(tmp_path: Path) -> None:
    """Its header still says that there is nothing."""
    path = tmp_path / "a.wav"
    path.write_bytes(header(0) + SAMPLES)
    assert SAMPLES == heard(path)
    assert not is_finished(path)
    assert is_finished(write(path, SAMPLES))


@pytest.mark.parametrize(("content", "told"), HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_sound_is_told_in_words(tmp_path: Path, content: bytes, told: str) -> None:
    """And is not finished or harmless by chance."""
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(DamagedSound) as fault:
        heard(path)
    assert str(fault.value).startswith(told)


def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path) -> None:
    """A pipe that nobody writes to, a folder, nothing."""
    os.mkfifo(tmp_path / "pipe")
    for path, told in ((tmp_path / "pipe", "it is no file"), (tmp_path, "it is no file"), (tmp_path / "x", "missing")):
        with pytest.raises(DamagedSound, match=told):
            heard(path)


def test_a_file_that_shrinks_while_it_is_read_is_told(tmp_path: Path) -> None:
    """Between two pieces."""
    path = write(tmp_path / "a.wav", tone(20))
    with open_wav(path) as wav:
        pieces = wav.pieces(RATE * 10)
        next(pieces)
        os.truncate(path, 1000)
        with pytest.raises(DamagedSound, match="shorter"):
            next(pieces)


@given(st.binary(max_size=200), st.integers(0, 44), st.integers(0, 2**32 - 1))
def test_no_bytes_bring_the_reader_down(
    tmp_path_factory: pytest.TempPathFactory, tail: bytes, place: int, said: int
) -> None:
    """A header with four bytes of chance in it, and chance behind it: sound or a fault, never more than there is."""
    path = tmp_path_factory.getbasetemp() / "chance.wav"
    whole = bytearray(header(len(tail)) + tail)
    whole[place : place + 4] = said.to_bytes(4, "little")
    path.write_bytes(whole)
    found = b"-"
    with suppress(DamagedSound):
        found = heard(path)
    assert 0 < len(found) <= 2 * len(whole)


def test_a_format_is_told_as_people_do() -> None:
    """Rate, channels, width."""
    assert "44100 Hz stereo 16 bit" == str(Format(2, 44100, 2))
    assert "8000 Hz mono 8 bit mu-law" == str(Format(1, 8000, 1, 7))


@given(st.binary(min_size=2, max_size=400).map(lambda raw: raw[: len(raw) // 2 * 2]), st.floats(0, 0.02))
def test_a_sound_may_begin_later(tmp_path_factory: pytest.TempPathFactory, samples: bytes, seconds: float) -> None:
    """By whole moments, whatever pieces it comes in; a header that tells what is left."""
    path = write(tmp_path_factory.getbasetemp() / "later.wav", samples)
    whole = path.read_bytes()
    pieces = iter([whole[:60], whole[60:61], whole[61:]])
    rest = samples[2 * round(seconds * RATE) :]
    with wave.open(io.BytesIO(b"".join(later(pieces, seconds)))) as file:
        assert (len(rest) // 2, rest) == (file.getnframes(), file.readframes(len(samples)))


def test_what_is_no_sound_cannot_begin_later() -> None:
    """It is told as anywhere."""
    with pytest.raises(DamagedSound, match="it is empty"):
        list(later(iter([]), 1))
