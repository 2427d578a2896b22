"""Every place that a call can reach, as a finite graph.

A state remembers more than decides where the call goes on. What a caller has heard before and in which language picks
words, not ways, so the walk takes no notice of either (`hearing` does). Besides it forgets, wherever they no longer
matter, tries, the pseudonym and the topic.

Two more things keep the graph small. No-inputs and no-matches are counted apart and never meet, and a key that is an
option leads to the same place on any try; so from a retry only the same mistake is walked on. And the way back (the
trail) has as many values as there are ways through the menus; where that is too many, states are merged that share
its nearest menus. Every transition of such a graph is still a real one; only ways back through many menus may then
be missed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace

from ivr.definition import Flow, Menu
from ivr.events import NoInput
from ivr.exploration.moves import Move, moves
from ivr.flow import start
from ivr.state import AtIdentifier, AtPin, AtResult, Ended, State

# How many menus of the way back tell states apart: all, or as many as keep the walk within MOST_NODES.
WHOLE_TRAIL = 1000
TRAILS = (WHOLE_TRAIL, 2, 1)
MOST_NODES = 3000


@dataclass(frozen=True, slots=True)
class Edge:
    """A move between two nodes, as it is for a caller who hears everything the first time (`fresh`) or again."""

    source: int
    target: int
    fresh: Move
    again: Move


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes are states; node 0 is the call before it is answered. `trail` menus of the way back told them apart."""

    nodes: tuple[State, ...]
    edges: tuple[Edge, ...]
    trail: int


def graph(flow: Flow, outcomes: tuple[str, ...]) -> Graph:
    """Walk the flow from its start, as finely as its size allows."""
    for trail in TRAILS:
        found = _walk(flow, outcomes, trail, MOST_NODES if trail > 1 else None)
        if found is not None:
            return found
    raise AssertionError("the last walk is not bounded")


def _walk(flow: Flow, outcomes: tuple[str, ...], trail: int, most: int | None) -> Graph | None:
    begin = essence(flow, start(flow))
    numbers: dict[Hashable, int] = {mark(begin, trail): 0}
    nodes, edges, pending = [begin], list[Edge](), deque([0])
    while pending:
        if most is not None and len(nodes) > most:
            return None
        source = pending.popleft()
        for fresh, again in _both(flow, nodes[source], outcomes):
            reached = essence(flow, fresh.turn.state)
            target = numbers.setdefault(mark(reached, trail), len(nodes))
            if target == len(nodes):
                nodes.append(reached)
                pending.append(target)
            edges.append(Edge(source, target, fresh, again))
    return Graph(tuple(nodes), tuple(edges), trail)


def _both(flow: Flow, state: State, outcomes: tuple[str, ...]) -> Iterator[tuple[Move, Move]]:
    everything = replace(state, heard=menus(flow))
    pairs = zip(moves(flow, state, outcomes), moves(flow, everything, outcomes), strict=True)
    return (pair for pair in pairs if onward(state, pair[0]))


def menus(flow: Flow) -> frozenset[str]:
    """The names of all menus."""
    return frozenset(name for name, step in flow.steps.items() if isinstance(step, Menu))


def onward(state: State, move: Move) -> bool:
    """Whether a move leads to something that the same move on the first try does not."""
    if state.no_inputs:
        return isinstance(move.events[0], NoInput)
    if state.no_matches:
        return move.transitions[0].event == "no match again"
    return True


def essence(flow: Flow, state: State) -> State:
    """The state without what does not decide where the call goes on."""
    if isinstance(state.position, Ended):
        return State(flow.languages[0], state.position)
    trying = isinstance(state.position, AtIdentifier | AtPin | AtResult)
    return replace(
        state,
        lang=flow.languages[0],
        heard=frozenset(),
        pin_tries=state.pin_tries if trying else 0,
        subject=None,
        topic=None,
    )


def mark(state: State, trail: int) -> Hashable:
    """What tells states apart that differ in what matters; of the way back, the `trail` nearest menus."""
    if isinstance(state.position, Ended):
        return state.position
    return state if trail == WHOLE_TRAIL else replace(state, trail=state.trail[-trail:])
