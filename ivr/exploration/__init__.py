"""Everything that a call can do and say, found by walking its flow. Pure.

`explore` walks with `flow.step` itself, so that nothing here knows how a flow works: only what can happen to a call
(`moves`) and how it is called (`names`), which ways there are (`walk`), and what is heard on the way (`hearing`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.definition import Flow
from ivr.events import QUEUE_OUTCOMES
from ivr.exploration.hearing import sequences
from ivr.exploration.moves import Said
from ivr.exploration.names import Transition
from ivr.exploration.walk import walk

__all__ = ["Exploration", "Said", "Transition", "explore"]


@dataclass(frozen=True, slots=True)
class Exploration:
    """Every transition of a flow, in order of their names, and every sequence that a turn can say, by language.

    Being taken over by another process is not a transition (a caller can do nothing about it); what is said then is
    among the sequences. Nor is what consultants do with a caller: it sounds as the way to any queue does.
    `outcomes` are the ways out of a queue that were taken into account.
    """

    transitions: tuple[Transition, ...]
    sequences: Mapping[str, tuple[Said, ...]]
    outcomes: tuple[str, ...]


def explore(flow: Flow, outcomes: tuple[str, ...] = QUEUE_OUTCOMES, *, spoken: bool = False) -> Exploration:
    """Explore a flow; `outcomes` are the ways out of a queue to be taken into account.

    `spoken`: what callers say is taken into account, too. It leads nowhere that a key does not lead, but more is heard.
    """
    edges = tuple(walk(flow, outcomes, spoken))
    transitions = {transition for edge in edges for transition in edge.move.transitions}
    return Exploration(tuple(sorted(transitions)), sequences(flow, edges), outcomes)
