"""Changing the PIN on real profiles: what is kept, what counts, what the audit tells, and where no digit is."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from audit import entries
from audit.entries import Action
from auth_pin import identifiers, profiles
from auth_pin.attempts import auth_attempts
from auth_pin.profiles import State
from centrala.service import profile_keys
from ivr.calls import turns
from ivr.events import NewPinRefused, Reentered
from ivr.menus.loading import Loaded
from ivr.runner import Runner
from ivr.state import AtMenu, AtNewPin, AtPinAgain, AtResult
from storage.installation import Installation
from tests.menu_files import SMALL, edited, load_text
from tests.runner.conftest import IDENTIFIER, LEAVE, PIN, WRONG, Clock, Line

NEW, OTHER = "802635", "736194"
CHANGE = """\
  own: {type: menu, requires: full, options: {"1": {label: {pl: Pin, en: Pin}, to: change}}}
  change: {type: change-pin, old: pin, wrong: wrong, new: news, length: code, repeated: found, run: not-found,
    date: sorry, confirm: question, differs: refused, changed: known, failure: stranger, then: own, otherwise: own}
"""
CHANGED, UNCHANGED, REFUSED = (AtResult("change", prompt, "own") for prompt in ("known", "stranger", "wrong"))


@pytest.fixture(scope="session")
def service() -> Loaded:
    """The small service, in which those who have logged in may change their PIN."""
    behind = ("    failure: stranger\n    then: main\n", "    failure: stranger\n    then: own\n")
    return load_text(edited(SMALL, LEAVE, behind, ("  to-help: {", f"{CHANGE}  to-help: {{")))


@pytest.fixture
def known(line: Line, runner: Runner, profile: str) -> Line:
    """A caller who has logged in and asks for another PIN."""
    line.arrives(runner)
    line.keys(runner, "4", IDENTIFIER, PIN)
    line.hears_out(runner)
    assert AtMenu("own") == line.position
    line.keys(runner, "1")
    return line


def logs_in(line: Line, runner: Runner, pin: str) -> bool:
    """Whether somebody who calls now logs in with this PIN."""
    again = Line(line.database, ani="600100201")
    again.arrives(runner)
    again.keys(runner, "4", IDENTIFIER, pin)
    return "full" == again.row.auth_level


def test_the_new_pin_is_the_one_from_then_on(known: Line, runner: Runner) -> None:
    """And the old one is over."""
    known.keys(runner, PIN, NEW, NEW)
    assert CHANGED == known.position
    assert [False, True] == [logs_in(known, runner, pin) for pin in (PIN, NEW)]


def test_a_wrong_old_pin_counts_as_at_the_login(known: Line, runner: Runner, clock: Clock) -> None:
    """Each has a row of its own; after the third one in a row none is looked at, there or at the login, for a while."""
    for _ in range(3):
        known.keys(runner, WRONG)
        assert REFUSED == known.position
        known.keys(runner, "1")
    known.keys(runner, PIN)
    assert "stranger" in known.said
    with known.database.reading() as connection:
        made = connection.execute(select(auth_attempts.c.seq, auth_attempts.c.outcome).order_by(auth_attempts.c.seq))
        outcomes = [tuple(row) for row in made]
    assert [(1, "accepted"), (2, "refused"), (3, "refused"), (4, "refused"), (5, "limited")] == outcomes
    assert not logs_in(known, runner, PIN)
    clock.wait(minutes=1)
    assert logs_in(known, runner, PIN)


WEAK = (("80263", "length"), ("#", "length"), ("808080", "repeated"), ("345678", "run"), ("311287", "date"))


@pytest.mark.parametrize(("pin", "reason"), WEAK)
def test_what_is_too_easy_is_refused_by_what_is_wrong_with_it(
    known: Line, runner: Runner, pin: str, reason: str
) -> None:
    """The policy is the operator's own."""
    known.keys(runner, PIN, pin)
    assert (NewPinRefused(reason),) == known.turns[-1].events
    assert (AtNewPin("change"), 1) == (known.position, known.now.turn.state.no_matches)


def test_two_that_differ_change_nothing(known: Line, runner: Runner) -> None:
    """Until the same is keyed twice; silence in between forgets nothing."""
    known.keys(runner, PIN, NEW, OTHER)
    assert ["refused", "news"] == known.said
    known.keys(runner, OTHER, "-")
    assert AtPinAgain("change") == known.position
    known.keys(runner, OTHER)
    assert logs_in(known, runner, OTHER)


def test_the_process_that_takes_over_asks_for_the_new_one_anew(known: Line, runner: Runner, other: Runner) -> None:
    """What the first one held in memory died with it; the old PIN was right, and is not asked for again."""
    known.keys(runner, PIN, NEW)
    taken = other.resume(known.id)
    assert taken is not None
    known.live = other.advance(taken, Reentered())
    assert AtNewPin("change") == known.position
    known.keys(other, OTHER, OTHER)
    assert logs_in(known, other, OTHER)


def test_a_profile_that_may_not_be_used_any_more_keeps_its_pin(
    known: Line, runner: Runner, installation: Installation
) -> None:
    """It was blocked after the old PIN was verified."""
    known.keys(runner, PIN, NEW)
    claim = identifiers.claim(installation.key("identifier"), IDENTIFIER)
    with known.database.writing() as connection:
        profiles.set_state(connection, claim, State.BLOCKED)
    known.keys(runner, NEW)
    assert UNCHANGED == known.position
    with known.database.writing() as connection:
        profiles.set_state(connection, claim, State.CONFIRMED)
    assert logs_in(known, runner, PIN)


def test_the_audit_tells_it_by_pseudonym(known: Line, runner: Runner) -> None:
    """As it tells of those that an operator sets; not of what was refused."""
    known.keys(runner, PIN, NEW, NEW)
    with known.database.reading() as connection:
        (entry,) = (one for one in entries.everything(connection) if one.action == Action.PIN_SET)
    assert ("caller", "PIN set", "profile", "by telephone") == (entry.actor, entry.action, entry.object, entry.details)
    assert re.fullmatch("[0-9a-f]{64}", entry.person or "")


def test_no_digit_of_a_pin_is_anywhere(
    known: Line, runner: Runner, installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    """In no turn, in no row, in no line of the log, nor where a process shows the call that it holds."""
    known.keys(runner, PIN, "808080", NEW)
    shown = repr(known.live)
    known.keys(runner, OTHER, NEW, NEW)
    told = "".join(capsys.readouterr()) + shown
    with known.database.reading() as connection:
        told += "".join(str(row) for row in connection.execute(select(turns)))
        told += "".join(str(row) for row in connection.execute(select(profiles.profiles)))
        told += "".join(entry.details for entry in entries.everything(connection))
    assert [] == [pin for pin in (PIN, NEW, OTHER, "808080") if pin in told]
    assert known.now.kept is None


def test_a_pin_is_sealed_like_any(known: Line, runner: Runner, installation: Installation) -> None:
    """Its hash opens under the key that seals now, for this profile alone."""
    known.keys(runner, PIN, NEW, NEW)
    keys, claim = profile_keys(installation), identifiers.claim(installation.key("identifier"), IDENTIFIER)
    with known.database.reading() as connection:
        found = profiles.find(connection, claim)
    assert found is not None
    assert keys.seal.open(found.pin_hash, claim).startswith("$argon2id$")
