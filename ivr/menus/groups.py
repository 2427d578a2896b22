"""Groups of consultants: each extension stands once, and overflows from one group to the next end."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.menus import schema
from ivr.menus.document import Path

# The path of what is wrong, the message, a hint.
Told = tuple[Path, str, str]


def faults_of_groups(file: schema.MenuFile) -> Iterator[Told]:
    """Everything that is wrong with the groups but the names that they use."""
    yield from _agents_twice(file)
    yield from _circles(file)


def _agents_twice(file: schema.MenuFile) -> Iterator[Told]:
    for name, queue in file.queues.items():
        for index, agent in enumerate(queue.agents):
            if agent in queue.agents[:index]:
                yield (
                    ("queues", name, "agents", index),
                    f'the extension "{agent}" stands here a second time',
                    "delete it",
                )


def _circles(file: schema.MenuFile) -> Iterator[Told]:
    """A caller who waits is not to be handed round: every overflow that leads back to where it comes from."""
    told: set[str] = set()
    for name in file.queues:
        ways = _overflows_from(file, name)
        if name not in ways or name in told:
            continue
        told.update(ways)
        path: Path = ("queues", name, "overflow", "to")
        if len(ways) == 1:
            yield path, f'"{name}" overflows to itself', "name another queue"
        else:
            yield path, f"these queues overflow in a circle: {' -> '.join([name, *ways])}", "delete one of them"


def _overflows_from(file: schema.MenuFile, name: str) -> list[str]:
    """The queues that a caller of this one overflows to, in order, until one comes a second time."""
    ways: list[str] = []
    here = name
    while here in file.queues and (overflow := file.queues[here].overflow) and overflow.to not in ways:
        here = overflow.to
        ways.append(here)
    return ways
