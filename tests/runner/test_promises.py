"""Callbacks from the promise to the conversation, as one process or another carries them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ivr.events import CALLBACK_REQUESTED, NumberFound, NumberRefused
from ivr.library import Library
from ivr.menus.loading import Loaded
from ivr.promises import LINE_RESULTS, Promises, Terms
from ivr.runner import Arrival, Conversation, Runner, hang_up
from ivr.state import AtGreeting, AtMenu, AtNumber, AtPromise, Ended, InQueue
from routing import callbacks
from routing.callback_times import PAUSES
from routing.callbacks import Callback
from storage.database import Database
from tests.menu_files import SHIPPED, load_text, without_callbacks
from tests.runner.conftest import MONDAY, Clock, Line

ASKED = Conversation(CALLBACK_REQUESTED)
TO_PENSIONS = ("0", "2")
NUMBER = "+48600100200"
FRIDAY_EVENING = datetime.fromisoformat("2026-11-27T17:59:30+01:00")
NEXT_MONDAY = datetime.fromisoformat("2026-11-30T07:00:00+01:00")


@pytest.fixture(scope="session")
def service(shipped: Loaded) -> Loaded:
    """The shipped service."""
    return shipped


@pytest.fixture
def another(database: Database) -> Line:
    """A later call from the same number."""
    return Line(database)


def _waits(line: Line, runner: Runner) -> None:
    line.arrives(runner)
    line.keys(runner, *TO_PENSIONS)
    line.hears_out(runner)
    assert InQueue("to-pensions") == line.position


def _asks(line: Line, runner: Runner, clock: Clock) -> Callback:
    """Wait for a minute, then ask to be called back at one's own number."""
    _waits(line, runner)
    clock.wait(minutes=1)
    line.leaves_queue(runner, ASKED)
    line.keys(runner, "1")
    line.hears_out(runner)
    return _callback(line)


def _callback(line: Line) -> Callback:
    with line.database.reading() as connection:
        found = callbacks.find(connection, line.id)
    assert found is not None
    return found


def _stands(line: Line, clock: Clock) -> None:
    with line.database.writing() as connection:
        assert callbacks.put_in_line(connection, line.id, clock())


def _is_called(line: Line, runner: Runner, called: Line) -> None:
    """Somebody answers at the number of the callback that was asked for in `line`."""
    arrival = Arrival(called.id, "asterisk", NUMBER, "225601600")
    called.live = runner.call_back(arrival, line.id)


def test_a_promise_keeps_the_place(line: Line, runner: Runner, clock: Clock) -> None:
    """The callback stands where its caller stood, and may be called at once."""
    promised = _asks(line, runner, clock)

    assert ("waiting", NUMBER, "pensions", "pensions", "pl") == (
        *(promised.state, promised.number),
        *(promised.queue, promised.topic, promised.lang),
    )
    assert line.visits[0].enqueued_at == promised.enqueued_at
    assert clock() == promised.requested_at == promised.next_try_at
    assert ("completed", [CALLBACK_REQUESTED]) == (line.row.cause, [visit.outcome for visit in line.visits])


def test_a_promise_that_was_heard_is_kept_whatever_dies(
    line: Line, runner: Runner, other: Runner, clock: Clock
) -> None:
    """It is written with the turn that says it; another process says it again and promises nothing twice."""
    _waits(line, runner)
    line.leaves_queue(runner, ASKED)
    line.keys(runner, "1")
    assert isinstance(line.position, AtPromise)
    before = _callback(line)
    clock.wait(minutes=1)
    line.arrives(other)
    line.hears_out(other)

    assert before == _callback(line)
    assert isinstance(line.position, Ended)


def test_whoever_withholds_the_number_is_asked_for_one(line: Line, runner: Runner) -> None:
    """What is keyed never stands in the turn log as it was keyed, and a premium number is refused."""
    line.ani = "anonymous"
    _waits(line, runner)
    line.leaves_queue(runner, ASKED)
    assert isinstance(line.position, AtNumber)
    assert "callback-refused" in [prompt.name for prompt in line.keys(runner, "700100200").turn.prompts]
    line.keys(runner, "223344556", "1")

    assert "+48223344556" == _callback(line).number
    assert not any("Keyed" in str(event) and "334455" in str(event) for turn in line.turns for event in turn.events)


def test_redialling_finds_it_and_cancels_it(line: Line, another: Line, runner: Runner, clock: Clock) -> None:
    """The place is given back in that call, and not a second time."""
    promised = _asks(line, runner, clock)
    clock.wait(hours=1)
    another.arrives(runner)
    assert AtMenu("callback-awaited") == another.position
    another.keys(runner, "2", *TO_PENSIONS)
    another.hears_out(runner)

    assert ("cancelled", None, another.id) == (
        _callback(line).state,
        _callback(line).next_try_at,
        _callback(line).cancelled_in,
    )
    assert promised.enqueued_at == another.visits[0].enqueued_at
    third = Line(another.database)
    _waits(third, runner)
    assert promised.enqueued_at != third.visits[0].enqueued_at


def test_whoever_waits_for_a_callback_has_no_second_place(
    line: Line, another: Line, runner: Runner, clock: Clock
) -> None:
    """Who keeps it and waits on the line as well begins at the end."""
    _asks(line, runner, clock)
    clock.wait(minutes=1)
    another.arrives(runner)
    another.keys(runner, "1", *TO_PENSIONS)
    another.hears_out(runner)

    assert clock() == another.visits[0].enqueued_at
    assert "waiting" == _callback(line).state


def test_a_callback_is_a_call_with_the_notice_first(line: Line, another: Line, runner: Runner, clock: Clock) -> None:
    """Greeting, a key, the notice, the queue: at level none, at the place of the callback, which is kept then."""
    promised = _asks(line, runner, clock)
    clock.wait(minutes=20)
    _is_called(line, runner, another)
    assert (AtGreeting("to-pensions"), ["callback-greeting"]) == (another.position, another.said)
    assert ["recording-notice", "recording-staying"] == [p.name for p in another.keys(runner, "1").turn.prompts]
    assert "waiting" == _callback(line).state
    another.hears_out(runner)

    assert ("kept", 1) == (_callback(line).state, _callback(line).tries)
    (visit,) = another.visits
    assert (line.id, promised.enqueued_at) == (visit.callback, visit.enqueued_at)
    assert [True] == [consent.given for consent in another.consents]
    assert "none" == another.row.auth_level


def test_a_process_that_dies_in_the_greeting_leaves_it_to_the_next(
    line: Line, another: Line, runner: Runner, other: Runner, clock: Clock
) -> None:
    """The same greeting again, and one conversation."""
    _asks(line, runner, clock)
    _is_called(line, runner, another)
    _is_called(line, other, another)
    assert (AtGreeting("to-pensions"), ["callback-greeting"]) == (another.position, another.said)
    another.keys(other, "1")
    another.hears_out(other)
    assert "kept" == _callback(line).state


def test_a_mailbox_presses_nothing_and_is_tried_again(line: Line, runner: Runner, clock: Clock) -> None:
    """Three times in all, after the stated pauses; then the number is forgotten. A try counts once its line is gone."""
    _asks(line, runner, clock)
    for number, pause in enumerate((*PAUSES, None), start=1):
        _stands(line, clock)
        called = Line(line.database)
        _is_called(line, runner, called)
        assert _callback(line).in_hand
        called.keys(runner, "-", "-", "-")
        assert isinstance(called.position, Ended)
        assert number - 1 == _callback(line).tries
        runner.note_line(line.id, "met", clock())
        found = _callback(line)
        assert number == found.tries
        assert (pause and clock() + pause) == found.next_try_at
        clock.wait(hours=2)

    assert ("not_reached", "*********200") == (found.state, found.number)


def test_whoever_hangs_up_in_the_notice_does_not_wish_to_talk(
    line: Line, another: Line, runner: Runner, clock: Clock
) -> None:
    """It is over, and nothing was consented to."""
    _asks(line, runner, clock)
    _is_called(line, runner, another)
    another.keys(runner, "1")
    hang_up(runner, another.now)

    assert "cancelled" == _callback(line).state
    assert () == tuple(another.consents)


@pytest.mark.parametrize("result", LINE_RESULTS)
def test_what_became_of_its_line_counts_once(
    line: Line, runner: Runner, other: Runner, clock: Clock, result: str
) -> None:
    """However often it is told, and by whichever process."""
    _asks(line, runner, clock)
    _stands(line, clock)
    with line.database.writing() as connection:
        assert not callbacks.put_in_line(connection, line.id, clock())
    for process in (runner, other):
        process.note_line(line.id, result, clock())
    found = _callback(line)
    wanted = {
        "left": ("waiting", 0, clock() + timedelta(minutes=1)),
        "unanswered": ("waiting", 1, clock() + PAUSES[0]),
        "met": ("waiting", 1, clock() + PAUSES[0]),
        "talked": ("kept", 1, None),
    }

    assert wanted[result] == (found.state, found.tries, found.next_try_at)
    assert found.line_at is None


def test_tries_are_in_opening_hours_only(line: Line, runner: Runner, clock: Clock) -> None:
    """Who is not reached shortly before closing on Friday is called on Monday when the queue opens."""
    clock.now = FRIDAY_EVENING
    _asks(line, runner, clock)
    clock.now = FRIDAY_EVENING
    _stands(line, clock)
    runner.note_line(line.id, "unanswered", clock())

    assert NEXT_MONDAY == _callback(line).next_try_at


@pytest.mark.parametrize("cause", ["lost", "no-ivr"])
def test_what_dies_cancels_nothing(line: Line, another: Line, runner: Runner, clock: Clock, cause: str) -> None:
    """Only whoever was called cancels by hanging up in the notice."""
    _asks(line, runner, clock)
    _is_called(line, runner, another)
    another.keys(runner, "1")
    hang_up(runner, another.now, cause)

    assert "waiting" == _callback(line).state


def test_what_is_told_of_an_earlier_line_is_not_of_this_one(line: Line, runner: Runner, clock: Clock) -> None:
    """A note may be read twice, or late."""
    _asks(line, runner, clock)
    earlier = clock()
    clock.wait(minutes=1)
    _stands(line, clock)
    runner.note_line(line.id, "unanswered", earlier)

    assert (0, clock()) == (_callback(line).tries, _callback(line).line_at)


def test_one_number_has_one_callback_in_a_queue(line: Line, another: Line, runner: Runner, clock: Clock) -> None:
    """However often it is asked for: the older one stays, at its place."""
    _asks(line, runner, clock)
    another.arrives(runner)
    another.keys(runner, "1", *TO_PENSIONS)
    another.hears_out(runner)
    another.leaves_queue(runner, ASKED)
    another.keys(runner, "1")

    with line.database.reading() as connection:
        assert [line.id] == [one.call_id for one in callbacks.waiting_callbacks(connection)]


def test_the_service_does_not_call_itself(database: Database) -> None:
    """Nor would anybody there press a key."""
    terms = Terms(own=frozenset({"+48225601600"}))
    promises = Promises(terms, lambda: MONDAY, lambda: MONDAY)

    assert NumberRefused() == promises.number("225601600")
    assert NumberFound("+48225601601", "225601601") == promises.number("225601601")


def test_a_promise_outlives_callbacks(
    line: Line, another: Line, runner: Runner, library: Library, clock: Clock
) -> None:
    """The menus know none any more: it is kept by those of its call, and the next caller hears the new ones."""
    _asks(line, runner, clock)
    library.publish(load_text(without_callbacks(SHIPPED.read_text("utf-8"))), clock())
    _is_called(line, runner, another)
    assert AtGreeting("to-pensions") == another.position
    another.keys(runner, "1")
    another.hears_out(runner)

    assert "kept" == _callback(line).state
    assert library.current.version != another.row.menu_version == line.row.menu_version


@pytest.mark.parametrize(
    ("now", "hours_at", "until"),
    [
        ("2026-11-23T10:00+01:00", "2026-11-23T10:00+01:00", "2026-11-23T18:00+01:00"),
        ("2026-11-23T18:00+01:00", "2026-11-23T18:00+01:00", "2026-11-23T18:00+01:00"),
        ("2026-11-23T22:00+01:00", "2026-11-23T17:59:30+01:00", "2026-11-23T22:00:30+01:00"),
    ],
)
def test_a_line_is_told_when_its_queue_closes(library: Library, now: str, hours_at: str, until: str) -> None:
    """By the clock on the wall, whatever that of the opening hours says; a queue that is closed has closed."""
    at, hours = datetime.fromisoformat(now), datetime.fromisoformat(hours_at)
    promises = Promises(Terms(), lambda: at, lambda: hours)

    assert datetime.fromisoformat(until) == promises.open_until(library.current, "pensions")
    assert at == promises.open_until(library.current, "nobody's")


def test_a_callback_that_nobody_knows_is_a_call_like_any(another: Line, runner: Runner) -> None:
    """Whoever answers hears the main menu, and not silence."""
    another.live = runner.call_back(another.arrival, "nobody")
    assert AtMenu("main") == another.position


def test_the_first_try_may_come_when_the_queue_opens(line: Line, runner: Runner, clock: Clock) -> None:
    """Who asked while nobody was there, after hours, is called the next working day."""
    _waits(line, runner)
    clock.now = MONDAY + timedelta(hours=12)
    line.leaves_queue(runner, Conversation("leave_empty"))
    line.keys(runner, "2", "1")

    assert datetime.fromisoformat("2026-11-24T07:00:00+01:00") == _callback(line).next_try_at
