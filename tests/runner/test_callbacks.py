"""Callbacks are kept in the order of their places, tried at stated times, and forget numbers that nobody needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from routing import callbacks
from routing.callbacks import Callback
from storage.database import Database
from tests.runner.conftest import MONDAY


@pytest.fixture
def asked(database: Database) -> Callback:
    """A caller who has waited for ten minutes asks to be called."""
    made = _callback("one", MONDAY)
    with database.writing() as connection:
        callbacks.request(connection, made)
    return made


def _callback(call_id: str, since: datetime) -> Callback:
    asked_at = since + timedelta(minutes=10)
    return Callback(call_id, "+48600100200", "help", "help", "pl", since, asked_at, asked_at)


def _found(database: Database, call_id: str) -> Callback:
    with database.reading() as connection:
        found = callbacks.find(connection, call_id)
    assert found is not None
    return found


def test_callbacks_stand_in_the_order_of_their_places(database: Database, asked: Callback) -> None:
    """Not in that in which they were asked for."""
    earlier = replace(_callback("two", MONDAY - timedelta(minutes=5)), requested_at=MONDAY + timedelta(hours=1))
    with database.writing() as connection:
        callbacks.request(connection, earlier)
    with database.reading() as connection:
        assert (earlier, asked) == callbacks.waiting_callbacks(connection)
        assert (earlier,) == callbacks.newest(connection, 1)


def test_a_try_that_was_not_answered_leads_to_the_next(database: Database, asked: Callback) -> None:
    """Place and number stay; after the last try nothing is left to be called."""
    later = MONDAY + timedelta(minutes=30)
    with database.writing() as connection:
        callbacks.tried(connection, asked.call_id, MONDAY, later)
    assert replace(asked, tries=1, next_try_at=later) == _found(database, asked.call_id)
    with database.writing() as connection:
        callbacks.tried(connection, asked.call_id, MONDAY, None)
    assert ("not_reached", 2, None) == _over(_found(database, asked.call_id))


def test_whatever_ends_a_callback_forgets_its_number(database: Database, asked: Callback) -> None:
    """Once; what is over does not change."""
    for state in ("kept", "cancelled"):
        with database.writing() as connection:
            callbacks.over(connection, asked.call_id, state, MONDAY)
        found = _found(database, asked.call_id)
        assert ("kept", 0, None) == _over(found)
        assert "*********200" == found.number
    with database.reading() as connection:
        assert () == callbacks.waiting_callbacks(connection)


def _over(found: Callback) -> tuple[str, int, datetime | None]:
    return found.state, found.tries, found.next_try_at
