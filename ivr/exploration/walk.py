"""Every way that a call can go, from its start.

A state remembers more than can be walked through in all its combinations, so three things keep the walk short.

What a caller has heard before and in which language picks words, not ways: the walk takes no notice of it (`hearing`
does). The pseudonym and the payer are forgotten likewise, and the topic where no way leads back to a queue.

No-inputs and no-matches are counted apart and never meet; and a key that is an option leads to the same place on any
try, so that from a retry only the same mistake is walked on.

The nearest states are walked on from whatever they show, so that of a small service nothing is missed. Others are only
if they show something new at their place. What a call remembers of itself (tries, level,
admittance, consent, draw) is told apart in all combinations. The way back (the trail) has as many forms as there are
ways through the menus; its nearest menu, which alone matters for the next move, is told apart together with each other
fact alone: one thing remembered, or one menu that is or is not on the trail. Every way so found is a real one. What may
be missed is something that takes several of these at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from itertools import islice

from ivr.definition import Callback, Flow, Resume
from ivr.events import Event, NoInput
from ivr.exploration.moves import SUBJECT, Move, events_at, moves, spoken_events
from ivr.exploration.names import Answer, accepts
from ivr.flow import start
from ivr.lookups import menu_names
from ivr.state import Ended, State

WHOLE = 2000
"""How many states are the nearest ones."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A move, and the state that it is made in."""

    before: State
    move: Move


class Horizon:
    """Remembers what a walk has seen.

    A `narrow` one takes no notice of the menus on the way back but the nearest: quick, where a miss does no harm.
    """

    def __init__(self, flow: Flow, *, narrow: bool = False) -> None:
        self._is_narrow = narrow
        self._menus = frozenset[str]() if narrow else menu_names(flow)
        self._states: set[Hashable] = set()
        self._places: dict[Hashable, int] = {}
        self._seen: set[Hashable] = set()
        self._trails: dict[int, tuple[frozenset[str], frozenset[str]]] = {}

    def widens(self, state: State, *circumstances: Hashable) -> bool:
        """Whether the state shows something that has not been seen in these circumstances."""
        # Most states come again as they are; what they show is many facts.
        whole = state, circumstances
        if whole in self._states:
            return False
        self._states.add(whole)
        nearest = state.trail[-1:]
        # By numbers, as they are part of each fact: so much would be hashed for each.
        place = self._number(state.position, state.no_inputs, state.no_matches, state.misses, circumstances)
        at = self._number(place, nearest)
        decided = state.consent, state.assistant
        memory = state.pin_tries, state.auth_level, state.admitted, state.sought, state.drawn, *decided
        before = len(self._seen)
        self._seen.update(((at, number, fact) for number, fact in enumerate((*memory, state.topic))))
        self._seen.add((place, memory, nearest == ()))
        shows = self._shows_a_trail(at, state) or len(self._seen) > before
        return shows or (not self._is_narrow and len(self._states) <= WHOLE)

    def _number(self, *place: Hashable) -> int:
        return self._places.setdefault(place, len(self._places))

    def _shows_a_trail(self, at: int, state: State) -> bool:
        """Whether a menu is on the way back that never was here, or one is not that always was."""
        on = self._menus.intersection(state.trail)
        known = self._trails.get(at, (frozenset(), frozenset()))
        self._trails[at] = known[0] | on, known[1] | (self._menus - on)
        return self._trails[at] != known


def walk(flow: Flow, outcomes: tuple[str, ...], spoken: bool = False) -> Iterator[Edge]:
    """Every way, the nearest first; `outcomes` are the ways out of a queue, `spoken` adds what can be said."""
    horizon = Horizon(flow)
    begin = essence(flow, start(flow))
    horizon.widens(begin)
    pending = deque([begin])
    while pending:
        state = pending.popleft()
        said = spoken_events(flow, state) if spoken else ()
        for move in moves(flow, state, (*new_events(flow, state, outcomes), *said)):
            yield Edge(state, move)
            reached = essence(flow, move.turn.state)
            if horizon.widens(reached):
                pending.append(reached)


def new_events(flow: Flow, state: State, outcomes: tuple[str, ...]) -> tuple[Event, ...]:
    """The events that lead to something which they do not lead to on the first try."""
    events = events_at(flow, state, outcomes)
    if state.misses:
        return ()
    if state.no_inputs:
        return (NoInput(),)
    if state.no_matches:
        wrong = (event for event in events if isinstance(event, Answer) and not accepts(flow, state, event))
        return tuple(islice(wrong, 1))
    return events


def essence(flow: Flow, state: State) -> State:
    """The state without what does not decide where the call goes on."""
    if isinstance(state.position, Ended):
        return State(flow.languages[0], state.position)
    return State(
        lang=flow.languages[0],
        position=state.position,
        trail=state.trail,
        no_inputs=state.no_inputs,
        no_matches=state.no_matches,
        misses=state.misses,
        pin_tries=0 if state.auth_level == "full" else state.pin_tries,
        auth_level=state.auth_level,
        subject=SUBJECT if state.auth_level == "full" else None,
        admitted=state.admitted,
        consent=state.consent,
        sought=state.sought,
        drawn=state.drawn,
        assistant=state.assistant,
        # It picks a way only where one leads back to the queue that was left.
        topic=state.topic if any(isinstance(step, Resume | Callback) for step in flow.steps.values()) else None,
    )
