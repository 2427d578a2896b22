"""What the audit is told of a call's level: what raised it, and which consultants have seen it.

Of nobody: pseudonyms are under keys that lie with the recordings' own, which no call opens or waits for.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from audit import entries
from audit.entries import CALLER, Action, Entry
from ivr.definition import NONE
from ivr.state import State
from ivr.stays import Conversation


def tell(
    connection: Connection, call_id: str, before: State, after: State, stay: Conversation | None, at: datetime
) -> None:
    """Tell of a turn from one state to another, in its transaction; it ends a `stay` in a queue, or none.

    Who was given the call was shown its level; one of none shows nothing.
    """
    call = f"call:{call_id}"
    if stay is not None and before.auth_level != NONE:
        for agent in _consultants(stay):
            entries.append(connection, Entry(at, agent, Action.LEVEL_SHOWN, call, None, before.auth_level))
    if after.auth_level not in (before.auth_level, NONE):
        details = f"{before.auth_level} to {after.auth_level}"
        entries.append(connection, Entry(at, CALLER, Action.LEVEL_RAISED, call, None, details))


def _consultants(stay: Conversation) -> tuple[str, ...]:
    """Who has talked to the caller, each once."""
    first = (stay.agent,) if stay.answered_at is not None and stay.agent else ()
    return tuple(dict.fromkeys((*first, *(one.agent for one in stay.colleagues))))
