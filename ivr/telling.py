"""Which prompts tell a waiting caller the place in the queue and the wait. Pure; the words are the menu file's."""

from __future__ import annotations

from ivr.definition import LEAVING, Flow
from ivr.lookups import Said
from routing.estimates import MOST_PLACES, Estimate, nearer, shorter


def place_name(place: int) -> str:
    """The name of the prompt that tells a place; those far behind are one."""
    return f"place-{place}" if place <= MOST_PLACES else "place-far"


def range_name(low: int, high: int | None) -> str:
    """The name of the prompt that tells a wait, in minutes."""
    return f"wait-over-{low}" if high is None else f"wait-{low}-{high}"


def news(flow: Flow, lang: str, told: Estimate | None, now: Estimate) -> Said:
    """What a caller is told who was told `told` before: everything at first, then only what has improved."""
    names = []
    if nearer(told, now):
        names.append(place_name(now.place))
    if shorter(told, now):
        names.append(range_name(now.low, now.high))
    if told is None:
        names.append(LEAVING)
    found = (flow.prompts.get((name, lang)) for name in names)
    return tuple(prompt for prompt in found if prompt is not None)
