"""Turns are committed before they are heard, with everything that belongs to them, and without what is secret."""

from __future__ import annotations

import pytest
from sqlalchemy import MetaData, delete, select
from sqlalchemy.exc import IntegrityError

from ivr import calls
from ivr.events import Event, HoursChecked, Keyed, PinRefused, PinVerified, Played, SecretKeyed, Started
from ivr.library import Library, menu_versions
from ivr.runner import Live, Runner
from ivr.state import AtNotice, Ended, InQueue, State
from ivr.waits import MOST_SERVICE_ANSWERS, Transfer
from routing.visits import Visit
from storage.database import Database
from tests.menu_files import SMALL, edited, gates, load_text
from tests.runner.conftest import IDENTIFIER, MONDAY, PIN, WRONG, Clock, Line, MakeRunner


def test_a_call_begins_with_its_row_and_its_first_turn(line: Line, runner: Runner, library: Library) -> None:
    """Before anything is heard it is on record who called, when, and which menu the call keeps."""
    live = line.arrives(runner)

    assert ("600100200", "225601600", MONDAY) == (line.row.ani, line.row.dnis, line.row.started_at)
    assert (library.current.version, "pl", "none", None) == (
        line.row.menu_version,
        line.row.lang,
        line.row.auth_level,
        line.row.ended_at,
    )
    (turn,) = line.turns
    assert (1, "one", (Started(),), live.turn.state) == (turn.seq, turn.node, turn.events, turn.state)
    assert ("welcome", "main-en", "main") == turn.prompts


def test_answers_of_services_commit_with_the_turn_that_they_lead_to(line: Line, runner: Runner) -> None:
    """The key that asks for a consultant and the opening hours are one turn."""
    line.arrives(runner)
    line.keys(runner, "2")

    assert (Keyed("2"), HoursChecked(True)) == line.turns[-1].events
    assert isinstance(line.position, AtNotice)
    assert 2 == len(line.turns)


def test_consent_is_on_record_before_the_queue_is(line: Line, runner: Runner, clock: Clock) -> None:
    """Who has heard the notice has agreed, to that wording, in that language, and then joins the queue."""
    line.arrives(runner)
    line.keys(runner, "5", "2")
    assert ((), ()) == (line.consents, line.visits)
    at = clock.wait(seconds=20)
    live = line.hears_out(runner)

    (consent,), (visit,) = line.consents, line.visits
    assert (True, "1", "en", at) == (consent.given, consent.wording, consent.lang, consent.at)
    assert Visit(line.id, live.seq, "help", "help", at) == visit
    assert Transfer("help", "help", "none", True, "en") == live.turn.wait
    assert ("help", "en") == (line.row.topic, line.row.lang)


def test_an_event_that_means_nothing_writes_nothing(line: Line, runner: Runner) -> None:
    """A late or impossible event leaves the call as it was."""
    before = line.arrives(runner)

    assert before == runner.advance(before, Played())
    assert before == runner.advance(before, PinVerified("x"))
    assert 1 == len(line.turns)


def test_a_call_keeps_its_menu_to_the_end(line: Line, runner: Runner, library: Library, database: Database) -> None:
    """A new menu is for new calls; a running one goes on with its own, in another process, too."""
    line.arrives(runner)
    old = library.current
    library.publish(load_text(edited(SMALL, ("  welcome: {pl: Witamy.", "  welcome: {pl: Dzień dobry."))), MONDAY)
    fresh = Line(database)
    fresh.arrives(runner)

    assert old.version == runner.resume(line.id).flow.version  # type: ignore[union-attr]
    assert old == Library(database).flow(old.version)
    assert {old.version, library.current.version} == {line.row.menu_version, fresh.row.menu_version}
    assert old.version != fresh.row.menu_version


def test_all_hours_that_a_file_may_ask_in_a_row_are_answered(
    line: Line, runner: Runner, library: Library, clock: Clock
) -> None:
    """What loading allows, the runner carries: on a Sunday every one of them is closed."""
    clock.wait(days=6)
    library.publish(load_text(edited(SMALL, *gates(MOST_SERVICE_ANSWERS - 1))), MONDAY)
    line.arrives(runner)
    line.keys(runner, "2")

    assert (HoursChecked(False),) * (MOST_SERVICE_ANSWERS - 1) == line.turns[-1].events[1:]
    assert Ended("goodbye", "completed") == line.position


def test_whoever_looks_on_sees_committed_turns_only(line: Line, make_runner: MakeRunner, database: Database) -> None:
    """An observer is told of each turn once it is kept."""
    seen: list[tuple[int, tuple[Event, ...], int]] = []

    def observe(live: Live, before: State, events: tuple[Event, ...]) -> None:
        with database.reading() as connection:
            kept = calls.turns_of(connection, live.call_id)
        seen.append((live.seq, events, len(kept)))

    watched = make_runner(observe=observe)
    line.arrives(watched)
    line.keys(watched, "1")

    assert [(1, (Started(),), 1), (2, (Keyed("1"),), 2)] == seen


@pytest.mark.parametrize("ani", ["", "x" * 500, "Zażółć", "'; DROP TABLE calls; --"])
def test_any_number_can_be_kept(line: Line, runner: Runner, ani: str) -> None:
    """Whatever a gateway calls the caller is kept, cut to its column."""
    line.ani = ani
    line.arrives(runner)

    assert ani[:80] == line.row.ani


# What is keyed as a secret


def test_a_login_leaves_its_level_and_nothing_of_what_was_keyed(
    line: Line, runner: Runner, profile: str, database: Database
) -> None:
    """The level is full, the turns tell lengths and pseudonyms, and no table holds the identifier or the PIN."""
    line.arrives(runner)
    line.keys(runner, "4", IDENTIFIER, WRONG, IDENTIFIER, PIN)

    events = [event for turn in line.turns for event in turn.events]
    assert [8, 6, 8, 6] == [event.length for event in events if isinstance(event, SecretKeyed)]
    assert [PinRefused(), PinVerified(profile)] == [
        event for event in events if isinstance(event, PinRefused | PinVerified)
    ]
    assert "full" == line.row.auth_level
    assert [] == [word for word in (IDENTIFIER, PIN, WRONG) if word in everything_kept(database)]


@pytest.mark.parametrize("keyed", ["30517842*", "305178421*99", "A30517842", "123456789012345678"])
def test_a_wrong_identifier_is_not_kept_either(line: Line, runner: Runner, database: Database, keyed: str) -> None:
    """Given up in the middle, with keys that are no digits, too long: it is found nowhere."""
    line.arrives(runner)
    line.keys(runner, "4", keyed)

    assert keyed.strip("A*")[:8] not in everything_kept(database)


def everything_kept(database: Database) -> str:
    """All that is in the database as text, but for menu files."""
    tables = MetaData()
    with database.reading() as connection:
        tables.reflect(connection)
        rows = [
            row
            for table in tables.sorted_tables
            if table.name != "menu_versions"
            for row in connection.execute(select(table))
        ]
    return "\n".join(str(tuple(row)) for row in rows)


def test_a_turn_is_kept_whole_or_not_at_all(line: Line, runner: Runner, database: Database) -> None:
    """Where the visit cannot be written, neither the consent nor the turn is, and the call stands where it stood."""
    line.arrives(runner)
    before = line.keys(runner, "2")
    with database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE queue_visits RENAME TO elsewhere")
    with pytest.raises(Exception, match="queue_visits"):
        line.hears_out(runner)
    with database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO queue_visits")

    assert (2, ()) == (len(line.turns), line.consents)
    line.live = before
    assert isinstance(line.hears_out(runner).turn.state.position, InQueue)


def test_a_row_that_the_database_refuses_is_no_lost_race(line: Line, runner: Runner, database: Database) -> None:
    """A menu version that is not there is a fault of its own kind: nobody else holds the call."""
    with database.writing() as connection:
        connection.execute(delete(menu_versions))

    with pytest.raises(IntegrityError):
        line.arrives(runner)
