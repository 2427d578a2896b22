"""The audit knows each attempt to log in, what raised a call's level, and which consultants have seen it."""

from __future__ import annotations

import pytest

from audit import entries, verification
from ivr.runner import Conversation, Runner
from ivr.state import InQueue
from ivr.stays import Colleague
from storage.database import Database
from tests.runner.conftest import IDENTIFIER, PIN, WRONG, Clock, Line

AGENT, COLLEAGUE = "11", "12"


def audited(line: Line) -> list[tuple[str, str, str]]:
    """Who has done what in the call, by an audit that is whole, which names no person there."""
    with line.database.reading() as connection:
        assert verification.verify(connection).whole
        found = list(entries.of_object(connection, f"call:{line.id}"))
    assert {None} >= {one.person for one in found}
    return [(one.actor, one.action, one.details) for one in found]


def logs_in(line: Line, runner: Runner, *pins: str, identifier: str = IDENTIFIER) -> None:
    """A caller keys the identifier and these PINs, each when it is asked for."""
    line.arrives(runner)
    line.keys(runner, "4")
    for pin in pins:
        line.keys(runner, identifier, pin)
        line.hears_out(runner)


def test_a_login_and_the_level_that_it_gives_are_told(line: Line, runner: Runner, profile: str, clock: Clock) -> None:
    """The refused try, too; and every consultant who had the call, once it has left them."""
    logs_in(line, runner, WRONG, PIN)
    tries = [("caller", "login refused", "try 1"), ("caller", "login accepted", "try 2")]
    raised = ("caller", "level raised", "none to full")
    assert [*tries, raised] == audited(line)
    line.keys(runner, "2")
    line.hears_out(runner)
    assert isinstance(line.position, InQueue)
    colleague = Colleague(COLLEAGUE, "help", "help", clock(), None, None, None)
    line.leaves_queue(runner, Conversation("answered", AGENT, clock(), queue="help", colleagues=(colleague,)))
    shown = [(agent, "level shown", "full") for agent in (AGENT, COLLEAGUE)]
    assert [*tries, raised, *shown] == audited(line)


@pytest.mark.parametrize("stay", [Conversation("timeout"), Conversation("answered", AGENT, queue="help")])
def test_who_never_had_the_call_has_seen_nothing(line: Line, runner: Runner, profile: str, stay: Conversation) -> None:
    """A telephone that rang and was not answered shows nothing that the audit tells."""
    logs_in(line, runner, PIN)
    line.keys(runner, "2")
    line.hears_out(runner)
    line.leaves_queue(runner, stay)
    assert [] == [action for _, action, _ in audited(line) if action == "level shown"]


def test_of_whom_nothing_is_known_nothing_is_told(line: Line, runner: Runner, clock: Clock) -> None:
    """A conversation at the level none shows nobody anything."""
    line.arrives(runner)
    line.keys(runner, "2")
    line.hears_out(runner)
    line.leaves_queue(runner, Conversation("answered", AGENT, clock(), queue="help"))
    assert [] == audited(line)


@pytest.mark.parametrize("identifier", [IDENTIFIER, "10000002"])
def test_tries_that_are_not_let_through_are_told(
    database: Database, runner: Runner, profile: str, identifier: str
) -> None:
    """After three failures, in whichever calls; an unknown identifier leaves the same words as a known one."""
    calls = [Line(database) for _ in range(2)]
    for line in calls:
        logs_in(line, runner, WRONG, WRONG, identifier=identifier)
    refused, delayed = ("caller", "login refused"), ("caller", "login delayed")
    assert [[refused, refused], [refused, delayed]] == [
        [(actor, action) for actor, action, _ in audited(line)] for line in calls
    ]
