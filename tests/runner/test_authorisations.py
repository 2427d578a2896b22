"""Control questions that were answered in a conversation: the call learns it with its next turn, for itself alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from audit import entries
from audit.entries import Action, Written
from ivr.authorisations import REFUSALS, Authorisation, keep, of_call
from ivr.events import Authorised, HungUp, QueueLeft, SentOn
from ivr.gateways.agi import notes
from ivr.gateways.agi.dialplan import authorisation
from ivr.runner import Conversation, Runner
from ivr.waits import Transfer
from tests.runner.conftest import IDENTIFIER, PIN, Clock, Line

QUESTIONS = ("surname", "date_of_birth")
TOLD = Authorised("11", QUESTIONS)


def answered(clock: Clock) -> Authorisation:
    """What a consultant has keyed by now."""
    return Authorisation(clock.wait(minutes=1), "11", QUESTIONS)


def talked(line: Line, clock: Clock, one: Authorisation | None = None) -> Conversation:
    """A conversation."""
    return Conversation("answered", "11", clock(), queue="help", turn=line.now.seq, authorisation=one)


def audited(line: Line) -> list[Written]:
    """What the audit tells of questions that were asked in the call."""
    with line.database.reading() as connection:
        told = entries.of_object(connection, f"call:{line.id}")
        return [one for one in told if one.action == Action.CALLER_AUTHORISED]


def test_whoever_the_caller_is_sent_on_to_sees_the_level(queued: Line, runner: Runner, clock: Clock) -> None:
    """It is a turn before the next one, with the moment at which it was keyed; who and what is with the call."""
    stay, seq = talked(queued, clock, one := answered(clock)), queued.now.seq
    queued.live = runner.send_on(queued.arrival, stay, "help")
    belated, newest = queued.turns[-2:]
    assert (seq + 1, one.at, (TOLD,)) == (belated.seq, belated.at, belated.events)
    assert isinstance(newest.wait, Transfer)
    assert ((SentOn("help"),), "substitute") == (newest.events, newest.wait.auth_level)
    row = queued.row
    assert ("substitute", None, "11") == (row.auth_level, row.subject, row.authorised_by)
    with queued.database.reading() as connection:
        assert one == of_call(connection, queued.id)


@pytest.mark.parametrize(("why", "told"), REFUSALS.items())
def test_what_was_keyed_in_vain_is_told_to_the_audit_once(
    queued: Line, runner: Runner, other: Runner, spool: Path, why: str, told: str
) -> None:
    """Who keyed it, when, and why it was refused; whichever process takes the note in."""
    for process in (runner, other):
        (spool / f"{queued.id}_1795424700.unauthorised").write_text(f"1795424700.250|11|{why}|end\n")
        assert 1 == notes.take_in(spool, process)
    with queued.database.reading() as connection:
        kept = tuple(entries.of_object(connection, f"call:{queued.id}"))
    assert [("11", Action.AUTHORISATION_REFUSED, None, f"by code in the conversation: {told}")] == [
        (one.actor, one.action, one.person, one.details) for one in kept
    ]
    assert "none" == queued.row.auth_level


@pytest.mark.parametrize("text", ["1795424700.250|11|a lie|end", "|11|nothing|end", "1795424700.250||nothing|end"])
def test_a_refusal_that_is_none_is_told_to_nobody(queued: Line, runner: Runner, spool: Path, text: str) -> None:
    """It is put aside once it is old."""
    (spool / f"{queued.id}_1795424700.unauthorised").write_text(f"{text}\n")
    assert 0 == notes.take_in(spool, runner)
    with queued.database.reading() as connection:
        assert () == tuple(entries.of_object(connection, f"call:{queued.id}"))


def test_a_note_is_enough(queued: Line, runner: Runner, other: Runner, clock: Clock, spool: Path) -> None:
    """What the dialplan has left is on record at once, and told with the next turn by whatever process."""
    (spool / f"{queued.id}_1795424700.authorised").write_text("1795424700.250|11|surname+date_of_birth|end\n")
    assert 1 == notes.take_in(spool, runner)
    assert ("substitute", []) == (queued.row.auth_level, list(spool.iterdir()))
    seq = queued.now.seq
    queued.live = other.back_from_queue(queued.arrival, talked(queued, clock))
    told = [event for turn in queued.turns if turn.seq > seq for event in turn.events]
    assert [TOLD, QueueLeft("answered")] == told


def test_the_audit_is_told_once_who_asked_and_what(queued: Line, runner: Runner, clock: Clock) -> None:
    """By kinds, and of nobody: no answer, no digit. The dialplan tells it by a note and with the next session."""
    one = answered(clock)
    runner.note_authorisation(queued.id, one)
    queued.live = runner.send_on(queued.arrival, talked(queued, clock, one), "help")
    runner.note_authorisation(queued.id, one)
    (entry,) = audited(queued)
    assert ("11", "caller authorised", None) == (entry.actor, entry.action, entry.person)
    assert (one.at, "by code in the conversation: surname, date_of_birth") == (entry.at, entry.details)
    again = replace(answered(clock), questions=("address",))
    runner.note_authorisation(queued.id, again)
    assert [one.at, again.at] == [entry.at for entry in audited(queued)]
    assert 1 == sum(turn.events.count(TOLD) for turn in queued.turns)


def test_who_has_logged_in_stays_so(line: Line, runner: Runner, clock: Clock, profile: str) -> None:
    """The level full is never lowered; that questions were asked is on record all the same."""
    line.arrives(runner)
    line.keys(runner, "4", IDENTIFIER, PIN)
    line.keys(runner, "2")
    line.hears_out(runner)
    runner.note_authorisation(line.id, one := answered(clock))
    line.live = runner.send_on(line.arrival, talked(line, clock, one), "help")
    assert ("full", profile, "11") == (line.row.auth_level, line.row.subject, line.row.authorised_by)
    assert (0, 1) == (sum(turn.events.count(TOLD) for turn in line.turns), len(audited(line)))


def test_who_has_answered_can_log_in_too(queued: Line, runner: Runner, clock: Clock, profile: str) -> None:
    """The substitute level is the lesser one."""
    queued.live = runner.advance(queued.now, QueueLeft("timeout"), talked(queued, clock, answered(clock)))
    queued.keys(runner, "4", IDENTIFIER, PIN)
    assert ("full", profile) == (queued.row.auth_level, queued.row.subject)


def test_with_the_call_the_level_is_gone(queued: Line, runner: Runner, clock: Clock) -> None:
    """Who calls again from the same number, cut off or not, is nobody."""
    runner.note_authorisation(queued.id, answered(clock))
    runner.note_end(queued.arrival, talked(queued, clock))
    assert [(TOLD,), (HungUp(),)] == [turn.events for turn in queued.turns[-2:]]
    again = Line(queued.database)
    again.arrives(runner)
    again.keys(runner, "2")
    again.hears_out(runner)
    assert isinstance(again.now.turn.wait, Transfer)
    assert "none" == again.now.turn.wait.auth_level


def test_a_note_about_no_call_is_told_to_the_audit_alone(line: Line, runner: Runner, clock: Clock) -> None:
    """The dialplan had it to itself: no IVR process has met the call yet."""
    runner.note_authorisation(line.id, answered(clock))
    assert ["caller authorised"] == [entry.action for entry in audited(line)]


def test_only_the_first_one_is_kept_with_the_call(queued: Line, clock: Clock) -> None:
    """Later ones are in the audit."""
    with queued.database.writing() as connection:
        first = answered(clock)
        assert [True, False] == [keep(connection, queued.id, one) for one in (first, answered(clock))]
        assert first == of_call(connection, queued.id)


@pytest.mark.parametrize(
    "text", ["", "x", "1795424700:11:", "1795424700::surname", "1795424700:11:Kowalska", "1795424700:11:surname+7"]
)
def test_what_is_not_in_order_is_nothing(text: str) -> None:
    """Neither an answer nor a digit gets in with the kinds."""
    assert authorisation(text) is None
