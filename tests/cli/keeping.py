"""An installation with recordings, and the retention job in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

from centrala.keeping import open_archive
from recordings import consents, parts
from recordings.consents import Consent
from recordings.parts import RecordingPart
from recordings.purge import Places
from storage.installation import open_installation
from tests.cli.conftest import ROOT
from tests.recordings.kept import ENDED
from tests.recordings.sounds import tone, write

JOB = (sys.executable, str(ROOT / "retention_job.py"))


def environment(home: Path) -> dict[str, str]:
    """The environment of an installation in that folder."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith("CENTRALA_")}
    return {**rest, "CENTRALA_HOME": str(home), "PYTHONPATH": str(ROOT)}


@contextmanager
def opened(home: Path, **more: str) -> Iterator[Places]:
    """Where recordings lie in an installation."""
    environ = {**environment(home), **more}
    installation = open_installation(environ)
    with (
        closing(installation.database) as database,
        open_archive(installation, environ, date(2026, 11, 28)) as archive,
    ):
        yield Places(database, archive, installation.home)


def recorded(places: Places, call_id: str) -> None:
    """A conversation that was consented to and is not taken in yet."""
    files = (f"{call_id}-caller.wav", f"{call_id}-agent.wav")
    for name in files:
        write(places.spool / name, tone(1))
    with places.database.writing() as connection:
        parts.store(connection, RecordingPart(call_id, 9, "1701", ENDED, ENDED, *files))
        consents.store(connection, Consent(call_id, "consultant_call", ENDED, True, "2026-1", "pl"))


def job(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the job in a process of its own; whatever goes wrong, there is no traceback."""
    done = subprocess.run(
        [*JOB, *words], cwd=ROOT, env={**environment(home), **more}, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def table(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """What stands in the closing table, by its first column."""
    pairs = (line.strip().rsplit("  ", 1) for line in done.stdout.splitlines())
    return {name.strip(): value for name, value in pairs}
