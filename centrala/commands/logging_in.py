"""`centrala calls login`: a caller is to log in, in the middle of a conversation."""

from __future__ import annotations

import re
import time

import click
from sqlalchemy import Connection

from audit.entries import Action
from centrala import context, conversations
from centrala.auditing import auditing
from ivr import calls as call_rows
from ivr.library import Library
from ivr.lookups import login_in_conversation
from routing import requests
from routing.requests import LOGIN, Request
from storage.database import Database

NUMBER = re.compile(r"[A-Za-z0-9_.-]{1,20}")
# How often it is looked what came of it, and how long a caller may take to be asked once Asterisk was told.
LOOK_SECONDS = 0.1
BEGIN_SECONDS = 5.0
KEY_IT = "the consultant can key *4"


@click.command("login")
@click.argument("call_id", metavar="CALL")
@click.option("--agent", required=True, help="The consultant who talks to the caller: their number.")
@click.option("--wait", default=15.0, show_default=True, type=click.FloatRange(0, 60), help="Seconds, at most.")
@click.option("--by", help="Who does it (default: the user of this machine).")
def login(call_id: str, agent: str, wait: float, by: str | None) -> None:
    """Have the caller in CALL asked for identifier and PIN, as by the consultant's code *4.

    The process that reads Asterisk's manager interface does it, within a second. This waits until the caller is asked,
    and tells why if they are not; what is not begun by then is not done any more. The audit tells who asked for it.
    """
    if context.settings().asterisk.ami is None:
        context.fail(f"the settings say asterisk: ami: null, so that nobody can tell Asterisk; {KEY_IT}")
    if not NUMBER.fullmatch(agent):
        raise click.UsageError(f'"{agent[:20]}" is not the number of a consultant')
    opened = context.installation()
    one = Request(call_id, LOGIN, agent, context.now())
    with opened.database.reading() as connection:
        if why := _refusal(connection, Library(opened.database), call_id):
            context.fail(f"{call_id[:36]}: {why[0]}; {why[1]}")
    with auditing(opened, by) as auditor, opened.database.writing() as connection:
        requests.ask(connection, one)
        auditor.tell_of_call_with(connection, Action.LOGIN_ASKED_FOR, call_id, f"consultant {agent}")
    if why := _awaited(opened.database, one, wait):
        context.fail(f"{call_id}: {why[0]}; {why[1]}")
    click.echo(f"call {call_id}: the caller is asked for identifier and PIN")


def _refusal(connection: Connection, library: Library, call_id: str) -> tuple[str, str] | None:
    """Why it is not asked for at all. With whom the caller talks only Asterisk knows for sure."""
    if why := conversations.refusal(connection, call_id):
        return why
    row = call_rows.find(connection, call_id)
    assert row is not None, "it was there a moment ago"
    if _is_logging_in(connection, call_id):
        return "the caller is logging in already", "see centrala calls show"
    if login_in_conversation(library.flow(row.menu_version)) is None:
        return "the menus of this call have no login", "a step of the type authentication is one"
    return None


def _is_logging_in(connection: Connection, call_id: str) -> bool:
    turn = call_rows.last_turn(connection, call_id)
    return turn is not None and turn.state.talking is not None


def _awaited(database: Database, one: Request, wait: float) -> tuple[str, str] | None:
    """Why the caller is not asked, once that is known; None as soon as they are."""
    until = time.monotonic() + wait
    while True:
        with database.reading() as connection:
            left = requests.find(connection, one.call_id, LOGIN)
            if _is_logging_in(connection, one.call_id):
                return None
        if (left is not None and left.refusal is not None) or time.monotonic() >= until:
            break
        if left is None and until - time.monotonic() > BEGIN_SECONDS:
            until = time.monotonic() + BEGIN_SECONDS
        time.sleep(LOOK_SECONDS)
    with database.writing() as connection:
        requests.remove(connection, one)
    if left is None or (left.taken and left.refusal is None):
        return "Asterisk was told, and the caller is not asked", KEY_IT
    if left.refusal is None:
        return "no process that reads Asterisk's manager interface has taken it up", "is centrala serve running?"
    return left.refusal, KEY_IT
