"""`centrala notify`: what is off is told, and messages are listed without their numbers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from routing import text_messages
from routing.text_messages import Limits, TextMessage
from storage.installation import open_installation
from tests.cli.conftest import Run

TEN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_where_messages_are_off_nothing_is_sent(run: Run) -> None:
    """The error says where to switch them on."""
    done = run("notify", "send", "callback-missed", "+48600100200")
    assert 2 == done.exit_code
    assert "twilio: messages:" in done.stderr


def test_messages_are_listed_by_what_became_of_them(tmp_path: Path, run: Run) -> None:
    """No number is shown whole."""
    made = open_installation({"CENTRALA_HOME": str(tmp_path / "home")})
    message = TextMessage("one", "case-17", "+48600100200", "callback-missed", "pl", TEN, TEN)
    with made.database.writing() as connection:
        text_messages.request(connection, message, Limits(3, 9))
    made.database.close()

    (told,) = [json.loads(line) for line in run("notify", "list", "--json").stdout.splitlines()]
    assert ("callback-missed", "waiting", "*********200") == tuple(
        told[name] for name in ("template", "state", "number")
    )
    assert "600100" not in run("notify", "list").stdout
