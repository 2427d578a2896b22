"""Limits on text messages, as they hold between processes of a PostgreSQL database; SQLite has one writer at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, text

from routing import text_messages
from routing.text_messages import Limits, TextMessage
from storage.database import Database
from tests.ami.peers import wait_for

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WAITING = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


def ask(connection: Connection, key: str) -> str:
    """The state of a message to a number that gets one a day."""
    message = TextMessage(key, key, "+48600100200", "callback-missed", "pl", NOON, NOON)
    return text_messages.request(connection, message, Limits(1, 9)).state


@pytest.mark.parametrize("database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_who_asks_meanwhile_waits_and_is_counted_with(database: Database) -> None:
    """What another process is about to keep counts already."""

    def ask_too() -> str:
        with database.writing() as connection:
            return ask(connection, "two")

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as first, database.reading() as watching:
            assert "waiting" == ask(first, "one")
            second = pool.submit(ask_too)
            wait_for(lambda: second.done() or watching.execute(WAITING).scalar_one(), "the second to wait")
        assert "refused" == second.result()
