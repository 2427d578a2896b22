"""How the queues stand at one moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from routing.reporting.records import Stay

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Standing:
    """A queue: who waits, how long the longest has waited in seconds, who talks, and its consultants by state.

    `callbacks` are those that are to come.
    """

    queue: str
    waiting: int
    longest_wait: float
    talking: int
    agents: Mapping[str, int]
    callbacks: int = 0


def standing(
    queues: Mapping[str, Sequence[str]],
    stays: Sequence[Stay],
    states: Mapping[str, str],
    now: datetime,
    callbacks: Mapping[str, int] = MappingProxyType({}),
) -> tuple[Standing, ...]:
    """Every queue by the names of `queues`, which lead to its consultants, and any other that somebody is in.

    `stays` are those that are not over, `states` the consultants' states as far as they are known, `callbacks` how many
    are to come for each queue.
    """
    names = [*queues, *sorted(({stay.queue for stay in stays} | callbacks.keys()) - queues.keys())]
    return tuple(
        replace(
            _of_queue(name, [stay for stay in stays if stay.queue == name], counted(queues.get(name, ()), states), now),
            callbacks=callbacks.get(name, 0),
        )
        for name in names
    )


def counted(agents: Iterable[str], states: Mapping[str, str]) -> Mapping[str, int]:
    """How many consultants are in which state."""
    return dict(sorted(Counter(states.get(agent, UNKNOWN) for agent in agents).items()))


def _of_queue(name: str, inside: Sequence[Stay], agents: Mapping[str, int], now: datetime) -> Standing:
    waits = [stay.waited(now) for stay in inside if stay.answered_at is None]
    return Standing(name, len(waits), max(waits, default=0.0), len(inside) - len(waits), agents)
