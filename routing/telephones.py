"""Telephones by their extensions: one, or a range such as "2001-2365". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

ONE_OR_RANGE = re.compile(r"([0-9]{2,10})(?:-([0-9]{2,10}))?")
MOST = 10_000


def extensions(texts: Iterable[str]) -> tuple[str, ...]:
    """All extensions that the texts name, each once and in order. Raises ValueError, whose text is for people."""
    return tuple(sorted({one for text in texts for one in _extensions(text)}))


def _extensions(text: str) -> list[str]:
    found = ONE_OR_RANGE.fullmatch(text)
    if not found:
        raise ValueError('telephones are an extension or a range of them, such as "1701" or "2001-2365"')
    first, last = found[1], found[2] or found[1]
    if len(first) != len(last) or first > last:
        raise ValueError(f'"{text}" is no range: the first extension is as long as the last one, and before it')
    if int(last) - int(first) >= MOST:
        raise ValueError(f'"{text}" are more than {MOST} telephones')
    return [f"{number:0{len(first)}}" for number in range(int(first), int(last) + 1)]
