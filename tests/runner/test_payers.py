"""Whom a call is about, as processes carry it: what is heard, what is kept, and what is found nowhere."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import update

from auth_pin import mandates
from auth_pin.mandates import Entry, everything
from centrala.payer_shown import take_away
from ivr import calls
from ivr.events import ManyPayers, PayerKeyed, PayerRefused, PayersFound
from ivr.menus.loading import Loaded
from ivr.prompts import DIGIT, ENDING
from ivr.runner import Runner
from ivr.state import AtMenu, InQueue
from ivr.waits import Transfer
from routing import requests
from routing.requests import PAYER
from storage.installation import Installation
from tests.menu_files import REPRESENTING, SMALL, edited, load_text
from tests.runner.conftest import IDENTIFIER, MONDAY, PIN, Line
from tests.runner.test_turns import everything_kept

BAKERY, GARAGE, NOBODY = "9261847390", "7010364836", "5380172648"


@pytest.fixture(scope="module")
def service() -> Loaded:
    """The small service, whose login asks whom the call is about."""
    return load_text(edited(SMALL, *REPRESENTING))


@pytest.fixture
def asked(line: Line, runner: Runner, installation: Installation, profile: str) -> Line:
    """A caller who has logged in and is asked for which of two payers they call."""
    _may_speak(installation, profile, BAKERY, GARAGE)
    line.arrives(runner)
    line.keys(runner, "4", IDENTIFIER, PIN)
    line.hears_out(runner)
    return line


def _may_speak(installation: Installation, subject: str, *payers: str, until: date | None = None) -> None:
    entries = [Entry(subject, payer, place, until) for place, payer in enumerate(payers, start=1)]
    with installation.database.writing() as connection:
        mandates.store(connection, installation.key("identifier"), entries)


def _number(installation: Installation, reference: str | None) -> str:
    kept = everything(installation.database, installation.key("identifier"))
    return {one.reference: one.payer for one in kept}[reference or ""]


def test_a_caller_hears_last_digits_and_the_turn_log_does_not(asked: Line) -> None:
    """They are said one by one, in the place that the flow has left; what is kept tells the place alone."""
    said = ["found", "digit-3", "digit-9", "digit-0", "login-key-2", "found", "digit-8", "digit-3", "digit-6"]
    assert ["question", "login-own", *said, "login-key-3", "login-others"] == asked.said
    kept = asked.turns[-1]
    assert ("question", "login-own", "found", ENDING, "login-key-2", "found", ENDING) == kept.prompts[:7]
    assert [] == [name for turn in asked.turns for name in turn.prompts if DIGIT.fullmatch(name)]


def test_they_are_heard_again_after_a_wrong_key_and_silence(asked: Line, runner: Runner) -> None:
    """As often as the question is asked."""
    for keyed in ("9", "-", "*"):
        asked.keys(runner, keyed)
        assert 6 == sum(DIGIT.fullmatch(name) is not None for name in asked.said)


def test_the_choice_goes_with_the_call_to_a_queue_and_back(
    asked: Line, runner: Runner, installation: Installation
) -> None:
    """In the state, as a reference that leads to the number."""
    asked.keys(runner, "3", "2")
    asked.hears_out(runner)
    assert isinstance(asked.position, InQueue)
    assert isinstance(asked.turns[-1].wait, Transfer)
    assert GARAGE == _number(installation, asked.turns[-1].state.payer)


def test_another_process_asks_again_with_the_digits(asked: Line, other: Runner, installation: Installation) -> None:
    """It looks the payers up itself; what was chosen before a death stays chosen."""
    asked.arrives(other)
    assert "digit-3" in asked.said
    asked.keys(other, "2")
    assert BAKERY == _number(installation, asked.now.turn.state.payer)


def test_a_payer_that_is_gone_is_offered_no_more(asked: Line, runner: Runner, installation: Installation) -> None:
    """It has no digits when the question is asked again, and is left out when it is repeated."""
    subject = asked.now.turn.state.subject
    assert subject is not None
    _may_speak(installation, subject, BAKERY, until=date(2020, 1, 1))
    asked.keys(runner, "9")
    assert 3 == sum(DIGIT.fullmatch(name) is not None for name in asked.said)
    asked.keys(runner, "*")
    assert (True, False) == ("login-key-2" in asked.said, "login-key-3" in asked.said)
    asked.keys(runner, "2")
    assert GARAGE == _number(installation, asked.now.turn.state.payer)


def test_a_payer_that_is_revoked_meanwhile_is_taken_from_the_call(
    asked: Line, runner: Runner, installation: Installation
) -> None:
    """Asterisk is asked to forget the number of that call, and of no other."""
    asked.keys(runner, "3", "2")
    Line(installation.database).arrives(runner)
    assert 0 == take_away(installation, MONDAY)
    subject = asked.now.turn.state.subject
    assert subject is not None
    _may_speak(installation, subject, BAKERY, GARAGE, until=date(2020, 1, 1))
    assert 1 == take_away(installation, MONDAY)
    with installation.database.reading() as connection:
        assert [(asked.id, PAYER)] == [(one.call_id, one.kind) for one in requests.everything(connection)]


def test_a_payer_is_taken_from_a_call_that_a_carrier_has_brought(
    asked: Line, runner: Runner, installation: Installation
) -> None:
    """As soon as Asterisk has it: before, no telephone shows anything."""
    asked.keys(runner, "3", "2")
    asked.hears_out(runner)
    subject = asked.now.turn.state.subject
    assert subject is not None
    _may_speak(installation, subject, BAKERY, GARAGE, until=date(2020, 1, 1))
    with installation.database.writing() as connection:
        connection.execute(update(calls.calls).where(calls.calls.c.id == asked.id).values(gateway="twilio"))
    assert 0 == take_away(installation, MONDAY)
    with installation.database.writing() as connection:
        assert calls.take_leg(connection, asked.id, asked.now.seq, "1.1")
    assert 1 == take_away(installation, MONDAY)


def test_one_of_many_is_keyed(line: Line, runner: Runner, installation: Installation, profile: str) -> None:
    """A number that is not among them is refused; neither is kept in any table."""
    others = tuple(str(100_000 + number) for number in range(8))
    _may_speak(installation, profile, BAKERY, *others)
    line.arrives(runner)
    line.keys(runner, "4", IDENTIFIER, PIN, NOBODY)
    assert ["wrong", "code"] == line.said
    line.keys(runner, BAKERY)
    assert BAKERY == _number(installation, line.now.turn.state.payer)
    line.hears_out(runner)
    assert AtMenu("main") == line.position

    events = [event for turn in line.turns for event in turn.events]
    kinds = (ManyPayers, PayerRefused, PayerKeyed, PayersFound)
    assert [ManyPayers, PayerRefused, PayerKeyed] == [type(event) for event in events if isinstance(event, kinds)]
    kept = everything_kept(installation.database)
    assert [] == [number for number in (BAKERY, NOBODY, *others) if number in kept]


def test_nobody_else_is_asked(line: Line, runner: Runner, profile: str) -> None:
    """Who may speak for nobody hears the menu at once."""
    line.arrives(runner)
    line.keys(runner, "4", IDENTIFIER, PIN)
    line.hears_out(runner)
    assert (AtMenu("main"), None) == (line.position, line.now.turn.state.payer)
