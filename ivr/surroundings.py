"""What a runner asks of its surroundings, besides the services that have modules of their own."""

from __future__ import annotations

from collections.abc import Callable

from ivr.definition import Flow
from ivr.events import Event
from ivr.live import Live
from ivr.state import State

# Whether a call is among so many percent that are asked by a survey.
Draw = Callable[[str, int], bool]
# Whether what is said in a language can be listened for now.
Hears = Callable[[str], bool]
# The flow as the callers of a gateway meet it.
Variant = Callable[[Flow], Flow]
# Is told of each committed turn: the call after it, the state that the events met, and the events.
Observer = Callable[[Live, State, tuple[Event, ...]], None]


def always(_lang: str) -> bool:
    """Who types is understood."""
    return True


def deaf(_lang: str) -> bool:
    """Nobody listens: over a carrier words are no way to choose."""
    return False


def as_it_is(flow: Flow) -> Flow:
    """The whole flow."""
    return flow
