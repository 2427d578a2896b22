"""Everything that a call can say between two waits.

A menu is said in its long form the first time and in its short form later, so what is said on an edge depends on
whether a caller who stands there can have heard the menu that follows. That is found out per place and menu: which
menus may be known there, and which may be new.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ivr.definition import PAYER_KEYS, Flow
from ivr.events import Event, Keyed, OfficeFound, PayersFound, PinDelayed, PinRefused, Played, Reentered, SecretKeyed
from ivr.exploration.moves import Said, office_answer
from ivr.exploration.walk import Edge
from ivr.flow import step
from ivr.lookups import menu_names
from ivr.state import AtKnown, AtMenu, AtOldPin, AtPin, AtPostalCode, New, Position, State
from ivr.telling import DELAYS
from ivr.turns import Turn
from ivr.waiting import wait_at
from routing.estimates import MINUTE

Menus = frozenset[str]
NOTHING: Menus = frozenset()


@dataclass(frozen=True, slots=True)
class Heard:
    """Menus that may have been heard at a place, and menus that may not."""

    known: Menus = NOTHING
    new: Menus = NOTHING

    def __or__(self, other: Heard) -> Heard:
        return Heard(self.known | other.known, self.new | other.new)


@dataclass(frozen=True, slots=True)
class Telling:
    """What an edge leads to for callers who have heard no menu before (`fresh`), and for those who have heard all."""

    edge: Edge
    fresh: Turn
    again: Turn

    @property
    def menu(self) -> str | None:
        """The menu whose form may depend on what was heard."""
        reached = self.fresh.state.position
        return reached.step if isinstance(reached, AtMenu) else None

    def after(self, before: Heard) -> Heard:
        """What may have been heard behind the edge."""
        if_new, if_known = self.fresh.state.heard, self.again.state.heard
        return Heard(
            (before.known & if_known) | (before.new & if_new),
            (before.known - if_known) | (before.new - if_new),
        )


def sequences(flow: Flow, edges: Iterable[Edge]) -> Mapping[str, tuple[Said, ...]]:
    """Every sequence of prompts that one turn can say, by the language that the caller hears."""
    said: dict[str, dict[Said, None]] = {lang: {} for lang in flow.languages}
    everything = menu_names(flow)
    tellings = _tellings(flow, edges, everything)
    heard = _flood(tellings, Heard(new=everything))
    for lang in flow.languages:
        for telling in tellings:
            before = replace(telling.edge.before, lang=lang)
            at = heard[before.position]
            if telling.menu is None or telling.menu in at.new:
                _collect(flow, before, telling.edge.move.events, said)
            if telling.menu in at.known:
                _collect(flow, replace(before, heard=everything), telling.edge.move.events, said)
            if not isinstance(before.position, New):
                _collect(flow, before, (Reentered(),), said)
    return {lang: tuple(prompts for prompts in found if prompts) for lang, found in said.items()}


def _tellings(flow: Flow, edges: Iterable[Edge], everything: Menus) -> tuple[Telling, ...]:
    """The edges that differ in what is said or in where they lead."""
    found: dict[Hashable, Telling] = {}
    for edge in edges:
        fresh = edge.move.turn
        ways = edge.before.position, edge.move.events, fresh.state.position, fresh.prompts
        if ways not in found:
            again = _tell(flow, replace(edge.before, heard=everything), edge.move.events)
            found[ways] = Telling(edge, fresh, again)
    return tuple(found.values())


def _flood(tellings: Iterable[Telling], begin: Heard) -> Mapping[Position, Heard]:
    """What may have been heard at each place."""
    ways: dict[Position, list[Telling]] = {}
    for telling in tellings:
        ways.setdefault(telling.edge.before.position, []).append(telling)
    heard: dict[Position, Heard] = {New(): begin}
    pending: list[Position] = [New()]
    while pending:
        place = pending.pop()
        for telling in ways.get(place, ()):
            reached = telling.fresh.state.position
            known = heard.get(reached, Heard())
            heard[reached] = known | telling.after(heard[place])
            if heard[reached] != known:
                pending.append(reached)
    return heard


def _collect(flow: Flow, state: State, events: tuple[Event, ...], said: Mapping[str, dict[Said, None]]) -> None:
    """Add what the events make the call say; where offices, payers or waits are told, what other answers do."""
    turn = _tell(flow, state, events)
    found = said[turn.state.lang]
    if turn.prompts not in found:
        found[turn.prompts] = None
        found.update((_tell(flow, state, others).prompts, None) for others in _other_answers(flow, state, events))


def _tell(flow: Flow, state: State, events: Iterable[Event]) -> Turn:
    """The turn that the events lead to, with all that is said on the way."""
    told = Turn(state, (), wait_at(flow, state))
    for event in events:
        turn = step(flow, told.state, event)
        assert isinstance(turn, Turn), f"{event} means something at {told.state.position}"
        told = replace(turn, prompts=told.prompts + turn.prompts)
    return told


def _other_answers(flow: Flow, state: State, events: tuple[Event, ...]) -> Iterator[tuple[Event, ...]]:
    match state.position, events:
        case AtPostalCode(name), (Keyed(), OfficeFound(), *rest):
            table = flow.offices[name]
            codes = {office: code for code, office in zip(table.starts, table.offices, strict=True)}
            for code in codes.values():
                yield (Keyed(code), office_answer(table, code), *rest)
        case AtKnown(), (Played(), PayersFound((payer, *_)), *rest):
            for number, _ in enumerate(PAYER_KEYS, start=1):
                yield (Played(), PayersFound((payer,) * number), *rest)
        case AtPin(), (SecretKeyed() as keyed, PinDelayed(), *rest):
            for minutes in DELAYS:
                yield (keyed, PinDelayed(minutes * MINUTE), *rest)
        case AtOldPin(), (SecretKeyed() as keyed, PinRefused(), *_):
            for minutes in DELAYS:
                yield (keyed, PinDelayed(minutes * MINUTE))
        case _:
            pass
