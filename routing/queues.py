"""The queues that Asterisk's app_queue distributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# How far a caller can be authenticated, from the least: not at all, by a consultant's control questions, by PIN.
LEVELS = ("none", "substitute", "full")


@dataclass(frozen=True, slots=True)
class Overflow:
    """Where a caller goes on who has waited for `after` seconds: the name of another queue."""

    to: str
    after: int


@dataclass(frozen=True, slots=True)
class Queue:
    """A group of consultants: the name of its opening hours and the extensions of those who are always its members.

    Of two groups that share a consultant the one of greater `weight` is served first. `wrap_up` is in seconds; None is
    as long as the settings say. `requires` is the least level of authentication that its callers have.
    """

    name: str
    hours: str
    agents: tuple[str, ...]
    weight: int = 0
    wrap_up: int | None = None
    overflow: Overflow | None = None
    requires: str = LEVELS[0]


def group_of(queues: Mapping[str, Queue], name: str) -> Queue | None:
    """The group of that name, or the one whose callers of one language wait in Asterisk's queue of that name."""
    return queues.get(name) or queues.get(name.rpartition("-")[0])


def wrap_up_in(queues: Mapping[str, Queue], name: str, usual: int) -> int:
    """Seconds of wrap-up after a call of Asterisk's queue of that name."""
    group = group_of(queues, name)
    return usual if group is None or group.wrap_up is None else group.wrap_up
