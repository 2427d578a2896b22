"""`centrala notify`: what is off is told, and messages are listed without their numbers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from routing import text_messages
from routing.text_messages import DAY, Limits, TextMessage
from storage.installation import open_installation
from tests.cli.conftest import Run

TEN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_where_messages_are_off_nothing_is_sent(run: Run) -> None:
    """The error says where to switch them on."""
    done = run("notify", "send", "callback-missed", "+48600100200")
    assert 2 == done.exit_code
    assert "twilio: messages:" in done.stderr


def test_an_old_key_is_told_of_among_newer_ones(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for once more, and was there already."""
    twilio = f"account: AC{0:032}\n  public_url: https://ivr.example.pl\n  sip: pbx.example.pl:5061\n"
    (tmp_path / "settings.yaml").write_text(f"twilio:\n  {twilio}  messages: {{sender: ZUS}}\n", "utf-8")
    old = {"id": "old", "key": "case-17", "number": "+48600100200", "template": "callback-missed", "lang": "pl"}
    rows = [old | {"requested_at": TEN, "state": "delivered", "tries": 1}]
    rows += [rows[0] | {"id": f"{n}", "key": f"{n}", "requested_at": TEN + DAY} for n in range(1000)]
    made = open_installation({"CENTRALA_HOME": str(tmp_path / "home")})
    with made.database.writing() as connection:
        connection.execute(insert(text_messages.text_messages), rows)
    made.database.close()
    words = ("notify", "send", "callback-missed", "+48600100200", "--key", "case-17", "--later")
    monkeypatch.setenv("CENTRALA_SETTINGS", str(tmp_path / "settings.yaml"))
    done = run(*words)
    assert (0, True) == (done.exit_code, "delivered" in done.stdout), done.stderr


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
