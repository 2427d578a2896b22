"""What was said in a turn that is committed. The turn log has the names of prompts, and not their words. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ivr.calls import LoggedTurn
from ivr.definition import Flow
from ivr.flow import start, step
from ivr.lookups import Said
from ivr.turns import Turn


def said_in(flow: Flow, logged: Sequence[LoggedTurn]) -> Said:
    """The prompts of the last of these turns, made anew from its events.

    The one before it is there, unless it is the call's first.
    """
    *before, last = logged
    state = before[-1].state if before else start(flow)
    said: Said = ()
    for event in last.events:
        turn = step(flow, state, event)
        if isinstance(turn, Turn):
            said, state = said + turn.prompts, turn.state
    return said


def said_again(flow: Flow, logged: LoggedTurn) -> Said:
    """Those prompts of a turn that are the flow's own, as their names say."""
    found = (flow.prompts.get((name, logged.state.lang)) for name in logged.prompts)
    return tuple(prompt for prompt in found if prompt is not None)
