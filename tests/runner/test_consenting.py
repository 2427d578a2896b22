"""Consent to the virtual assistant, and what is recorded of it, as the runner keeps them."""

from __future__ import annotations

import pytest

from centrala.archiving import conversation
from ivr.events import ConsentWithdrawn
from ivr.menus.loading import Loaded
from ivr.runner import Runner, hang_up
from ivr.state import AtMenu
from recordings import consents
from recordings.catalogue import Purpose
from storage.database import Database
from tests.menu_files import ASSISTED, SMALL, edited, load_text
from tests.runner.conftest import Clock, Line

FILES = ("a-caller.wav", "a-assistant.wav")


@pytest.fixture(scope="session")
def service() -> Loaded:
    """The small service, with an assistant."""
    return load_text(edited(SMALL, *ASSISTED))


@pytest.fixture
def assisted(line: Line, runner: Runner, clock: Clock) -> Line:
    """A caller who has agreed a minute after the call has begun, and is recorded."""
    line.arrives(runner)
    line.keys(runner, "6")
    clock.wait(minutes=1)
    line.keys(runner, "1")
    runner.note_recording(line.now, *FILES)
    return line


def test_consent_is_kept_with_its_wording_language_and_time(assisted: Line, clock: Clock) -> None:
    """Of the assistant's own; recording of conversations is decided on by itself."""
    assert [consents.Consent(assisted.id, "virtual_assistant", clock(), True, "7", "pl")] == list(assisted.consents)


def test_a_refusal_is_kept_and_silence_is_none(line: Line, runner: Runner) -> None:
    """Silence decides nothing."""
    line.arrives(runner)
    line.keys(runner, "6", "-")
    assert () == line.consents
    refusing = Line(line.database)
    refusing.arrives(runner)
    refusing.keys(runner, "6", "2")
    assert [("virtual_assistant", False)] == [(one.purpose, one.given) for one in refusing.consents]


def test_a_part_ends_where_the_assistant_is_left(assisted: Line, runner: Runner, clock: Clock) -> None:
    """Not with a message that comes back to it; then with the way to a consultant."""
    began = clock()
    clock.wait(minutes=1)
    assisted.keys(runner, "1")
    assert [(began, began)] == [(part.started_at, part.ended_at) for part in assisted.parts]
    clock.wait(minutes=1)
    assisted.keys(runner, "0")
    assert [(began, clock())] == [(part.started_at, part.ended_at) for part in assisted.parts]


def test_a_hang_up_ends_it(assisted: Line, runner: Runner, clock: Clock) -> None:
    """As everything else of the call."""
    ended = clock.wait(minutes=1)
    hang_up(runner, assisted.now)
    assert [ended] == [part.ended_at for part in assisted.parts]


def test_another_process_begins_another_part(assisted: Line, other: Runner, clock: Clock) -> None:
    """What was recorded before ends when the call is taken over."""
    taken_over = clock.wait(minutes=1)
    assisted.arrives(other)
    assert AtMenu("assistant") == assisted.position
    other.note_recording(assisted.now, *FILES)
    clock.wait(minutes=1)
    assisted.keys(other, "0")
    assert [taken_over, clock()] == [part.ended_at for part in assisted.parts]


def test_its_recording_has_a_purpose_and_no_consultant(assisted: Line, runner: Runner, database: Database) -> None:
    """Even where the call goes on to one."""
    assisted.keys(runner, "2")
    assisted.hears_out(runner)
    (part,) = assisted.parts
    with database.reading() as connection:
        about = conversation(connection, part)
    assert (Purpose.VIRTUAL_ASSISTANT, None, None, None) == (about.purpose, about.consultant, about.queue, about.topic)
    assert assisted.ani == about.caller


def test_consent_that_is_withdrawn_meanwhile_ends_the_recording(assisted: Line, runner: Runner, clock: Clock) -> None:
    """The call learns it with its next turn, and records nothing from then on."""
    with assisted.database.writing() as connection:
        consents.withdraw(connection, assisted.id, clock.wait(minutes=1))
    assisted.keys(runner, "1")
    assert 1 == sum(turn.events.count(ConsentWithdrawn()) for turn in assisted.turns)
    state = assisted.now.turn.state
    assert (False, False) == (state.assistant, state.consent)
    assert [clock()] == [part.ended_at for part in assisted.parts]
