"""Consent that is withdrawn while a call lasts: the call learns it with its next turn, whoever carries it then."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from audit import entries
from ivr.events import ConsentWithdrawn, HungUp, Joined, QueueLeft
from ivr.gateways.agi import notes
from ivr.runner import Conversation, Runner
from ivr.stays import Colleague
from ivr.waits import Transfer
from recordings import consents
from storage.database import Database
from tests.runner.conftest import Clock, Line


def withdrawn(line: Line) -> list[datetime | None]:
    """When consents were withdrawn, by the consents' rows."""
    return [consent.withdrawn_at for consent in line.consents]


def talked(line: Line, clock: Clock, *, withdrawn_at: datetime | None = None) -> Conversation:
    """A conversation that was recorded."""
    files = ("x-caller.wav", "x-agent.wav")
    return Conversation("answered", "11", clock(), *files, "help", line.now.seq, withdrawn_at=withdrawn_at)


def test_what_the_dialplan_tells_is_a_turn_before_the_next(queued: Line, runner: Runner, clock: Clock) -> None:
    """With the moment at which it was keyed; what follows in the call is not recorded."""
    stay = talked(queued, clock, withdrawn_at=(keyed := clock.wait(minutes=1)))
    clock.wait(minutes=1)
    seq = queued.now.seq
    queued.live = runner.send_on(queued.arrival, stay, "help")
    belated, newest = queued.turns[-2:]
    assert (seq + 1, keyed, (ConsentWithdrawn(),)) == (belated.seq, belated.at, belated.events)
    assert isinstance(newest.wait, Transfer)
    assert (seq + 2, False) == (newest.seq, newest.wait.recorded)
    assert ([keyed], [True]) == (withdrawn(queued), [one.given for one in queued.consents])


def test_what_is_on_record_is_enough(queued: Line, runner: Runner, other: Runner, clock: Clock, spool: Path) -> None:
    """The dialplan's note has been taken in, or the centre was told: another process goes on and knows."""
    (spool / f"{queued.id}.withdrawn").write_text("1795424700.250|end\n")
    assert 1 == notes.take_in(spool, runner)
    seq = queued.now.seq
    queued.live = other.back_from_queue(queued.arrival, talked(queued, clock))
    told = [event for turn in queued.turns if turn.seq > seq for event in turn.events]
    assert [ConsentWithdrawn(), QueueLeft("answered")] == told
    assert queued.now.turn.state.consent is False
    assert [1795424700.25] == [at.timestamp() for at in withdrawn(queued) if at]
    assert [] == list(spool.iterdir())


def test_it_is_told_once(queued: Line, runner: Runner, clock: Clock, spool: Path) -> None:
    """By a note, by the conversation's end and by that of the next one: the first moment stays."""
    first = clock.wait(minutes=1)
    with queued.database.writing() as connection:
        consents.withdraw(connection, queued.id, first)
    queued.live = runner.send_on(queued.arrival, talked(queued, clock, withdrawn_at=clock.wait(minutes=1)), "help")
    runner.note_withdrawal(queued.id, clock.wait(minutes=1))
    queued.live = runner.back_from_queue(queued.arrival, talked(queued, clock, withdrawn_at=clock.wait(minutes=1)))
    assert 1 == sum(turn.events.count(ConsentWithdrawn()) for turn in queued.turns)
    assert [first] == withdrawn(queued)


@pytest.mark.parametrize("by_note", [True, False], ids=["by a note", "by the end of the conversation"])
def test_the_audit_is_told_once_who_did_it(queued: Line, runner: Runner, clock: Clock, by_note: bool) -> None:
    """The consultant who keyed it, as far as that is known, and not whom it was about."""
    stay, keyed = talked(queued, clock), clock.wait(minutes=1)
    if by_note:
        runner.note_answer(queued.id, queued.now.seq, keyed, "11")
        runner.note_withdrawal(queued.id, keyed)
    queued.live = runner.back_from_queue(queued.arrival, replace(stay, withdrawn_at=keyed))
    with queued.database.reading() as connection:
        (entry,) = entries.everything(connection)
    assert ("11", "consent withdrawn", f"call:{queued.id}", None) == (
        entry.actor,
        entry.action,
        entry.object,
        entry.person,
    )
    assert keyed == entry.at


def test_who_hangs_up_at_once_has_withdrawn_all_the_same(queued: Line, runner: Runner, spool: Path) -> None:
    """The note about the end tells it, too."""
    stay = f"{queued.now.seq},,11,1795424600,x,help,1795424500,,,1795424690.000"
    (spool / f"{queued.id}.note").write_text(f"1795424700|600100200|225601600|{stay}|end\n")
    assert 1 == notes.take_in(spool, runner)
    assert [(ConsentWithdrawn(),), (HungUp(),)] == [turn.events for turn in queued.turns[-2:]]
    assert [1795424690.0] == [at.timestamp() for at in withdrawn(queued) if at]
    assert 1 == len(queued.parts)


def test_colleagues_keep_their_numbers(queued: Line, runner: Runner, clock: Clock) -> None:
    """Their recorded parts go by the turns that they are; the withdrawal is told after them."""
    joined_at = clock.wait(minutes=1)
    colleague = Colleague("21", "payers", "second", joined_at, clock(), "y-caller.wav", "y-agent.wav")
    seq, files = queued.now.seq, ("x-caller.wav", "x-agent.wav")
    stay = Conversation(
        "answered", "11", joined_at, *files, "help", seq, colleagues=(colleague,), withdrawn_at=clock.wait(minutes=1)
    )
    queued.live = runner.back_from_queue(queued.arrival, stay)
    told = [turn.events[0] for turn in queued.turns if turn.seq > seq]
    assert [Joined("21"), ConsentWithdrawn(), QueueLeft("answered")] == told
    assert [(seq, "11"), (seq + 1, "21")] == [(part.seq, part.agent) for part in queued.parts]


def test_who_has_agreed_to_nothing_has_nothing_to_withdraw(
    line: Line, runner: Runner, database: Database, clock: Clock, spool: Path
) -> None:
    """Neither a row nor a turn comes of it, and the note is gone."""
    line.arrives(runner)
    (spool / f"{line.id}.withdrawn").write_text("1795424700|end\n")
    before = line.turns
    assert 1 == notes.take_in(spool, runner)
    assert ((), before, []) == (line.consents, line.turns, list(spool.iterdir()))
