"""Payers who are not to be shown any more, since a mandate was revoked while its caller waits."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection

from centrala.service import make_mandates
from ivr import calls, legs
from ivr.codec import CodecError
from ivr.state import State
from routing import requests
from routing.requests import PAYER, Request
from storage.installation import Installation

# Besides them, Asterisk has the calls of a carrier that it has taken.
GATEWAYS = ("asterisk", calls.OUTGOING)


def take_away(installation: Installation, at: datetime) -> int:
    """Ask that no telephone is shown a payer for whom its caller may not speak any more; for how many calls.

    Whoever leads does it, within a second (`routing.caller_requests`).
    """
    mandates = make_mandates(installation)
    with installation.database.reading() as connection:
        open_calls = legs.open_legs(connection).union(*(calls.open_at(connection, gateway) for gateway in GATEWAYS))
        states = [(call, _state(connection, call)) for call in open_calls]
    revoked = [
        call
        for call, state in states
        if state is not None
        and state.subject is not None
        and state.payer is not None
        and mandates.number_of(state.subject, state.payer, at) is None
    ]
    if revoked:
        with installation.database.writing() as connection:
            for call in revoked:
                requests.ask(connection, Request(call, PAYER, "", at))
    return len(revoked)


def _state(connection: Connection, call_id: str) -> State | None:
    """Where a call stands; None where that cannot be read."""
    with suppress(CodecError):
        turn = calls.last_turn(connection, call_id)
        return None if turn is None else turn.state
    return None
