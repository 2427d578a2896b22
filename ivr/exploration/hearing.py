"""Everything that a call can say between two waits.

A menu is said in its long form the first time and in its short form later, so what is said on an edge of the graph
depends on whether a caller who stands there can have heard the menu that follows. That is found out per menu: which
menus may be known at a node, and which may be new there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ivr.definition import Flow
from ivr.events import Event, Keyed, OfficeFound, Reentered
from ivr.exploration.moves import Move, Said, office_answer
from ivr.exploration.walk import Edge, Graph, menus
from ivr.flow import step
from ivr.state import AtMenu, AtPostalCode, Ended, New, State
from ivr.turns import Turn

Menus = frozenset[str]
NOTHING: Menus = frozenset()


@dataclass(frozen=True, slots=True)
class Heard:
    """Menus that may have been heard at a node, and menus that may not."""

    known: Menus = NOTHING
    new: Menus = NOTHING

    def __or__(self, other: Heard) -> Heard:
        return Heard(self.known | other.known, self.new | other.new)

    def after(self, edge: Edge) -> Heard:
        """What is so behind an edge."""
        if_new, if_known = edge.fresh.turn.state.heard, edge.again.turn.state.heard
        return Heard(
            (self.known & if_known) | (self.new & if_new),
            (self.known - if_known) | (self.new - if_new),
        )


def sequences(flow: Flow, graph: Graph) -> Mapping[str, tuple[Said, ...]]:
    """Every sequence of prompts that one turn can say, by the language that the caller hears."""
    said: dict[str, dict[Said, None]] = {lang: {} for lang in flow.languages}
    for edge, move in _heard_moves(flow, graph):
        before = graph.nodes[edge.source]
        for lang in flow.languages:
            state = replace(before, lang=lang, heard=menus(flow) if move is edge.again else NOTHING)
            _collect(flow, state, move.events, said)
    for node in graph.nodes:
        if not isinstance(node.position, New | Ended):
            for lang in flow.languages:
                _collect(flow, replace(node, lang=lang), (Reentered(),), said)
    return {lang: tuple(prompts for prompts in found if prompts) for lang, found in said.items()}


def _heard_moves(flow: Flow, graph: Graph) -> Iterator[tuple[Edge, Move]]:
    """Each edge with the moves that callers can really hear there."""
    heard = _flood(graph, Heard(new=menus(flow)))
    for edge in graph.edges:
        reached = edge.fresh.turn.state.position
        at = heard[edge.source]
        if edge.fresh.turn.prompts == edge.again.turn.prompts or not isinstance(reached, AtMenu):
            yield edge, edge.fresh
            continue
        if reached.step in at.new:
            yield edge, edge.fresh
        if reached.step in at.known:
            yield edge, edge.again


def _flood(graph: Graph, begin: Heard) -> list[Heard]:
    """What may have been heard at each node."""
    ways: list[list[Edge]] = [[] for _ in graph.nodes]
    for edge in graph.edges:
        ways[edge.source].append(edge)
    heard = [Heard()] * len(graph.nodes)
    heard[0] = begin
    pending = [0]
    while pending:
        source = pending.pop()
        for edge in ways[source]:
            more = heard[edge.target] | heard[source].after(edge)
            if more != heard[edge.target]:
                heard[edge.target] = more
                pending.append(edge.target)
    return heard


def _collect(flow: Flow, state: State, events: tuple[Event, ...], said: Mapping[str, dict[Said, None]]) -> None:
    """Add what the events make the call say; where an office is found, what each office makes it say."""
    lang, prompts = _told(flow, state, events)
    if prompts in said[lang]:
        return
    said[lang][prompts] = None
    for others in _other_offices(flow, state, events):
        said[lang][_told(flow, state, others)[1]] = None


def _told(flow: Flow, state: State, events: Iterable[Event]) -> tuple[str, Said]:
    """What is said on the way through events, and the language at its end."""
    said: Said = ()
    for event in events:
        turn = step(flow, state, event)
        assert isinstance(turn, Turn), f"{event} means something at {state.position}"
        said, state = said + turn.prompts, turn.state
    return state.lang, said


def _other_offices(flow: Flow, state: State, events: tuple[Event, ...]) -> Iterator[tuple[Event, ...]]:
    match state.position, events:
        case AtPostalCode(name), (Keyed(), OfficeFound(), *rest):
            table = flow.offices[name]
            codes = {office: code for code, office in zip(table.starts, table.offices, strict=True)}
            for code in codes.values():
                yield (Keyed(code), office_answer(table, code), *rest)
        case _:
            pass
