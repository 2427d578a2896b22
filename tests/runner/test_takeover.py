"""A process dies with a call: another one goes on at the same place, and of two only one does."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import func, select

from auth_pin.attempts import auth_attempts
from auth_pin.authentication import Authenticator
from auth_pin.verdicts import Verdict
from centrala.service import profile_keys
from ivr.calls import Superseded
from ivr.events import HungUp, Keyed, Played, Reentered
from ivr.runner import Live, Runner, ended, hang_up
from ivr.state import AtMenu, AtPin, AtResult, Ended
from storage.database import Database
from storage.installation import Installation
from tests.runner.conftest import IDENTIFIER, PIN, WRONG, Line, MakeRunner

PLACES = {
    "a menu": ([], ["main-en", "main"]),
    "the identifier": (["4"], ["identifier"]),
    "the PIN": (["4", IDENTIFIER], ["pin"]),
    "the result of a login": (["4", IDENTIFIER, WRONG], ["wrong"]),
    "a postal code": (["3"], ["code"]),
    "the notice": (["2"], ["notice", "staying"]),
}


@pytest.mark.parametrize(("keys", "again"), PLACES.values(), ids=PLACES)
def test_the_same_place_is_heard_again(
    line: Line, runner: Runner, other: Runner, keys: list[str], again: list[str]
) -> None:
    """The other process finds the call as it was committed, and asks again."""
    line.arrives(runner)
    before = line.keys(runner, *keys)
    after = line.arrives(other)

    assert again == [name for name in line.said if name != "welcome"]
    assert (before.turn.state, before.turn.wait) == (after.turn.state, after.turn.wait)
    assert (before.seq + 1, "two", (Reentered(),)) == (line.turns[-1].seq, line.turns[-1].node, line.turns[-1].events)


def test_an_address_is_looked_up_again(line: Line, runner: Runner, other: Runner) -> None:
    """The other process has not found the office; the caller hears its address from the beginning."""
    line.arrives(runner)
    before = line.keys(runner, "3", "00001")
    after = line.arrives(other)

    assert ["found", "address"] == line.said
    assert (before.turn.prompts, before.turn.state) == (after.turn.prompts, after.turn.state)


def test_on_the_way_to_a_queue_no_second_visit_is_begun(line: Line, runner: Runner, other: Runner) -> None:
    """The consent stands, the visit is the same, and the queue is next."""
    line.arrives(runner)
    line.keys(runner, "2")
    before = line.hears_out(runner)
    after = line.arrives(other)

    assert before.turn.wait == after.turn.wait
    assert (1, 1) == (len(line.visits), len(line.consents))


def test_an_ending_that_was_not_heard_is_said_again(line: Line, runner: Runner, other: Runner) -> None:
    """The call is over in the account, and its caller still there: they are told, and nothing is written twice."""
    line.arrives(runner)
    line.keys(runner, "-", "-", "-")
    assert ["sorry", "farewell"] == line.said
    row, turns = line.row, line.turns
    live = line.arrives(other)

    assert ended(live)
    assert ["sorry", "farewell"] == line.said
    assert (row, turns) == (line.row, line.turns)


class Dying(Authenticator):
    """Verifies a PIN and dies before anybody hears of it."""

    dying = True

    def verify(self, claim: str, pin: str, *, call_id: str, seq: int, at: datetime, caller: str) -> Verdict:
        """Count the attempt, verify, die."""
        found = super().verify(claim, pin, call_id=call_id, seq=seq, at=at, caller=caller)
        if self.dying:
            raise ConnectionAbortedError("the process was killed")
        return found


@pytest.mark.parametrize("then", [PIN, WRONG], ids=["right then", "wrong then"])
def test_an_attempt_that_a_process_died_over_counts_once(
    line: Line, make_runner: MakeRunner, other: Runner, installation: Installation, profile: str, then: str
) -> None:
    """The PIN is asked for again; what is keyed then is the same attempt."""
    mortal = make_runner(authenticator=Dying(installation.database, profile_keys(installation), pytest.fail))
    line.arrives(mortal)
    line.keys(mortal, "4", IDENTIFIER)
    with pytest.raises(ConnectionAbortedError):
        line.keys(mortal, PIN)
    line.arrives(other)

    assert isinstance(line.position, AtPin)
    line.keys(other, then)
    assert isinstance(line.position, AtResult)
    assert 1 == _attempts(installation.database, line.id)
    assert (0 if then == PIN else 1) == line.now.turn.state.pin_tries


def _attempts(database: Database, call_id: str) -> int:
    with database.reading() as connection:
        query = select(func.count()).select_from(auth_attempts).where(auth_attempts.c.call_id == call_id)
        return int(connection.execute(query).scalar_one())


def test_who_was_taken_over_lets_go(line: Line, runner: Runner, other: Runner) -> None:
    """The first process learns with its next turn that it no longer holds the call; that turn is not written."""
    mine = line.arrives(runner)
    line.arrives(other)
    with pytest.raises(Superseded):
        runner.advance(mine, Keyed("1"))
    with pytest.raises(Superseded):
        hang_up(runner, mine)

    assert [1, 2] == [turn.seq for turn in line.turns]
    assert line.row.ended_at is None


def test_of_many_who_hold_a_call_one_goes_on(line: Line, make_runner: MakeRunner) -> None:
    """Eight processes answer the same turn at the same moment, again and again: each time one of them does."""
    runners = [make_runner(f"node-{number}") for number in range(8)]
    live = line.arrives(runners[0])
    for _ in range(10):
        together = threading.Barrier(len(runners))
        with ThreadPoolExecutor(len(runners)) as pool:
            taken = [found for found in pool.map(lambda one: _advance(one, live, together), runners) if found]  # noqa: B023
        (live,) = taken

    assert list(range(1, 12)) == [turn.seq for turn in line.turns]


def _advance(runner: Runner, live: Live, together: threading.Barrier) -> Live | None:
    together.wait()
    try:
        return runner.advance(live, Keyed("1"))
    except Superseded:
        return None


def test_of_many_whom_a_new_call_reaches_each_finds_it_once(line: Line, make_runner: MakeRunner) -> None:
    """Eight processes are told of a new call at once: it has one row, one beginning, and turns without a gap."""
    runners = [make_runner(f"node-{number}") for number in range(8)]
    together = threading.Barrier(len(runners))

    def arrive(runner: Runner) -> Live | None:
        together.wait()
        try:
            return runner.arrive(line.arrival)
        except Superseded:
            return None

    with ThreadPoolExecutor(len(runners)) as pool:
        holders = [live for live in pool.map(arrive, runners) if live]

    seqs = [turn.seq for turn in line.turns]
    assert list(range(1, len(seqs) + 1)) == seqs
    assert len(holders) == len({live.seq for live in holders})
    assert 1 == sum(event != Reentered() for turn in line.turns for event in turn.events)


def test_a_hang_up_and_a_key_at_once_leave_one_story(line: Line, runner: Runner, other: Runner) -> None:
    """Whichever is written first, the call has one end, and nothing follows it."""
    live = line.arrives(runner)
    together = threading.Barrier(2)

    def key() -> None:
        together.wait()
        _advance(runner, live, threading.Barrier(1))

    def leave() -> None:
        together.wait()
        other.note_end(line.arrival)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(key), pool.submit(leave)]:
            done.result()

    assert (HungUp(),) == line.turns[-1].events
    assert isinstance(line.turns[-1].state.position, Ended)
    assert ("main", "caller") == (line.row.ended_where, line.row.cause)


def test_nothing_follows_an_end(line: Line, runner: Runner) -> None:
    """Events after the end are ignored, wherever they come from."""
    live = hang_up(runner, line.arrives(runner))
    for event in (Keyed("1"), Played(), Reentered(), HungUp()):
        assert live == runner.advance(live, event)

    assert 2 == len(line.turns)
    assert isinstance(line.turns[0].state.position, AtMenu)
