"""Which queues Asterisk is given for the groups, and who is a member of which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from routing.agents import Membership, language_queue, language_queues, memberships
from routing.asterisk.plan import Plan
from routing.queues import Queue, wrap_up_in


@dataclass(frozen=True, slots=True)
class Served:
    """A queue of Asterisk's: `members` are there from the start, others log in."""

    name: str
    members: tuple[str, ...]
    weight: int


def served(plan: Plan) -> tuple[Served, ...]:
    """A queue per group, and one for each further language that somebody in the group speaks."""
    return tuple(queue for group in plan.queues for queue in _served(plan, group))


def _served(plan: Plan, group: Queue) -> tuple[Served, ...]:
    languages = language_queues(plan.agents, group.name, plan.language)
    return (
        Served(group.name, group.agents, group.weight),
        *(Served(language_queue(group.name, lang), (), group.weight) for lang in languages),
    )


def wrap_up_of(plan: Plan, group: Queue) -> int:
    """Seconds of wrap-up after a call of the group."""
    return wrap_up_in({group.name: group}, group.name, plan.distribution.wrap_up)


def logging_in(plan: Plan) -> Mapping[str, tuple[Membership, ...]]:
    """The queues that each consultant becomes a member of by logging in: none for who is always a member only."""
    always: dict[str, tuple[Membership, ...]] = dict.fromkeys(plan.always, ())
    return always | {agent.number: memberships(agent, plan.language) for agent in plan.agents}
