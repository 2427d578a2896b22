"""`centrala calls authorise`."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from audit import entries
from centrala.context import now
from ivr.events import Authorised, HungUp, QueueLeft
from ivr.runner import Arrival, Conversation, Live, Runner
from routing import visits
from storage.installation import Installation
from tests.cli.conftest import Run

SURNAME = ("--agent", "11", "--questions", "surname")


def audited(opened: Installation) -> list[tuple[str, str, str, str, bool]]:
    """Who did what with which call, how it is told, and whether it is known whom it was about."""
    with opened.database.reading() as connection:
        return [
            (one.actor, one.action, one.object, one.details, one.person is not None)
            for one in entries.everything(connection)
        ]


def test_the_call_has_the_level_from_its_next_turn_on(
    run: Run, opened: Installation, runner: Runner, talking: Live
) -> None:
    """What was asked and who asked is with the call and in the audit, by the caller's pseudonym; never an answer."""
    words = ("--agent", "11", "--questions", "surname, date_of_birth,surname", "--by", "maria")
    done = run("calls", "authorise", talking.call_id, *words)
    told = f"call {talking.call_id}: level substitute; answered: surname, date_of_birth\n"
    assert (0, told) == (done.exit_code, done.stdout)
    details = "consultant 11: surname, date_of_birth"
    assert [("maria", "caller authorised", f"call:{talking.call_id}", details, True)] == audited(opened)
    later = runner.advance(talking, QueueLeft("answered"), Conversation("answered", "11", now(), turn=talking.seq))
    assert ("substitute", talking.seq + 2) == (later.turn.state.auth_level, later.seq)
    shown = run("calls", "show", talking.call_id)
    assert Authorised.__name__ in shown.stdout
    assert "surname date_of_birth" in shown.stdout


def test_a_call_that_is_unknown_over_or_anothers_is_refused(
    run: Run, opened: Installation, runner: Runner, talking: Live
) -> None:
    """Each says what is wrong and what to do, changes nothing, and is in the audit."""
    stranger = str(uuid4())
    unknown = run("calls", "authorise", stranger, *SURNAME, "--by", "maria")
    nonsense = run("calls", "authorise", "600100200", *SURNAME, "--by", "maria")
    another = run("calls", "authorise", talking.call_id, "--agent", "12", "--questions", "surname", "--by", "maria")
    runner.advance(talking, HungUp())
    over = run("calls", "authorise", talking.call_id, *SURNAME, "--by", "maria")
    assert [2, 2, 2, 2] == [one.exit_code for one in (unknown, nonsense, another, over)]
    assert "there is no such call; see centrala calls list" in unknown.stderr
    assert "not in the call; give the number of the one who talks" in another.stderr
    assert "the call has ended; a level is of a call that lasts" in over.stderr
    about = f"call:{talking.call_id}"
    assert [
        ("authorisation refused", f"call:{stranger}", "consultant 11: there is no such call", False),
        ("authorisation refused", "call:unknown", "consultant 11: there is no such call", False),
        ("authorisation refused", about, "consultant 12: this consultant is not in the call", True),
        ("authorisation refused", about, "consultant 11: the call has ended", True),
    ] == [entry[1:] for entry in audited(opened)]
    with opened.database.reading() as connection:
        assert [None] == [visit.callback for visit in visits.of_call(connection, talking.call_id)]
    assert "none" in run("calls", "list").stdout


def test_a_caller_who_still_waits_has_answered_nobody(
    run: Run, opened: Installation, runner: Runner, talking: Live
) -> None:
    """Not even once a first consultant has left."""
    stay = Conversation("answered", "11", now() - timedelta(seconds=1), turn=talking.seq)
    runner.send_on(Arrival(talking.call_id, "asterisk", "600100200", "225601600"), stay, "help")
    done = run("calls", "authorise", talking.call_id, *SURNAME)
    assert (2, True) == (done.exit_code, "nobody talks to the caller; see centrala calls show" in done.stderr)


def test_kinds_are_those_of_the_settings(run: Run, talking: Live) -> None:
    """What is typed elsewise, an answer perhaps, is refused before anything is written."""
    done = run("calls", "authorise", talking.call_id, "--agent", "11", "--questions", "surname,pesel")
    assert 2 == done.exit_code
    assert '"pesel" is no kind of question; known: surname, address, date_of_birth, last_contribution' in done.stderr
