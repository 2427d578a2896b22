"""Which prompts tell callers waits, and their places in queues. Pure; the words are the menu file's."""

from __future__ import annotations

from ivr.definition import LEAVING, NONE, OFFERING, Flow
from ivr.lookups import Said
from routing.estimates import BOUNDS, MINUTE, MOST_PLACES, Estimate, nearer, shorter

# Waits for the next try at a PIN are told as at most so many minutes.
DELAYS = BOUNDS[1:]


def place_name(place: int) -> str:
    """The name of the prompt that tells a place; those far behind are one."""
    return f"place-{place}" if place <= MOST_PLACES else "place-far"


def range_name(low: int, high: int | None) -> str:
    """The name of the prompt that tells a wait, in minutes."""
    return f"wait-over-{low}" if high is None else f"wait-{low}-{high}"


def delay(seconds: int) -> int:
    """The minutes that a wait for the next try at a PIN is told as: no fewer than it has, but for more than an hour."""
    return next((minutes for minutes in DELAYS if minutes * MINUTE >= seconds), DELAYS[-1])


def delay_name(prompt: str, minutes: int) -> str:
    """The name of the prompt that tells such a wait in the words of `prompt`."""
    return f"{prompt}-{minutes}"


def news(flow: Flow, lang: str, told: Estimate | None, now: Estimate, *, offer: bool = False) -> Said:
    """What a caller is told who was told `told` before: everything at first, then only what has improved.

    `offer`: and that there is a callback to be had.
    """
    names = []
    if nearer(told, now):
        names.append(place_name(now.place))
    if shorter(told, now):
        names.append(range_name(now.low, now.high))
    if told is None:
        names.append(LEAVING)
    if offer:
        names.append(OFFERING)
    found = (flow.prompts.get((name, lang)) for name in names)
    return tuple(prompt for prompt in found if prompt is not None)


def is_offered(flow: Flow, queue: str, now: Estimate, waited: float) -> bool:
    """Whether a callback is offered to somebody who has waited for so many seconds, and has that before them."""
    if flow.callbacks is None or flow.queues[queue].requires != NONE:
        return False
    return max(waited, now.low * MINUTE) >= flow.callbacks.after or now.high is None
