"""Every way that a call can go, from its start.

A state remembers more than can be walked through in all its combinations, so three things keep the walk short.

What a caller has heard before and in which language picks words, not ways: the walk takes no notice of it (`hearing`
does). The pseudonym and the topic are forgotten likewise.

No-inputs and no-matches are counted apart and never meet; and a key that is an option leads to the same place on any
try, so that from a retry only the same mistake is walked on.

A state is walked on from only if it shows something new at its place. What a call remembers of itself (tries, level,
admittance, consent) is told apart in all combinations; the way back, of which only the nearest menu matters for the
next move, together with each of these alone. Every way so found is a real one. What may be missed is something that
takes two of these and a certain way back at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from itertools import islice

from ivr.definition import Flow
from ivr.events import Event, Keyed, NoInput, SecretKeyed
from ivr.exploration.moves import Move, accepts, events_at, moves
from ivr.flow import start
from ivr.state import Ended, State


@dataclass(frozen=True, slots=True)
class Edge:
    """A move, and the state that it is made in."""

    before: State
    move: Move


class Horizon:
    """Remembers what a walk has seen."""

    def __init__(self) -> None:
        self._seen: set[Hashable] = set()

    def widens(self, state: State, *circumstances: Hashable) -> bool:
        """Whether the state shows something that has not been seen in these circumstances."""
        before = len(self._seen)
        self._seen.update((fact, circumstances) for fact in _facts(state))
        return len(self._seen) > before


def _facts(state: State) -> Iterator[Hashable]:
    place = state.position, state.no_inputs, state.no_matches
    memory = state.pin_tries, state.auth_level, state.admitted, state.consent
    back = state.trail[-1:]
    yield place, memory, back == ()
    for number, fact in enumerate(memory):
        yield place, back, number, fact


def walk(flow: Flow, outcomes: tuple[str, ...]) -> Iterator[Edge]:
    """Every way, the nearest first; `outcomes` are the ways out of a queue."""
    horizon = Horizon()
    begin = essence(flow, start(flow))
    horizon.widens(begin)
    pending = deque([begin])
    while pending:
        state = pending.popleft()
        for move in moves(flow, state, new_events(flow, state, outcomes)):
            yield Edge(state, move)
            reached = essence(flow, move.turn.state)
            if horizon.widens(reached):
                pending.append(reached)


def new_events(flow: Flow, state: State, outcomes: tuple[str, ...]) -> tuple[Event, ...]:
    """The events that lead to something which they do not lead to on the first try."""
    events = events_at(flow, state, outcomes)
    if state.no_inputs:
        return (NoInput(),)
    if state.no_matches:
        wrong = (
            event for event in events if isinstance(event, Keyed | SecretKeyed) and not accepts(flow, state, event)
        )
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
        pin_tries=0 if state.auth_level == "full" else state.pin_tries,
        auth_level=state.auth_level,
        admitted=state.admitted,
        consent=state.consent,
    )
