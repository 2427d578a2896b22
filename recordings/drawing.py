"""Waveforms for people to look at: in a line of a terminal for each side, and as a picture (SVG).

Heights are in decibels, six to a step, since speech over a telephone lies far below full scale.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from recordings.waveform import LOUDEST, Peaks

_BARS = "▁▂▃▄▅▆▇█"
_SILENCE = "·"
_STEP_DB = 6
_LOWEST_DB = _STEP_DB * len(_BARS)

_WIDTH, _LANE, _MARGIN, _AXIS = 800, 90, 20, 24
_COLOURS = ("#0072b2", "#d55e00")
_STEPS_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_MOST_TICKS = 10


def bars(peaks: Sequence[int], width: int) -> str:
    """One side in a line of so many characters: the loudest of each stretch; what is silent is a dot."""
    return "".join(_bar(peak) for peak in _fitted(peaks, width))


def scale(duration_ms: int, width: int) -> str:
    """The line below: where the sound begins and ends."""
    begin, end = clock(0), clock(duration_ms / 1000)
    return begin + end.rjust(max(0, width - len(begin)))


def clock(seconds: float) -> str:
    """Minutes and seconds, and hours where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def svg(peaks: Peaks, names: Sequence[str], title: str) -> str:
    """A picture of all sides, one below the other, with the time under them. `title` and `names` are plain words."""
    height = 2 * _MARGIN + _LANE * len(peaks.channels) + _AXIS
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="sans-serif" font-size="12">',
        f"<title>{title}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for number, (channel, name) in enumerate(zip(peaks.channels, names, strict=True)):
        lines += _lane(channel, name, _MARGIN + number * _LANE, _COLOURS[number % len(_COLOURS)])
    lines += _axis(peaks.duration_ms / 1000, _MARGIN + len(peaks.channels) * _LANE)
    return "\n".join([*lines, "</svg>", ""])


def _lane(peaks: Sequence[int], name: str, top: float, colour: str) -> Iterator[str]:
    middle, half = top + _LANE / 2 + 6, _LANE / 2 - 14
    yield f'<text x="{_MARGIN}" y="{top + 8}" fill="{colour}">{name}</text>'
    yield f'<line x1="{_MARGIN}" x2="{_WIDTH - _MARGIN}" y1="{middle}" y2="{middle}" stroke="#c8c8c8"/>'
    step = (_WIDTH - 2 * _MARGIN) / len(peaks)
    heights = ((_MARGIN + (place + 0.5) * step, half * _share(peak)) for place, peak in enumerate(peaks))
    strokes = "".join(f"M{x:.1f} {middle - high:.1f}v{2 * high:.1f}" for x, high in heights if high)
    yield f'<path d="{strokes}" stroke="{colour}" stroke-width="{0.8 * step:.2f}"/>'


def _axis(seconds: float, top: float) -> Iterator[str]:
    step = next((step for step in _STEPS_SECONDS if seconds / step <= _MOST_TICKS), _STEPS_SECONDS[-1])
    for number in range(int(seconds / step) + 1):
        x = _MARGIN + (_WIDTH - 2 * _MARGIN) * number * step / seconds
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{top + 6}" stroke="#606060"/>'
        yield f'<text x="{x:.1f}" y="{top + 20}" fill="#606060" text-anchor="middle">{clock(number * step)}</text>'


def _fitted(peaks: Sequence[int], width: int) -> Iterator[int]:
    for column in range(width):
        begin = column * len(peaks) // width
        yield max(peaks[begin : max(begin + 1, (column + 1) * len(peaks) // width)])


def _bar(peak: int) -> str:
    return _BARS[max(0, math.ceil(_share(peak) * len(_BARS)) - 1)] if peak else _SILENCE


def _share(peak: int) -> float:
    """How high a peak is drawn, 0 to 1; the faintest that is no silence can still be seen."""
    if not peak:
        return 0.0
    return max(1 / _LOWEST_DB, 1 + 20 * math.log10(peak / LOUDEST) / _LOWEST_DB)
