"""`centrala calls authorise`: a consultant has asked control questions in a call."""

from __future__ import annotations

from datetime import datetime

import click
from sqlalchemy import Connection

from audit.entries import Action
from centrala import context
from centrala.auditing import auditing
from ivr import calls as call_rows
from ivr.authorisations import Authorisation, keep
from routing import visits


@click.command("authorise")
@click.argument("call_id", metavar="CALL")
@click.option("--agent", required=True, help="The consultant who asked: their number.")
@click.option("--questions", required=True, metavar="KIND,KIND", help="What was asked and answered; never an answer.")
@click.option("--by", help="Who does it (default: the user of this machine).")
def authorise(call_id: str, agent: str, questions: str, by: str | None) -> None:
    """Record that the caller in CALL has answered a consultant's control questions.

    The call has the level substitute from its next turn on, and until it ends; the level full stays. The kinds are
    those of the settings, authentication: control_questions. The audit tells who did it, and what was refused.
    """
    kinds, agent = _kinds(questions), context.short(agent, 20)
    opened, at = context.installation(), context.now()
    with auditing(opened, by) as auditor, opened.database.writing() as connection:
        refusal = _refusal(connection, call_id, agent)
        one = Authorisation(at, agent, kinds)
        if refusal is None:
            keep(connection, call_id, one)
        action = Action.CALLER_AUTHORISED if refusal is None else Action.AUTHORISATION_REFUSED
        details = f"consultant {agent}: {one.told}" if refusal is None else f"consultant {agent}: {refusal[0]}"
        auditor.tell_of_call_with(connection, action, call_id, details)
        level = None if refusal else _level(connection, call_id)
    if refusal is not None:
        context.fail(f"{call_id[:36]}: {refusal[0]}; {refusal[1]}")
    click.echo(f"call {call_id}: level {level}; answered: {one.told}")


def _kinds(questions: str) -> tuple[str, ...]:
    """The kinds that are meant, once each. Raises click.UsageError."""
    known = tuple(context.settings().authentication.control_questions.values())
    kinds = tuple(dict.fromkeys(kind.strip() for kind in questions.split(",")))
    unknown = next((kind for kind in kinds if kind not in known), None)
    if unknown is not None:
        unknown = context.short(unknown or "?", 40)
        raise click.UsageError(f'"{unknown}" is no kind of question; known: {", ".join(known)}')
    return kinds


def _refusal(connection: Connection, call_id: str, agent: str) -> tuple[str, str] | None:
    """Why it is not recorded, and what to do."""
    row = call_rows.find(connection, call_id) if call_id.isascii() and call_id.isprintable() else None
    if row is None:
        return "there is no such call", "see centrala calls list"
    if row.ended_at is not None:
        return "the call has ended", "a level is of a call that lasts: ask again in the next one"
    talking = visits.of_call(connection, call_id)
    if not talking or not _is_with(talking[-1].answered_at, talking[-1].left_at) or talking[-1].agent != agent:
        return "this consultant is not in the call", "give the number of the one who talks to the caller"
    return None


def _is_with(answered_at: datetime | None, left_at: datetime | None) -> bool:
    return answered_at is not None and left_at is None


def _level(connection: Connection, call_id: str) -> str:
    row = call_rows.find(connection, call_id)
    assert row is not None, "it was there a moment ago"
    return row.auth_level
