"""A database server that takes connections and says nothing holds nobody up for ever."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy.exc import OperationalError

from storage import database
from storage.database import Database, reason_of


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting ends with an error that can be logged, and not with the caller's patience."""
    monkeypatch.setitem(database.POSTGRESQL, "connect_timeout", 2)
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(Path(folder) / ".s.PGSQL.5432"))
        silent.listen()
        opened = Database(f"postgresql://somebody@/calls?host={quote(folder, safe='')}&port=5432")
        with pytest.raises(OperationalError) as raised, opened.reading():
            pass

    assert "timeout expired" in reason_of(raised.value)
    assert "\n" not in reason_of(raised.value)


def test_what_was_to_be_stored_is_in_no_error() -> None:
    """Neither a statement that fails nor the reason that is logged quotes its parameters."""
    with tempfile.TemporaryDirectory() as folder:
        opened = Database(f"sqlite:///{folder}/file.db")
        with pytest.raises(OperationalError) as raised, opened.writing() as connection:
            connection.exec_driver_sql("INSERT INTO calls VALUES (?)", ("600100200",))
        opened.close()

    assert "600100200" not in str(raised.value) + reason_of(raised.value)
