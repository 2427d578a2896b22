"""Writing scripts: from one transition that no script has made yet to the nearest other one, and on to an ending.

Each script ends with the call, so there are at least as many as there are different endings (hanging up somewhere is
one). All else is put into as few of them as their length allows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ivr.definition import PAYER_KEYS, Flow
from ivr.events import (
    HungUp,
    Keyed,
    NewPinDiffers,
    NewPinRefused,
    NoInput,
    NumberFound,
    NumberRefused,
    PayerKeyed,
    PayerRefused,
    PinRefused,
    Played,
    QueueLeft,
    SecretKeyed,
)
from ivr.exploration import Exploration, Transition
from ivr.exploration.moves import BESIEGED, KNOWN, Move, events_at, moves
from ivr.exploration.walk import Horizon, essence, new_events
from ivr.flow import start
from ivr.lookups import pin_change_at
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
    besieged_identifier,
    known_identifier,
    payer_numbers,
    right_pin,
    strange_identifier,
    weak_pin,
    wrong_pin,
)
from ivr.state import AtIdentifier, AtPayerNumber, AtPin, AtPostalCode, Ended, PinPosition, Position, State
from ivr.waiting import POSTAL_CODE_DIGITS

MOST_GATHERS = 16
# A premium-rate number: nobody is called there.
NO_NUMBER = "700100200"
# A payer that nobody speaks for.
NO_PAYER = "903718400"
# Gathers that are left for the way to an ending.
FOR_THE_ENDING = 4

Wanted = Callable[[Move], bool]


@dataclass(frozen=True, slots=True)
class _Leg:
    """A move, what is done to make it, and where it leads."""

    move: Move
    acts: tuple[Act, ...]
    reached: State

    @property
    def gathers(self) -> int:
        return sum(isinstance(act, Key) for act in self.acts)


@dataclass(frozen=True, slots=True)
class _Way:
    """A call so far: where it stands, what was done, and in which circumstances."""

    state: State
    legs: tuple[_Leg, ...] = ()
    gathers: int = 0
    circumstances: frozenset[tuple[str, bool]] = frozenset()

    def and_then(self, leg: _Leg) -> _Way:
        """The way with another leg."""
        return _Way(
            leg.reached,
            (*self.legs, leg),
            self.gathers + leg.gathers,
            self.circumstances | frozenset(leg.move.circumstances),
        )

    @property
    def made(self) -> frozenset[Transition]:
        return frozenset(transition for leg in self.legs for transition in leg.move.transitions)

    @property
    def script(self) -> Script:
        written = Script(tuple(act for leg in self.legs for act in leg.acts), tuple(sorted(self.circumstances)))
        return replace(written, acts=tuple(_as_somebody(act, written.payers) for act in written.acts))


def scripts(flow: Flow, exploration: Exploration, most_gathers: int = MOST_GATHERS) -> tuple[Script, ...]:
    """Scripts that make every transition; longer than `most_gathers` only where one is farther away than that.

    Circumstances (opening hours, for one) stay as they are for the whole of a call: a transition for which they would
    have to change is left out, and `coverage` tells of it.
    """
    atlas = _Atlas(flow, exploration)
    missing = set(exploration.transitions)
    written = list[Script]()
    while missing:
        before = len(missing)
        way = _write(atlas, missing, most_gathers)
        if len(missing) == before:
            break
        written.append(way.script)
    return _needed(flow, written)


def _needed(flow: Flow, written: list[Script]) -> tuple[Script, ...]:
    """The scripts without those that make nothing that the others do not."""
    made = {script: transitions(flow, script) for script in written}
    for script in written:
        others = frozenset[Transition]().union(*(made[other] for other in made if other != script))
        if made[script] <= others:
            del made[script]
    return tuple(made)


def _write(atlas: _Atlas, missing: set[Transition], most_gathers: int) -> _Way:
    """One call: as many missing transitions as fit, then an ending, if possible a missing one too.

    Takes what the call makes out of `missing`.
    """
    way = atlas.beginning()

    def missed(move: Move) -> bool:
        return not missing.isdisjoint(move.transitions)

    def left(reserve: int) -> int | None:
        return most_gathers - reserve - way.gathers if way.legs else None

    while any(not transition.ends for transition in missing):
        longer = atlas.nearest(way, lambda move: missed(move) and not _ends(move), left(FOR_THE_ENDING))
        if longer is None:
            break
        way = longer
        missing -= way.made
    ending = atlas.nearest(way, lambda move: missed(move) and _ends(move), left(0)) or atlas.nearest(way, _ends, None)
    assert ending is not None, "a caller can hang up anywhere"
    missing -= ending.made
    return ending


def _ends(move: Move) -> bool:
    return isinstance(move.turn.state.position, Ended)


class _Atlas:
    """Finds ways; remembers the legs from each state."""

    def __init__(self, flow: Flow, exploration: Exploration) -> None:
        self._flow = flow
        self._exploration = exploration
        self._legs: dict[tuple[State, bool], tuple[_Leg, ...]] = {}

    def beginning(self) -> _Way:
        """A call that has not been answered."""
        return _Way(essence(self._flow, start(self._flow)))

    def nearest(self, begin: _Way, wanted: Wanted, most_gathers: int | None) -> _Way | None:
        """The shortest way on that ends with a wanted move, within so many gathers.

        A caller who has gone a way already can turn to something else; only at the beginning must nothing be missed.
        """
        found = self._search(begin, wanted, most_gathers, Horizon(self._flow, narrow=True))
        return found if found or begin.legs else self._search(begin, wanted, most_gathers, Horizon(self._flow))

    def _search(self, begin: _Way, wanted: Wanted, most_gathers: int | None, horizon: Horizon) -> _Way | None:
        horizon.widens(begin.state, begin.circumstances)
        pending = deque([begin])
        while pending:
            way = pending.popleft()
            for leg in self._onward(way, begin):
                if most_gathers is not None and way.gathers + leg.gathers - begin.gathers > most_gathers:
                    continue
                longer = way.and_then(leg)
                if wanted(leg.move):
                    return longer
                if horizon.widens(longer.state, longer.circumstances):
                    pending.append(longer)
        return None

    def _onward(self, way: _Way, begin: _Way) -> Iterator[_Leg]:
        """The legs from the end of a way, while circumstances stay as they are."""
        for leg in self._known(way.state, way is begin):
            if all((name, not is_so) not in way.circumstances for name, is_so in leg.move.circumstances):
                yield leg

    def _known(self, state: State, at_the_beginning: bool) -> tuple[_Leg, ...]:
        """The legs from a state; on the way, where the same was possible before, only those that are new."""
        if (state, at_the_beginning) not in self._legs:
            events = (events_at if at_the_beginning else new_events)(self._flow, state, self._exploration.outcomes)
            self._legs[state, at_the_beginning] = tuple(
                _Leg(move, _acts(self._flow, state.position, move), essence(self._flow, move.turn.state))
                for move in moves(self._flow, state, events)
            )
        return self._legs[state, at_the_beginning]


def _acts(flow: Flow, position: Position, move: Move) -> tuple[Act, ...]:
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
        case AtPayerNumber(), SecretKeyed():
            return (Key(TERMINATOR),)
        case _, PayerKeyed() | PayerRefused() | NumberFound() | NumberRefused() as found:
            return (Key(_number(found) + TERMINATOR),)
        case _, Keyed(digits):
            return (Key(digits),)
        case AtIdentifier(), SecretKeyed(length, claim):
            return (Key(_identifier(length, claim) + TERMINATOR),)
        case AtPin(), SecretKeyed(length):
            return (Key(right_pin(length) + TERMINATOR),)
        case at, _ if isinstance(at, PinPosition):
            return (Key(_pin(pin_change_at(flow, at.step).pin_digits, move) + TERMINATOR),)
        case _:
            return ()


def _number(found: PayerKeyed | PayerRefused | NumberFound | NumberRefused) -> str:
    match found:
        case PayerKeyed():
            return payer_numbers(len(PAYER_KEYS))[-1]
        case PayerRefused():
            return NO_PAYER
        case NumberFound(_, spoken):
            return spoken
        case NumberRefused():
            return NO_NUMBER


def _pin(length: int, move: Move) -> str:
    """What is keyed in a change of the PIN. Everybody changes it into the one that they have: so many scripts do."""
    match move.events:
        case (NewPinRefused(reason), *_):
            return weak_pin(reason, length)
        case (NewPinDiffers(), *_) | (SecretKeyed(), PinRefused(), *_):
            return wrong_pin(length)
        case (SecretKeyed(keyed), *_):
            return right_pin(keyed)
        case _:
            return right_pin(length)


def _identifier(length: int, claim: str | None) -> str:
    if claim == BESIEGED:
        return besieged_identifier(length)
    return known_identifier(length) if claim == KNOWN else strange_identifier(length)


def _as_somebody(act: Act, payers: int) -> Act:
    """The act as it is done by whoever may speak for so many payers: they have an identifier of their own."""
    match act:
        case Key(word) if word == known_identifier(len(word) - 1) + TERMINATOR:
            return Key(known_identifier(len(word) - 1, payers) + TERMINATOR)
        case _:
            return act
