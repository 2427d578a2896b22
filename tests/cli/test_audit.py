"""`centrala audit`."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit import entries, trimming
from audit.entries import Action, Entry
from storage.database import Database
from tests.cli.conftest import Run, lines

AT = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.fixture
def home(run: Run, tmp_path: Path) -> Path:
    """An installation in which two recordings were played; commands run in it."""
    assert 0 == run("audit", "verify").exit_code
    home = tmp_path / "home"
    with closing(Database(f"sqlite:///{home / 'centrala.db'}")) as database, database.writing() as connection:
        for name in ("one", "other"):
            person = "a" * 64
            entries.append(connection, Entry(AT, "maria", Action.RECORDING_PLAYED, f"recording:{name}", person, "12 s"))
    return home


def test_what_was_done_is_listed(run: Run, home: Path) -> None:
    """For people by the service's clock, for programs whole; all of it, or what was done with one thing."""
    shown = run("audit", "list")
    assert ["1", "2026-11-28 13:00:00+01:00", "maria", "recording played", "recording:one", "12 s"] == [
        cell.strip() for cell in shown.stdout.splitlines()[1].split("  ") if cell
    ]
    (told,) = lines(run("audit", "list", "--object", "recording:other", "--json"))
    assert (2, "2026-11-28T12:00:00.000000+00:00", "a" * 64) == (told["number"], told["at"], told["person"])
    assert [] == lines(run("audit", "list", "--object", "recording:third", "--json"))


def test_a_whole_record_is_said_to_be_whole(run: Run, home: Path) -> None:
    """With the head to keep."""
    found = run("audit", "verify")
    (told,) = lines(run("audit", "verify", "--json"))
    assert (0, f"whole: entries 1 to 2\nhead: 2 {told['hash']}\n") == (found.exit_code, found.stdout)
    assert (True, 2, None) == (told["whole"], told["number"], told["broken"])


def test_what_was_taken_out_is_told(run: Run, home: Path) -> None:
    """By which policy and when: nobody empties the record unseen."""
    with closing(Database(f"sqlite:///{home / 'centrala.db'}")) as database, database.writing() as connection:
        trimming.trim(connection, AT + timedelta(days=1), 1, "audit: 6 years", AT)
    found = run("audit", "verify")
    assert "whole: entries 2 to 2" == found.stdout.splitlines()[0]
    assert "taken out: entries up to 1, lastly on 2026-11-28 (audit: 6 years)" == found.stdout.splitlines()[-1]
    (told,) = lines(run("audit", "verify", "--json"))
    assert [{"up_to": 1, "at": "2026-11-28T12:00:00+00:00", "policy": "audit: 6 years"}] == told["taken_out"]


def test_a_record_that_was_meddled_with_is_named(run: Run, home: Path) -> None:
    """By number, with an exit code of its own."""
    with closing(sqlite3.connect(home / "centrala.db")) as connection:
        connection.execute("DROP TRIGGER audit_entries_stand")
        connection.execute("UPDATE audit_entries SET actor = 'nobody' WHERE number = 2")
        connection.commit()
    found = run("audit", "verify")
    assert (1, "NOT WHOLE: entry 2: changed; whole up to 1\n") == (found.exit_code, found.stdout)
