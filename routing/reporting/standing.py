"""How the queues stand at one moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from routing.reporting.records import Stay

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Standing:
    """A queue: who is in it, who of them is still waiting, for how long in seconds, and its consultants by state.

    `waiting` and `longest_wait` are None while nobody tells who has been answered.
    """

    queue: str
    inside: int
    waiting: int | None
    longest_wait: float | None
    agents: Mapping[str, int]


def standing(
    queues: Mapping[str, Sequence[str]],
    stays: Sequence[Stay],
    states: Mapping[str, str],
    now: datetime,
    *,
    answers_are_told: bool,
) -> tuple[Standing, ...]:
    """Every queue by the names of `queues`, which lead to its consultants, and any other that somebody is in.

    `stays` are those that are not over, `states` the consultants' states as far as they are known.
    """
    moment = now if answers_are_told else None
    names = [*queues, *sorted({stay.queue for stay in stays} - queues.keys())]
    return tuple(
        _of_queue(name, [stay for stay in stays if stay.queue == name], counted(queues.get(name, ()), states), moment)
        for name in names
    )


def counted(agents: Iterable[str], states: Mapping[str, str]) -> Mapping[str, int]:
    """How many consultants are in which state."""
    return dict(sorted(Counter(states.get(agent, UNKNOWN) for agent in agents).items()))


def _of_queue(name: str, inside: Sequence[Stay], agents: Mapping[str, int], now: datetime | None) -> Standing:
    if now is None:
        return Standing(name, len(inside), None, None, agents)
    waits = [stay.waited(now) for stay in inside if stay.answered_at is None]
    return Standing(name, len(inside), len(waits), max(waits, default=0.0), agents)
