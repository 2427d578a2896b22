"""What has happened to a call since its newest turn and is told only with the next one: turns of their own, unsaid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from audit import entries
from audit.entries import Action, Entry
from ivr import calls
from ivr.events import ConsentWithdrawn, Event, Joined
from ivr.flow import step
from ivr.live import Live
from ivr.stays import Conversation
from ivr.turns import Turn
from recordings import consents

CALLER = "caller"
BY_CODE = "by code in the conversation"


@dataclass(frozen=True, slots=True)
class Belated:
    """An event, when it happened, and the turn that it made, of which nobody has heard anything."""

    at: datetime
    event: Event
    turn: Turn


def belated(live: Live, stay: Conversation | None, withdrawn_at: datetime | None) -> tuple[Belated, ...]:
    """What is to be told before the next event of the call: who joined in its `stay`, and that consent has ended."""
    colleagues = stay.colleagues if stay is not None and stay.turn == live.seq else ()
    same = Turn(live.turn.state, (), live.turn.wait)
    joined = tuple(Belated(one.answered_at, Joined(one.agent), same) for one in colleagues)
    if withdrawn_at is None:
        return joined
    unrecorded = step(live.flow, live.turn.state, ConsentWithdrawn())
    return (*joined, Belated(withdrawn_at, ConsentWithdrawn(), unrecorded)) if isinstance(unrecorded, Turn) else joined


def keep(connection: Connection, live: Live, node: str, told: tuple[Belated, ...], agent: str | None) -> None:
    """Write these turns after the call's newest one; `agent` talked to the caller. Raises calls.Superseded."""
    for number, one in enumerate(told, live.seq + 1):
        calls.log_turn(connection, live.call_id, number, one.at, node, (one.event,), one.turn)
        if isinstance(one.event, ConsentWithdrawn):
            withdraw(connection, live.call_id, one.at, agent)


def withdraw(connection: Connection, call_id: str, at: datetime, agent: str | None) -> None:
    """Consent to the call has ended by a consultant's code; the audit is told once, and who it was if that is known."""
    if consents.withdraw(connection, call_id, at):
        # Of nobody: pseudonyms are under keys that lie with the recordings' own, which no call opens or waits for.
        entry = Entry(at, agent or CALLER, Action.CONSENT_WITHDRAWN, f"call:{call_id}", None, BY_CODE)
        entries.append(connection, entry)
