"""What was said in a turn that is committed. The turn log has no words: the turn is made anew from its events. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ivr.calls import LoggedTurn
from ivr.definition import Flow
from ivr.flow import start, step
from ivr.lookups import Said
from ivr.turns import Turn


def said_in(flow: Flow, logged: Sequence[LoggedTurn]) -> Said:
    """The prompts of the last of these turns; the one before it is there, unless it is the call's first."""
    *before, last = logged
    state = before[-1].state if before else start(flow)
    said: Said = ()
    for event in last.events:
        turn = step(flow, state, event)
        if isinstance(turn, Turn):
            said, state = said + turn.prompts, turn.state
    return said
