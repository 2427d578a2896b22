"""Averages, shares and percentiles; of nothing there are none."""

from __future__ import annotations

from collections.abc import Sequence


def mean(values: Sequence[float]) -> float | None:
    """The arithmetic mean."""
    return sum(values) / len(values) if values else None


def share(part: float, whole: float) -> float | None:
    """Part of a whole, 0 to 1."""
    return part / whole if whole else None


def nearest_rank(ordered: Sequence[float], percent: int) -> float | None:
    """The smallest value that at least so many percent of all do not exceed: always a value that was measured.

    `ordered` is in ascending order, `percent` 1 to 100.
    """
    return ordered[-(-percent * len(ordered) // 100) - 1] if ordered else None
