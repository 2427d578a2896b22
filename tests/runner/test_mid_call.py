"""Logins in the middle of a conversation, as processes carry them: one stay, however many turns, whoever dies."""

from __future__ import annotations

from pathlib import Path

import pytest

from auth_pin import profiles
from ivr.events import LoginAsked, QueueLeft, Reentered
from ivr.gateways.agi import notes
from ivr.runner import Conversation, Runner
from ivr.state import InQueue
from ivr.waits import Transfer
from storage.installation import Installation
from tests.runner.conftest import IDENTIFIER, PIN, WRONG, Clock, Line

AGENT = "11"


@pytest.fixture
def talking(line: Line, runner: Runner, clock: Clock, profile: str) -> Line:
    """A caller who has been talking to a consultant for a minute, and who has a profile."""
    line.arrives(runner)
    line.keys(runner, "2")
    line.hears_out(runner)
    clock.wait(minutes=1)
    runner.note_answer(line.id, line.now.seq, clock(), AGENT)
    return line


def asked(line: Line, runner: Runner, turn: int, *, again: bool = False) -> None:
    """The dialplan, which knows of that turn, has the caller log in."""
    line.live = runner.log_in(line.arrival, turn, AGENT, again=again)


def told(line: Line, clock: Clock, turn: int, outcome: str = "answered") -> Conversation:
    """The conversation as the dialplan tells of it, which knows of that turn."""
    return Conversation(outcome, AGENT, clock(), "x-caller.wav", "x-agent.wav", "help", turn)


def logs_in(line: Line, runner: Runner) -> None:
    """The caller keys both numbers and hears the result."""
    line.keys(runner, IDENTIFIER, PIN)
    line.hears_out(runner)


def logins(line: Line) -> int:
    """How often a login was begun."""
    return sum(isinstance(event, LoginAsked) for turn in line.turns for event in turn.events)


def test_a_login_is_turns_of_the_same_stay(talking: Line, runner: Runner, clock: Clock, profile: str) -> None:
    """One visit and one recorded part, of the turn that led there; the row has level and profile at once."""
    first = talking.now.seq
    asked(talking, runner, first)
    asked_at = clock()
    clock.wait(minutes=1)
    logs_in(talking, runner)
    assert (InQueue("to-help"), "full", profile) == (talking.position, talking.row.auth_level, talking.row.subject)
    assert isinstance(talking.now.turn.wait, Transfer)
    talking.live = runner.back_from_queue(talking.arrival, told(talking, clock, talking.now.seq))

    (visit,), (part,) = talking.visits, talking.parts
    assert (first, first, "answered") == (visit.seq, part.seq, visit.outcome)
    assert [(asked_at, (LoginAsked(AGENT),))] == [
        (turn.at, turn.events) for turn in talking.turns if turn.seq == first + 1
    ]


def test_a_profile_that_is_blocked_before_the_pin_gives_no_level(
    talking: Line, runner: Runner, installation: Installation, profile: str
) -> None:
    """The caller hears what whoever keys a wrong one hears, and keys on until they give up."""
    asked(talking, runner, talking.now.seq)
    talking.keys(runner, IDENTIFIER)
    with installation.database.writing() as connection:
        claim = profiles.claim_of(connection, profile)
        assert claim is not None
        profiles.set_state(connection, claim, profiles.State.BLOCKED)
    talking.keys(runner, PIN)
    heard = talking.said
    talking.keys(runner, IDENTIFIER, WRONG)
    assert heard == talking.said
    talking.keys(runner, "*")
    talking.hears_out(runner)

    assert (InQueue("to-help"), "none", None) == (talking.position, talking.row.auth_level, talking.row.subject)
    assert 1 == len(talking.visits)


def test_a_process_that_takes_over_goes_on_and_ends_it_once(talking: Line, runner: Runner, other: Runner) -> None:
    """In the middle it asks again; where all was done it hands back; where nothing was it begins."""
    first = talking.now.seq
    asked(talking, runner, first, again=True)
    talking.keys(runner, IDENTIFIER)
    asked(talking, other, first, again=True)
    assert ["pin"] == talking.said
    talking.keys(other, PIN)
    talking.hears_out(other)
    asked(talking, runner, first, again=True)

    assert (InQueue("to-help"), "full", 1) == (talking.position, talking.row.auth_level, logins(talking))
    assert [Reentered()] * 2 == [event for turn in talking.turns for event in turn.events if event == Reentered()]
    assert 1 == len(talking.visits)


def test_asked_anew_after_everything_died_it_begins_anew(talking: Line, runner: Runner) -> None:
    """The dialplan knows nothing of the turns of the first one."""
    first = talking.now.seq
    asked(talking, runner, first)
    talking.keys(runner, IDENTIFIER)
    asked(talking, runner, first)
    assert ["identifier"] == talking.said
    assert (2, 1) == (logins(talking), len(talking.visits))


@pytest.mark.parametrize("finished", [True, False])
def test_the_end_is_known_by_a_turn_from_before(talking: Line, runner: Runner, clock: Clock, finished: bool) -> None:
    """The dialplan was not told of the login's turns: the conversation is over all the same, and told once."""
    first = talking.now.seq
    asked(talking, runner, first)
    if finished:
        logs_in(talking, runner)
    stay = told(talking, clock, first)
    for _ in range(2):
        talking.live = runner.back_from_queue(talking.arrival, stay)

    assert (["answered"], 1) == ([visit.outcome for visit in talking.visits], len(talking.parts))
    assert 1 == sum(isinstance(event, QueueLeft) for turn in talking.turns for event in turn.events)
    assert "completed" == talking.row.cause


def test_a_caller_who_hangs_up_in_it_has_talked(talking: Line, runner: Runner, clock: Clock, tmp_path: Path) -> None:
    """The dialplan's note tells the end, with consultant and recording, which paused twice."""
    asked(talking, runner, first := talking.now.seq)
    talking.keys(runner, IDENTIFIER)
    began = clock().timestamp()
    stay = f"{first},,{AGENT},{began},x,help,{began - 60},,,,&{began + 2.25}:{began + 10}&{began + 30}"
    (tmp_path / f"{talking.id}.note").write_text(f"{began + 40}|x|y|{stay}|end\n")
    assert 1 == notes.take_in(tmp_path, runner)
    assert ["2.2-10.0,30.0-40.0"] == [part.pauses for part in talking.parts]

    (visit,) = talking.visits
    assert ("answered", AGENT, 1) == (visit.outcome, visit.agent, len(talking.parts))
    assert ("caller", "none") == (talking.row.cause, talking.row.auth_level)


def test_who_was_left_alone_is_at_the_head_again(talking: Line, runner: Runner, clock: Clock) -> None:
    """Whoever is cut off has the place that they had; a login in between costs nothing."""
    asked(talking, runner, talking.now.seq)
    logs_in(talking, runner)
    clock.wait(minutes=1)
    talking.live = runner.back_from_queue(talking.arrival, told(talking, clock, talking.now.seq, "cut_off"))
    talking.keys(runner, "2")

    first, again = talking.visits
    assert (first.enqueued_at, "cut_off") == (again.enqueued_at, first.outcome)
