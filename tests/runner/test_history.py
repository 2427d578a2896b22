"""What is on record of a span of time, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from ivr.calls import TERMINAL
from ivr.definition import Flow
from ivr.history.contacts import contacts_of, informing
from ivr.history.states import changes_of, states_now
from ivr.history.stays import open_stays, stays_of
from ivr.history.totals import call_totals, stay_totals
from ivr.library import Library
from ivr.menus.loading import Loaded
from ivr.runner import WITHOUT_IVR, Arrival, Conversation, Runner, hang_up
from routing import agent_states, waiting
from routing.estimates import Estimate, Pace
from routing.reporting.days import Period
from routing.reporting.records import Contact
from storage.database import Database
from tests.runner.conftest import MONDAY, Clock, Line
from tests.runner.test_queue_stays import answered, without_ivr

HOUR = Period(MONDAY, MONDAY + timedelta(hours=1))


def in_queue(database: Database, runner: Runner) -> Line:
    """A caller who has just joined the queue."""
    line = Line(database)
    line.arrives(runner)
    line.keys(runner, "2")
    line.hears_out(runner)
    return line


# Stays


def test_stays_are_of_the_period_that_they_began_in(database: Database, runner: Runner, clock: Clock) -> None:
    """From its first moment until just before its end, whenever they were over."""
    clock.now = HOUR.start - timedelta(microseconds=1)
    in_queue(database, runner)
    clock.now = HOUR.start
    first = in_queue(database, runner)
    clock.now = HOUR.end - timedelta(microseconds=1)
    last = in_queue(database, runner)
    clock.now = HOUR.end
    in_queue(database, runner)
    last.leaves_queue(runner, answered(last, clock))

    with database.reading() as connection:
        found = stays_of(connection, HOUR)
    assert [(first.id, HOUR.start, None), (last.id, HOUR.end - timedelta(microseconds=1), "answered")] == [
        (stay.call_id, stay.joined_at, stay.outcome) for stay in found
    ]
    assert clock() == found[1].left_at


def test_stays_that_last_are_open(database: Database, runner: Runner, clock: Clock) -> None:
    """Until they end, however long ago they began."""
    over, lasting = in_queue(database, runner), in_queue(database, runner)
    over.leaves_queue(runner, answered(over, clock))
    clock.wait(hours=30)
    with database.reading() as connection:
        assert [lasting.id] == [stay.call_id for stay in open_stays(connection)]


def test_a_conversation_before_another_stay_was_a_transfer(database: Database, runner: Runner, clock: Clock) -> None:
    """Waiting in vain before another stay was none."""
    line = in_queue(database, runner)
    line.live = runner.back_from_queue(line.arrival, Conversation("timeout", turn=line.now.seq))
    line.keys(runner, "2")
    runner.send_on(line.arrival, answered(line, clock), "help")
    with database.reading() as connection:
        found = stays_of(connection, HOUR)
    assert {"timeout": False, "answered": True, None: False} == {stay.outcome: stay.transferred for stay in found}


def test_calls_in_a_terminal_are_not_counted(database: Database, runner: Runner, clock: Clock) -> None:
    """They have a clock of their own, and nobody called."""
    line = Line(database)
    line.live = runner.arrive(Arrival(line.id, TERMINAL, "", ""))
    line.keys(runner, "2")
    line.hears_out(runner)
    line.leaves_queue(runner, answered(line, clock))
    with database.reading() as connection:
        assert ((), (), ()) == (
            stays_of(connection, HOUR),
            contacts_of(connection, HOUR, lambda _: frozenset()),
            stay_totals(connection, MONDAY, (20,)),
        )
        assert 0 == call_totals(connection, MONDAY).begun


def test_a_place_given_back_is_no_wait_on_the_line(database: Database, runner: Runner, clock: Clock) -> None:
    """Who dials again after five minutes has the old place; the wait of this stay begins when it does."""
    first = in_queue(database, runner)
    clock.wait(seconds=30)
    runner.note_end(first.arrival, Conversation("abandoned", turn=first.now.seq), clock())
    again_at = clock.wait(minutes=5)
    again = in_queue(database, runner)
    clock.wait(seconds=10)
    again.leaves_queue(runner, answered(again, clock))

    assert {MONDAY} == {visit.enqueued_at for line in (first, again) for visit in line.visits}
    with database.reading() as connection:
        found = {stay.call_id: stay for stay in stays_of(connection, HOUR)}
        totals = {total.outcome: total.waited for total in stay_totals(connection, MONDAY, ())}
    assert (30.0, 10.0, again_at) == (found[first.id].waited(), found[again.id].waited(), found[again.id].joined_at)
    assert {"abandoned": 30.0, "answered": 10.0} == totals


@pytest.mark.parametrize(("wait", "right"), [(59, False), (60, True), (180, True), (181, False)])
def test_an_estimate_is_proved_by_the_answer(
    database: Database, runner: Runner, clock: Clock, wait: float, right: bool
) -> None:
    """The first one of the stay, from when it was told."""
    line = in_queue(database, runner)
    told = waiting.Told(line.id, line.now.seq, 0, clock(), Estimate(1, 1, 3), Pace(300.0, 1.0))
    with database.writing() as connection:
        connection.execute(delete(waiting.wait_estimates))
        waiting.store(connection, told)
        waiting.store(connection, replace(told, number=1, estimate=Estimate(1, 0, 1)))
    clock.wait(seconds=wait)
    line.leaves_queue(runner, answered(line, clock))
    with database.reading() as connection:
        (found,) = stays_of(connection, HOUR)
    assert right is found.foretold


# Contacts


def contact_of(database: Database, library: Library) -> Contact:
    """The only call of the hour."""
    with database.reading() as connection:
        (found,) = contacts_of(connection, HOUR, lambda version: informing(library.flow(version)))
    return found


@pytest.mark.parametrize(
    ("keys", "informed", "asked"),
    [
        ((), False, False),
        (("1",), True, False),
        (("3", "00123"), True, False),
        (("3", "99999"), False, False),
        (("4", "*"), False, False),
        (("1", "2"), False, True),
        (("2",), False, True),
    ],
    ids=["nothing", "a message", "an address", "no office there", "a login left", "both", "a consultant"],
)
def test_what_a_call_was_for(
    line: Line, runner: Runner, library: Library, keys: tuple[str, ...], informed: bool, asked: bool
) -> None:
    """Messages and addresses inform, whoever came to opening hours has asked; of who has a topic that is enough."""
    line.arrives(runner)
    line.keys(runner, *keys)
    hang_up(runner, line.now)
    found = contact_of(line.database, library)
    assert (informed, asked) == (found.informed, found.asked)
    assert (informed and not asked) is found.is_contained


def test_asking_out_of_hours_is_asking(line: Line, runner: Runner, library: Library, clock: Clock) -> None:
    """The caller wanted a consultant and heard that there is none: that is no containment."""
    clock.wait(hours=-3.5)
    line.arrives(runner)
    line.keys(runner, "2")
    with line.database.reading() as connection:
        early = Period(clock(), clock() + timedelta(hours=1))
        (found,) = contacts_of(connection, early, lambda version: informing(library.flow(version)))
    assert (True, True, False) == (found.informed, found.asked, found.is_contained)


def test_a_call_that_lasts_is_not_counted_yet(line: Line, runner: Runner) -> None:
    """Nobody knows how it will end."""
    line.arrives(runner)
    line.keys(runner, "1")
    with line.database.reading() as connection:
        assert () == contacts_of(connection, HOUR, lambda _: frozenset())


def test_a_call_without_a_process_is_not_contained(line: Line, runner: Runner, library: Library, clock: Clock) -> None:
    """The dialplan alone carried it."""
    line.arrives(runner)
    line.keys(runner, "1")
    runner.note_end(line.arrival, without_ivr(clock), clock())
    found = contact_of(line.database, library)
    assert (True, True, False) == (found.informed, found.broken, found.is_contained)


def test_what_informs_in_the_shipped_menus(flow: Flow, service: Loaded) -> None:
    """Messages and the office's address; no menu, notice or connecting."""
    assert {"about-pensions", "about-complaints", "office-address"} <= informing(flow)
    assert not {"welcome", "recording-notice", "connecting", "identifier", "postal-code"} & informing(flow)
    assert {"news", "address", "sorry"} == informing(service.flow)


# Totals


def test_the_database_adds_up_what_ended(database: Database, runner: Runner, clock: Clock) -> None:
    """Waits, conversations and how many waited at most so long, by outcome; the clock moves as the callers tell."""
    one, two = in_queue(database, runner), in_queue(database, runner)
    clock.wait(seconds=20)
    one.leaves_queue(runner, answered(one, clock))
    clock.wait(seconds=10.5)
    runner.note_end(two.arrival, Conversation("abandoned", turn=two.now.seq), clock())
    in_queue(database, runner)

    with database.reading() as connection:
        found = stay_totals(connection, MONDAY, (5, 20, 600))
    assert [("help", "abandoned", 1, (0, 0, 1)), ("help", "answered", 1, (0, 1, 1))] == [
        (total.topic, total.outcome, total.count, total.within) for total in found
    ]
    assert [(150.5, 0.0), (20.0, 120.0)] == [(round(total.waited, 3), round(total.talked, 3)) for total in found]


def test_a_total_begins_at_its_moment(database: Database, runner: Runner, clock: Clock) -> None:
    """What ended before it is of no interest; what began before it and ended later is."""
    before, after = in_queue(database, runner), in_queue(database, runner)
    before.leaves_queue(runner, answered(before, clock))
    since = clock.wait(seconds=1)
    after.leaves_queue(runner, answered(after, clock))
    with database.reading() as connection:
        assert [1] == [total.count for total in stay_totals(connection, since, ())]
        calls = call_totals(connection, since)
    assert (0, {"completed": 1}, 0) == (calls.begun, calls.ended, calls.running)


def test_calls_are_counted(database: Database, runner: Runner, clock: Clock) -> None:
    """Begun, ended and running."""
    gone = in_queue(database, runner)
    in_queue(database, runner)
    hang_up(runner, gone.now)
    with database.reading() as connection:
        found = call_totals(connection, MONDAY)
    assert (2, {"caller": 1}, 1) == (found.begun, found.ended, found.running)


def test_a_stay_that_the_dialplan_led_to_is_counted(line: Line, runner: Runner, clock: Clock) -> None:
    """It has no topic."""
    runner.note_end(line.arrival, without_ivr(clock), clock())
    with line.database.reading() as connection:
        (found,) = stays_of(connection, HOUR)
    assert (WITHOUT_IVR, "", "help", True) == (found.seq, found.topic, found.queue, found.was_answered)
    assert (30.0, 120.0) == (found.waited(), found.talked)


# Consultants' states


def test_states_are_those_in_which_the_period_began_and_their_changes(database: Database) -> None:
    """Of one who changed nothing for weeks, too; what comes after the period is not among them."""
    course = [
        ("1201", "available", MONDAY - timedelta(days=20)),
        ("1202", "available", MONDAY - timedelta(hours=2)),
        ("1202", "on_call", MONDAY - timedelta(hours=1)),
        ("1202", "wrap_up", HOUR.start),
        ("1202", "available", HOUR.end),
    ]
    with database.writing() as connection:
        agent_states.write(connection, [agent_states.Change(agent, state, "", at) for agent, state, at in course])
    with database.reading() as connection:
        found = changes_of(connection, HOUR)
        now = states_now(connection)
    assert {("1201", "available"), ("1202", "on_call"), ("1202", "wrap_up")} == {
        (one.agent, one.state) for one in found
    }
    assert 3 == len(found)
    assert {"1201": "available", "1202": "available"} == now
