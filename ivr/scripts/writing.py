"""Writing scripts: from one transition that no script has made yet to the nearest other one, and on to an ending.

Each script ends with the call, so there are at least as many as there are different endings (hanging up somewhere is
one). All else is put into as few of them as their length allows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass

from ivr.definition import Flow
from ivr.events import HungUp, Keyed, NoInput, Played, QueueLeft, SecretKeyed
from ivr.exploration import Exploration, Transition
from ivr.exploration.moves import KNOWN, Move, moves
from ivr.exploration.walk import essence, mark, onward
from ivr.flow import POSTAL_CODE_DIGITS, start
from ivr.scripts.playing import transitions
from ivr.scripts.script import (
    SILENCE,
    TERMINATOR,
    Act,
    HangUp,
    Key,
    Listen,
    Queue,
    Script,
    known_identifier,
    right_pin,
    strange_identifier,
)
from ivr.state import AtIdentifier, AtPin, AtPostalCode, Ended, Position, State

MOST_GATHERS = 15
# Gathers that are left for the way to an ending.
FOR_THE_ENDING = 4

Wanted = Callable[[Move], bool]


@dataclass(frozen=True, slots=True)
class _Way:
    """A call so far: where it stands, what was done, and which opening hours it has met."""

    state: State
    acts: tuple[Act, ...] = ()
    moves: tuple[Move, ...] = ()
    hours: frozenset[tuple[str, bool]] = frozenset()

    @property
    def gathers(self) -> int:
        return sum(isinstance(act, Key) for act in self.acts)

    @property
    def script(self) -> Script:
        return Script(self.acts, tuple(sorted(self.hours)))


def scripts(flow: Flow, exploration: Exploration, most_gathers: int = MOST_GATHERS) -> tuple[Script, ...]:
    """Scripts that make every transition; longer than `most_gathers` only where one is farther away than that.

    Opening hours stay open or closed for the whole of a call: a transition for which they would have to change is
    left out, and `coverage` tells of it.
    """
    atlas = _Atlas(flow, exploration)
    missing = set(exploration.transitions)
    written = list[Script]()
    while missing:
        way = _write(atlas, frozenset(missing), most_gathers)
        if not (made := _made(way.moves) & missing):
            break
        missing -= made
        written.append(way.script)
    return _needed(flow, written)


def _needed(flow: Flow, written: list[Script]) -> tuple[Script, ...]:
    """The scripts without those that make nothing that the others do not."""
    made = {script: transitions(flow, script) for script in written}
    for script in list(made):
        others = frozenset[Transition]().union(*(made[other] for other in made if other != script))
        if made[script] <= others:
            del made[script]
    return tuple(made)


def _write(atlas: _Atlas, missing: frozenset[Transition], most_gathers: int) -> _Way:
    """One call: as many missing transitions as fit, then an ending, if possible a missing one too."""
    way = atlas.beginning()

    def missed(move: Move) -> bool:
        return not missing.isdisjoint(_made((move,)) - _made(way.moves))

    def left(reserve: int) -> int | None:
        return most_gathers - reserve - way.gathers if way.acts else None

    while longer := atlas.nearest(way, lambda move: not _ends(move) and missed(move), left(FOR_THE_ENDING)):
        way = longer
    ending = atlas.nearest(way, lambda move: _ends(move) and missed(move), left(0)) or atlas.nearest(way, _ends, None)
    assert ending is not None, "a caller can hang up anywhere"
    return ending


def _made(made: Iterable[Move]) -> frozenset[Transition]:
    return frozenset(transition for move in made for transition in move.transitions)


def _ends(move: Move) -> bool:
    return isinstance(move.turn.state.position, Ended)


class _Atlas:
    """Finds ways; remembers the moves of each state."""

    def __init__(self, flow: Flow, exploration: Exploration) -> None:
        self._flow = flow
        self._exploration = exploration
        self._moves: dict[State, tuple[Move, ...]] = {}

    def beginning(self) -> _Way:
        """A call that has not been answered."""
        return _Way(essence(self._flow, start(self._flow)))

    def nearest(self, begin: _Way, wanted: Wanted, most_gathers: int | None) -> _Way | None:
        """The shortest way on that ends with a wanted move, within so many gathers."""
        seen: set[Hashable] = {self._mark(begin)}
        pending = deque([begin])
        while pending:
            way = pending.popleft()
            for move in self._onward(way, begin):
                longer = self._longer(way, move)
                if most_gathers is not None and longer.gathers - begin.gathers > most_gathers:
                    continue
                if wanted(move):
                    return longer
                if (at := self._mark(longer)) not in seen:
                    seen.add(at)
                    pending.append(longer)
        return None

    def _onward(self, way: _Way, begin: _Way) -> Iterator[Move]:
        if way.state not in self._moves:
            self._moves[way.state] = tuple(moves(self._flow, way.state, self._exploration.outcomes))
        for move in self._moves[way.state]:
            steady = all((name, not is_open) not in way.hours for name, is_open in move.hours)
            if steady and (way is begin or onward(way.state, move)):
                yield move

    def _longer(self, way: _Way, move: Move) -> _Way:
        acts = _acts(way.state.position, move)
        reached = essence(self._flow, move.turn.state)
        return _Way(reached, way.acts + acts, (*way.moves, move), way.hours | frozenset(move.hours))

    def _mark(self, way: _Way) -> Hashable:
        return mark(way.state, self._exploration.trail), way.hours


def _acts(position: Position, move: Move) -> tuple[Act, ...]:
    """What is done to make a move; nothing for the answering of the call."""
    match position, move.events[0]:
        case _, HungUp():
            return (HangUp(),)
        case _, Played():
            return (Listen(),)
        case _, QueueLeft(outcome):
            return (Queue(outcome),)
        case _, NoInput():
            return (Key(SILENCE),)
        case AtPostalCode(), Keyed(digits) if digits.isdecimal() and len(digits) < POSTAL_CODE_DIGITS:
            return (Key(digits + TERMINATOR),)
        case _, Keyed(digits):
            return (Key(digits),)
        case AtIdentifier(), SecretKeyed(length, claim):
            keyed = known_identifier(length) if claim == KNOWN else strange_identifier(length)
            return (Key(keyed + TERMINATOR),)
        case AtPin(), SecretKeyed(length):
            return (Key(right_pin(length) + TERMINATOR),)
        case _:
            return ()
