"""What comes from a queue or a conversation: its end, or in its middle a login, by the one that the file has."""

from __future__ import annotations

from ivr.definition import Flow
from ivr.events import Event, LoginAsked, QueueLeft, SentOn
from ivr.flow.queueing import back_from_queue
from ivr.flow.walking import stop_at
from ivr.lookups import login_in_conversation, place
from ivr.state import InQueue, State, replace
from ivr.turns import Ignored, Turn


def in_conversation(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """The way back from a queue; and a login, asked for once or anew, while which the conversation may end."""
    match state.position, event:
        case InQueue() as at, QueueLeft() | SentOn():
            return back_from_queue(flow, state, at, event)
        case InQueue(name), LoginAsked():
            return _log_in(flow, replace(state, talking=name))
        case _, LoginAsked() if state.talking is not None:
            return _log_in(flow, state)
        case _, QueueLeft() | SentOn() if state.talking is not None:
            return back_from_queue(flow, replace(state, talking=None), InQueue(state.talking), event)
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def _log_in(flow: Flow, state: State) -> Turn | Ignored:
    login = login_in_conversation(flow)
    return Ignored("these menus have no login") if login is None else stop_at(flow, state, login, ())
