"""`centrala calls authorise`: a consultant has asked control questions in a call."""

from __future__ import annotations

from datetime import datetime

import click
from sqlalchemy import Connection

from audit.entries import Action
from centrala import context, conversations
from centrala.auditing import auditing
from ivr import calls as call_rows
from ivr.authorisations import Authorisation, keep
from routing import requests
from routing.requests import LEVEL, Request


@click.command("authorise")
@click.argument("call_id", metavar="CALL")
@click.option("--agent", required=True, help="The consultant who asked: their number.")
@click.option("--questions", required=True, metavar="KIND,KIND", help="What was asked and answered; never an answer.")
@click.option("--by", help="Who does it (default: the user of this machine).")
def authorise(call_id: str, agent: str, questions: str, by: str | None) -> None:
    """Record that the caller in CALL has answered a consultant's control questions.

    The call has the level substitute until it ends; the level full stays. Who is asked about the caller, or sent them,
    from the next second on is told. The kinds are those of the settings, authentication: control_questions. The audit
    tells who did it, and what was refused.
    """
    kinds, agent = _kinds(questions), context.short(agent, 20)
    opened, at = context.installation(), context.now()
    with auditing(opened, by) as auditor, opened.database.writing() as connection:
        refusal = conversations.refusal(connection, call_id, agent)
        one = Authorisation(at, agent, kinds)
        if refusal is None:
            keep(connection, call_id, one)
            _tell_asterisk(connection, call_id, agent, at)
        action = Action.CALLER_AUTHORISED if refusal is None else Action.AUTHORISATION_REFUSED
        details = f"consultant {agent}: {one.told}" if refusal is None else f"consultant {agent}: {refusal[0]}"
        auditor.tell_of_call_with(connection, action, call_id, details)
        level = None if refusal else _level(connection, call_id)
    if refusal is not None:
        context.fail(f"{call_id[:36]}: {refusal[0]}; {refusal[1]}")
    click.echo(f"call {call_id}: level {level}; answered: {one.told}")


def _tell_asterisk(connection: Connection, call_id: str, agent: str, at: datetime) -> None:
    """The caller's channel is to have the level at once: a colleague who is asked by *3 is rung without the IVR."""
    if context.settings().asterisk.ami is not None:
        requests.ask(connection, Request(call_id, LEVEL, agent, at))


def _kinds(questions: str) -> tuple[str, ...]:
    """The kinds that are meant, once each. Raises click.UsageError."""
    known = tuple(context.settings().authentication.control_questions.values())
    kinds = tuple(dict.fromkeys(kind.strip() for kind in questions.split(",")))
    unknown = next((kind for kind in kinds if kind not in known), None)
    if unknown is not None:
        unknown = context.short(unknown or "?", 40)
        raise click.UsageError(f'"{unknown}" is no kind of question; known: {", ".join(known)}')
    return kinds


def _level(connection: Connection, call_id: str) -> str:
    row = call_rows.find(connection, call_id)
    assert row is not None, "it was there a moment ago"
    return row.auth_level
