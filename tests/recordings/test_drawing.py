"""Waveforms for people: who speaks when, in a line of a terminal and as a picture."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.drawing import bars, clock, scale, svg
from recordings.faults import RecordingFault
from recordings.waveform import LOUDEST, PEAKS, Peaks, Waveform, read

PEAKS_OF_A_SIDE = st.lists(st.integers(0, LOUDEST), min_size=1, max_size=PEAKS)
ANY_WIDTH = st.integers(1, 300)
SVG = "{http://www.w3.org/2000/svg}"


def test_who_speaks_when_is_seen() -> None:
    """Silence is dots; speech at the level of a telephone is high enough to be seen."""
    assert "▆▆▆▆······" == bars([40] * 4 + [0] * 6, 10)
    assert "··········" == bars([0] * PEAKS, 10)
    assert "██" == bars([LOUDEST] * PEAKS, 2)


@pytest.mark.parametrize(("peak", "bar"), [(0, "·"), (1, "▁"), (2, "▁"), (3, "▂"), (127, "▇"), (128, "█"), (255, "█")])
def test_a_step_is_six_decibels(peak: int, bar: str) -> None:
    """Twice as loud is a step higher, and the faintest sound is no silence."""
    assert bar == bars([peak], 1)


@given(PEAKS_OF_A_SIDE, ANY_WIDTH)
def test_a_line_is_as_wide_as_there_is_room(peaks: list[int], width: int) -> None:
    """In a narrow terminal, in a wide one, and however short the sound."""
    assert width == len(bars(peaks, width))


@given(PEAKS_OF_A_SIDE, ANY_WIDTH)
def test_nothing_loud_is_left_out(peaks: list[int], width: int) -> None:
    """The highest bar is that of the loudest peak; a line of dots means silence."""
    assert bars([max(peaks)], 1) == max(bars(peaks, width), key="·▁▂▃▄▅▆▇█".index)


@given(st.integers(0, 9_000_000), st.integers(20, 200))
def test_the_scale_ends_where_the_sound_does(duration_ms: int, width: int) -> None:
    """Its first moment on the left, its last on the right."""
    line = scale(duration_ms, width)
    assert width == len(line)
    assert ["0:00", clock(duration_ms / 1000)] == line.split()


@pytest.mark.parametrize(("seconds", "told"), [(0, "0:00"), (59.6, "1:00"), (600, "10:00"), (3661, "1:01:01")])
def test_time_is_told_as_clocks_do(seconds: float, told: str) -> None:
    """Hours only where there are any."""
    assert told == clock(seconds)


def test_a_picture_has_a_lane_for_each_side() -> None:
    """A stroke for each stretch that is not silent, names, and the time below."""
    picture = ElementTree.fromstring(
        svg(Peaks(65_000, ((0, 255, 0, 3), (9, 0, 0, 0))), ("caller", "consultant"), "R 1")
    )
    strokes = [(path.get("d") or "").count("M") for path in picture.iter(f"{SVG}path")]
    words = [text.text for text in picture.iter(f"{SVG}text")]
    assert ([2, 1], "R 1") == (strokes, picture.findtext(f"{SVG}title"))
    assert ["caller", "consultant", "0:00", "0:10", "0:20", "0:30", "0:40", "0:50", "1:00"] == sorted(words, key=_last)


@given(PEAKS_OF_A_SIDE, st.integers(1, 9_000_000))
def test_a_picture_stays_within_its_frame(peaks: list[int], duration_ms: int) -> None:
    """However loud, long or short; with ten marks of time at most, and one at least."""
    picture = ElementTree.fromstring(svg(Peaks(duration_ms, (tuple(peaks),)), ("sound",), "R"))
    width, height = float(picture.get("width") or 0), float(picture.get("height") or 0)
    for text in picture.iter(f"{SVG}text"):
        assert 0 <= float(text.get("x") or -1) <= width
        assert 0 <= float(text.get("y") or -1) <= height
    (path,) = picture.iter(f"{SVG}path")
    for stroke in (path.get("d") or "").split("M")[1:]:
        place, length = stroke.split("v")
        x, top = map(float, place.split())
        assert 0 <= x <= width
        assert 0 <= top <= top + float(length) <= height
    marks = len(list(picture.iter(f"{SVG}line"))) - 1
    assert 1 <= marks <= 11


def test_what_is_kept_is_read_again() -> None:
    """And what is no waveform is told."""
    assert Peaks(5, ((0, 0), (0, 0))) == read(Waveform(2, 2).written(5))
    for broken in (b"", b"[]", b'{"version": 1}', b'{"version": 2, "duration_ms": 1, "channels": []}'):
        with pytest.raises(RecordingFault, match="waveform"):
            read(broken)


def _last(word: str | None) -> bool:
    return (word or "")[:1].isdigit()
