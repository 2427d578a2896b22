"""Whoever no callback has reached is told so by a text message, which stands or falls with the end of the callback."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from centrala.carrier import make_given_up
from centrala.notifying import GIVEN_UP_TEMPLATE, Outbox
from centrala.service import make_runner
from centrala.settings import Messages, Settings, Twilio
from ivr.library import Library
from ivr.menus.loading import Loaded
from ivr.promises import Terms, tell_nobody
from ivr.runner import Runner
from routing import callbacks, text_messages
from routing.callback_times import PAUSES
from routing.callbacks import Callback
from routing.text_messages import TextMessage
from storage.database import Database
from storage.installation import Installation
from tests.menu_files import SHIPPED, load_text
from tests.runner.conftest import MONDAY, Clock

MOBILE, FIXED = "+48600100200", "+48223344556"
CALL = "call-1"


@pytest.fixture(scope="session")
def service(shipped: Loaded) -> Loaded:
    """The shipped service."""
    return shipped


@pytest.fixture
def outbox(database: Database, library: Library, clock: Clock) -> Outbox:
    """Messages that are to be sent to mobile numbers, three a day to each."""
    return Outbox(database, library, Messages(sender="ZUS", callbacks=True), ("PL",), clock)


@pytest.fixture
def told(installation: Installation, library: Library, clock: Clock, outbox: Outbox) -> Runner:
    """A process that has them told."""
    return make_runner(installation, library, node="told", now=clock, terms=Terms(given_up=outbox.give_up))


def _promised(database: Database, number: str = MOBILE, queue: str = "pensions") -> None:
    one = Callback(CALL, number, queue, "pensions", "uk", MONDAY, MONDAY, MONDAY)
    with database.writing() as connection:
        callbacks.request(connection, one)


def _tried(database: Database, clock: Clock, result: str, *processes: Runner) -> None:
    """A line has stood in the queue, and is gone; that is told by each of these processes."""
    with database.writing() as connection:
        assert callbacks.put_in_line(connection, CALL, clock())
    for process in processes:
        process.note_line(CALL, result, clock())
    clock.wait(hours=2)


def _messages(database: Database) -> list[TextMessage]:
    with database.reading() as connection:
        return list(text_messages.newest(connection, 10))


def _state(database: Database) -> tuple[str, str]:
    with database.reading() as connection:
        found = callbacks.find(connection, CALL)
    assert found is not None
    return found.state, found.number


@pytest.mark.parametrize("last", ["unanswered", "met"])
def test_after_the_last_try_there_is_one_message(database: Database, clock: Clock, told: Runner, last: str) -> None:
    """Not before; in the caller's language, to the number that the callback forgets, about their call."""
    _promised(database)
    for _ in PAUSES:
        _tried(database, clock, "unanswered", told)
    assert [] == _messages(database)
    at = clock()
    _tried(database, clock, last, told)
    assert ("not_reached", "*********200") == _state(database)
    (one,) = _messages(database)
    assert (MOBILE, GIVEN_UP_TEMPLATE, "uk", CALL) == (one.number, one.template, one.lang, one.call_id)
    assert ("waiting", at) == (one.state, one.next_try_at)


def test_told_twice_it_is_one_message(
    database: Database, clock: Clock, told: Runner, installation: Installation, library: Library, outbox: Outbox
) -> None:
    """By whichever process the line's end is taken in, and if that dies by another."""
    other = make_runner(installation, library, node="other", now=clock, terms=Terms(given_up=outbox.give_up))
    _promised(database)
    for _ in (*PAUSES, None):
        _tried(database, clock, "unanswered", told, other)
    assert 1 == len(_messages(database))


def test_a_process_that_dies_over_it_has_done_nothing(
    database: Database, clock: Clock, told: Runner, installation: Installation, library: Library, outbox: Outbox
) -> None:
    """Neither is the callback over, nor is there a message; the next one does both."""

    def dies(connection: Connection, one: Callback) -> None:
        outbox.give_up(connection, one)
        raise InterruptedError

    mortal = make_runner(installation, library, node="mortal", now=clock, terms=Terms(given_up=dies))
    _promised(database)
    for _ in PAUSES:
        _tried(database, clock, "unanswered", told)
    with pytest.raises(InterruptedError):
        _tried(database, clock, "unanswered", mortal)
    assert ("waiting", MOBILE) == _state(database)
    assert [] == _messages(database)
    told.note_line(CALL, "unanswered", clock())
    assert "not_reached" == _state(database)[0]
    assert 1 == len(_messages(database))


def test_whoever_has_cancelled_meanwhile_is_told_nothing(database: Database, clock: Clock, told: Runner) -> None:
    """While it rang for the last time."""
    _promised(database)
    for _ in PAUSES:
        _tried(database, clock, "unanswered", told)
    with database.writing() as connection:
        assert callbacks.put_in_line(connection, CALL, clock())
        assert callbacks.over(connection, CALL, "cancelled", clock())
    told.note_line(CALL, "unanswered", clock())
    assert "cancelled" == _state(database)[0]
    assert [] == _messages(database)


def test_a_fixed_line_is_not_written_to(database: Database, clock: Clock, told: Runner) -> None:
    """The callback is over all the same."""
    _promised(database, FIXED)
    for _ in (*PAUSES, None):
        _tried(database, clock, "unanswered", told)
    assert "not_reached" == _state(database)[0]
    assert [] == _messages(database)


@pytest.mark.parametrize(("tries", "messages"), [(0, 0), (1, 1)])
def test_where_the_queue_is_no_more_only_who_was_called_is_told_so(
    database: Database, clock: Clock, told: Runner, tries: int, messages: int
) -> None:
    """The message says that we have called."""
    _promised(database, queue="nobody's")
    with database.writing() as connection:
        for _ in range(tries):
            assert not callbacks.tried(connection, CALL, MONDAY, MONDAY + timedelta(minutes=1))
    _tried(database, clock, "left", told)
    assert "not_reached" == _state(database)[0]
    assert messages == len(_messages(database))


def test_menus_without_the_words_tell_nobody(
    database: Database, clock: Clock, told: Runner, library: Library, outbox: Outbox
) -> None:
    """A callback is over all the same; an operator is told which words are lacking."""
    text = SHIPPED.read_text("utf-8").replace(f"  {GIVEN_UP_TEMPLATE}:\n", "  something-else:\n")
    library.publish(load_text(text), clock())
    _promised(database)
    for _ in (*PAUSES, None):
        _tried(database, clock, "unanswered", told)
    assert "not_reached" == _state(database)[0]
    assert [] == _messages(database)
    assert [(GIVEN_UP_TEMPLATE, lang) for lang in ("pl", "uk", "en")] == list(outbox.untold())


@pytest.mark.parametrize(
    ("messages", "tells"),
    [(None, False), (Messages(sender="ZUS"), False), (Messages(sender="ZUS", callbacks=True), True)],
    ids=["no messages", "none of callbacks", "callbacks"],
)
def test_it_is_off_unless_the_settings_say_so(
    installation: Installation, library: Library, messages: Messages | None, tells: bool
) -> None:
    """As reminders are."""
    twilio = Twilio(
        account="AC" + "0" * 32, public_url="https://ivr.example.pl", sip="pbx.example.pl", messages=messages
    )
    for settings, wanted in ((Settings(twilio=twilio), tells), (Settings(), False)):
        assert wanted == (make_given_up(installation, settings, library) is not tell_nobody)
