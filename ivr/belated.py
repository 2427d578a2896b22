"""What has happened to a call since its newest turn and is told only with the next one: turns of their own, unsaid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from audit import entries
from audit.entries import CALLER, Action, Entry
from ivr import authorisations, calls
from ivr.authorisations import Authorisation
from ivr.definition import NONE
from ivr.events import Authorised, ConsentWithdrawn, Event, Joined
from ivr.flow import step
from ivr.live import Live
from ivr.state import InQueue
from ivr.stays import Conversation
from ivr.turns import Turn
from recordings import consents
from storage.database import Database

BY_CODE = "by code in the conversation"


@dataclass(frozen=True, slots=True)
class Belated:
    """An event, when it happened, and the turn that it made, of which nobody has heard anything."""

    at: datetime
    event: Event
    turn: Turn


def outstanding(database: Database, live: Live, stay: Conversation | None) -> tuple[Belated, ...]:
    """What is to be told before the next event of the call, as its `stay` and the database know it."""
    return belated(live, stay, _withdrawn_at(database, live, stay), _authorisation(database, live, stay))


def _withdrawn_at(database: Database, live: Live, stay: Conversation | None) -> datetime | None:
    """When the caller's consent has ended, of which the call's state does not know yet."""
    if not (live.turn.state.consent or live.turn.state.assistant):
        return None
    if stay is not None and stay.withdrawn_at is not None:
        return stay.withdrawn_at
    with database.reading() as connection:
        return consents.withdrawn_at(connection, live.call_id)


def _authorisation(database: Database, live: Live, stay: Conversation | None) -> Authorisation | None:
    """The control questions that were answered, of which the call's state does not know yet."""
    if not isinstance(live.turn.state.position, InQueue) or live.turn.state.auth_level != NONE:
        return None
    if stay is not None and stay.authorisation is not None:
        return stay.authorisation
    with database.reading() as connection:
        return authorisations.of_call(connection, live.call_id)


def belated(
    live: Live, stay: Conversation | None, withdrawn_at: datetime | None, authorisation: Authorisation | None
) -> tuple[Belated, ...]:
    """What is to be told before the next event of the call.

    Who joined in its `stay`, that consent has ended, and that control questions were answered.
    """
    colleagues = stay.colleagues if stay is not None and stay.turn == live.seq else ()
    same = Turn(live.turn.state, (), live.turn.wait)
    told = tuple(Belated(one.answered_at, Joined(one.agent), same) for one in colleagues)
    if withdrawn_at is not None:
        told += _turn_of(live, told, withdrawn_at, ConsentWithdrawn())
    if authorisation is not None:
        told += _turn_of(live, told, authorisation.at, Authorised(authorisation.agent, authorisation.questions))
    return told


def _turn_of(live: Live, before: tuple[Belated, ...], at: datetime, event: Event) -> tuple[Belated, ...]:
    """The turn that an event makes after the others, if it means anything then."""
    turn = step(live.flow, before[-1].turn.state if before else live.turn.state, event)
    return (Belated(at, event, turn),) if isinstance(turn, Turn) else ()


def keep(connection: Connection, live: Live, node: str, told: tuple[Belated, ...], agent: str | None) -> None:
    """Write these turns after the call's newest one; `agent` talked to the caller. Raises calls.Superseded."""
    for number, one in enumerate(told, live.seq + 1):
        calls.log_turn(connection, live.call_id, number, one.at, node, (one.event,), one.turn)
        match one.event:
            case ConsentWithdrawn():
                withdraw(connection, live.call_id, one.at, agent)
            case Authorised(by, questions):
                authorisations.keep(connection, live.call_id, Authorisation(one.at, by, questions))
            case _:
                pass


def withdraw(connection: Connection, call_id: str, at: datetime, agent: str | None) -> None:
    """Consent to the call has ended by a consultant's code; the audit is told once, and who it was if that is known."""
    if consents.withdraw(connection, call_id, at):
        # Of nobody: pseudonyms are under keys that lie with the recordings' own, which no call opens or waits for.
        entry = Entry(at, agent or CALLER, Action.CONSENT_WITHDRAWN, f"call:{call_id}", None, BY_CODE)
        entries.append(connection, entry)
