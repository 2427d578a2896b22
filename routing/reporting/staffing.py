"""What consultants did: how long they were in each state, how much of it was work, and what each call took of it."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from routing.reporting.days import Period
from routing.reporting.measures import share
from routing.reporting.records import Change, Stay

WRAP_UP = "wrap_up"
WORKING = frozenset({"on_call", "hold", "awaiting_return", WRAP_UP})
STAFFED = WORKING | {"available", "reserved", "ringing"}


@dataclass(frozen=True, slots=True)
class Spell:
    """A consultant's time in one state."""

    agent: str
    state: str
    period: Period


def spells(changes: Iterable[Change], until: datetime) -> tuple[Spell, ...]:
    """The time in each state, each until the same consultant's next change; the last ones until `until`."""
    by_agent: dict[str, list[Change]] = defaultdict(list)
    for change in sorted(changes, key=lambda change: change.at):
        by_agent[change.agent].append(change)
    found = []
    for agent, own in by_agent.items():
        ends = [later.at for _, later in pairwise(own)] + [max(until, own[-1].at)]
        found += [Spell(agent, change.state, Period(change.at, end)) for change, end in zip(own, ends, strict=True)]
    return tuple(found)


def occupancy(known: Iterable[Spell], period: Period) -> float | None:
    """The share that telephoning (any call) and wrap-up have in the time logged in and not on a break."""
    lasted = [(spell.state, spell.period.within(period).seconds) for spell in known]
    working = sum(seconds for state, seconds in lasted if state in WORKING)
    return share(working, sum(seconds for state, seconds in lasted if state in STAFFED))


def with_wrap_ups(stays: Sequence[Stay], known: Iterable[Spell]) -> tuple[Stay, ...]:
    """The stays with their consultants' wrap-up: what began after the answer and before the next answer.

    Of consultants whose states are not on record nothing is known.
    """
    spent: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    for spell in known:
        known_of = spent[spell.agent]
        if spell.state == WRAP_UP:
            known_of.append((spell.period.start, spell.period.seconds))
    answers: dict[str, list[datetime]] = defaultdict(list)
    for stay in stays:
        if stay.agent is not None and stay.answered_at is not None:
            answers[stay.agent].append(stay.answered_at)
    for own in spent.values():
        own.sort()
    for moments in answers.values():
        moments.sort()
    return tuple(_with_wrap_up(stay, spent, answers) for stay in stays)


def _with_wrap_up(
    stay: Stay, spent: Mapping[str, Sequence[tuple[datetime, float]]], answers: Mapping[str, Sequence[datetime]]
) -> Stay:
    if stay.agent is None or stay.agent not in spent or not stay.was_answered:
        return stay
    assert stay.answered_at is not None
    own, moments = spent[stay.agent], answers[stay.agent]
    following = bisect_right(moments, stay.answered_at)
    first = bisect_right(own, stay.answered_at, key=_start)
    after = bisect_right(own, moments[following], key=_start) if following < len(moments) else len(own)
    return replace(stay, wrap_up=sum(seconds for _, seconds in own[first:after]))


def _start(spent: tuple[datetime, float]) -> datetime:
    return spent[0]
