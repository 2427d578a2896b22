"""The queues that Asterisk's app_queue distributes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Queue:
    """A group of consultants: the name of its opening hours and its members' extensions."""

    name: str
    hours: str
    agents: tuple[str, ...]
