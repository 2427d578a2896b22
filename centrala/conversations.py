"""Calls whose caller talks to a consultant now, as commands mean them."""

from __future__ import annotations

from sqlalchemy import Connection

from ivr import calls
from routing import visits


def refusal(connection: Connection, call_id: str, agent: str | None = None) -> tuple[str, str] | None:
    """Why a call is no conversation, with that consultant if one is named, and what to do; None where it is one."""
    row = calls.find(connection, call_id) if call_id.isascii() and call_id.isprintable() else None
    if row is None:
        return "there is no such call", "see centrala calls list"
    if row.ended_at is not None:
        return "the call has ended", "a level is of a call that lasts: ask again in the next one"
    stays = visits.of_call(connection, call_id)
    if not stays or stays[-1].answered_at is None or stays[-1].left_at is not None:
        return "nobody talks to the caller", "see centrala calls show"
    if agent is not None and stays[-1].agent != agent:
        return "this consultant is not in the call", "give the number of the one who talks to the caller"
    return None
