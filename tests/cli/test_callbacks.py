"""`centrala callbacks`: who is to be called, without showing their numbers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from routing import callbacks
from routing.callbacks import Callback
from storage.installation import open_installation
from tests.cli.conftest import Run

TEN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_callbacks_are_listed_by_their_place(tmp_path: Path, run: Run) -> None:
    """Those that wait; with --all those that are over, too. No number is shown whole."""
    made = open_installation({"CENTRALA_HOME": str(tmp_path / "home")})
    with made.database.writing() as connection:
        for name, number in (("one", "+48600100200"), ("two", "+48225601600")):
            callbacks.request(connection, Callback(name, number, "pensions", "pensions", "pl", TEN, TEN, TEN))
        callbacks.over(connection, "two", "kept", TEN)
    made.database.close()

    (told,) = [json.loads(line) for line in run("callbacks", "list", "--json").stdout.splitlines()]
    assert ("one", "pensions", "*********200", 0) == tuple(told[name] for name in ("call", "queue", "number", "tries"))
    everything = run("callbacks", "list", "--all").stdout
    assert 2 == len(everything.splitlines())
    assert "48225601" not in everything + run("callbacks", "list").stdout
