"""Commands run in this process, each test in an installation of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from centrala.context import now
from centrala.program import centrala
from centrala.service import make_runner
from ivr.events import Keyed, Played
from ivr.library import Library
from ivr.runner import Arrival, Live, Runner
from storage.installation import Installation, open_installation
from tests.menu_files import SMALL, edited, load_text
from tests.recordings.conftest import FIRST_KEY
from tests.runner.conftest import LEAVE

Run = Callable[..., Result]
ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run `centrala` with these words in an empty home; `stdin` is what is piped in."""
    monkeypatch.setenv("CENTRALA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CENTRALA_DATABASE_URL", raising=False)
    monkeypatch.chdir(ROOT)

    def run(*words: str, stdin: str = "") -> Result:
        return CliRunner().invoke(centrala, words, input=stdin)

    # Commands make what they write private; the tests that follow in this process are not theirs.
    umask = os.umask(0o022)
    yield run
    os.umask(umask)


def lines(result: Result) -> list[dict[str, Any]]:
    """The JSON objects on stdout; nothing else may stand there."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def kinds(result: Result, *wanted: str) -> list[dict[str, Any]]:
    """The lines of some types."""
    return [line for line in lines(result) if line["type"] in wanted]


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Where commands, and processes of their own, find keys that are known."""
    wrapping = ",".join(f"{id}:{key.hex()}" for id, key in FIRST_KEY.items())
    address = f"sqlite:///{tmp_path / 'home' / 'keys.db'}"
    found = {"CENTRALA_KEYS_URL": address, "CENTRALA_RECORDING_KEYS": wrapping}
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def opened(run: Run, keys: dict[str, str], tmp_path: Path) -> Iterator[Installation]:
    """The installation that commands run in."""
    assert 0 == run("audit", "verify").exit_code
    with closing((made := open_installation({"CENTRALA_HOME": str(tmp_path / "home"), **keys})).database):
        yield made


@pytest.fixture
def runner(opened: Installation) -> Runner:
    """An IVR process."""
    library = Library(opened.database)
    library.publish(load_text(edited(SMALL, LEAVE)), AT)
    return make_runner(opened, library, node="one", now=now, hours_at=lambda: AT)


@pytest.fixture
def waiting(runner: Runner) -> Live:
    """A caller who waits for a consultant."""
    live = runner.arrive(Arrival(str(uuid4()), "asterisk", "600100200", "225601600"))
    return runner.advance(runner.advance(live, Keyed("2")), Played())


@pytest.fixture
def talking(runner: Runner, waiting: Live) -> Live:
    """A caller who talks to consultant 11."""
    runner.note_answer(waiting.call_id, waiting.seq, now(), "11")
    return waiting
