"""Commands run in this process, each test in an installation of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from centrala.program import centrala
from tests.recordings.conftest import FIRST_KEY

Run = Callable[..., Result]
ROOT = Path(__file__).parents[2]


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
