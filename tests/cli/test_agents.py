"""`centrala agents`: what it says of consultants, and of a table that cannot be used."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from routing import agent_states
from routing.agent_states import Change
from routing.members import ON_BREAK
from storage.installation import open_installation
from tests.cli.conftest import Run, lines

TABLE = "agent,name,site,skills,languages\n1701,Anna,Łódź,pensions:1 benefits:2,pl:1 uk:2\n"


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table that the settings name."""
    path, settings = tmp_path / "agents.csv", tmp_path / "settings.yaml"
    path.write_text(TABLE, "utf-8")
    settings.write_text(json.dumps({"agents": str(path), "sip": {"extensions": ["2001-2010"]}}))
    monkeypatch.setenv("CENTRALA_SETTINGS", str(settings))
    return path


def test_consultants_are_listed_with_their_queues(run: Run, table: Path) -> None:
    """Those of menus.yaml, and those of the table."""
    listed = {agent["agent"]: agent for agent in lines(run("agents", "list", "--json"))}
    assert {
        "agent": "1701",
        "name": "Anna",
        "site": "Łódź",
        "queues": {"pensions": 0, "pensions-uk": 1, "benefits": 1, "benefits-uk": 2},
        "languages": {"pl": 1, "uk": 2},
        "member": "logs in",
        "state": "logged_out",
        "reason": "",
        "since": None,
        "telephone": "",
    } == listed["1701"]
    assert ({"pensions": 0}, "always") == (listed["1201"]["queues"], listed["1201"]["member"])
    assert "pensions-uk:1" in run("agents", "list").stdout


def test_what_each_does_stands_beside_them(run: Run, table: Path, tmp_path: Path) -> None:
    """Since when, for which reason and where; nobody knows of fixed members whom nobody has followed yet."""
    since = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    run("agents", "list")
    database = open_installation(os.environ).database
    with database.writing() as connection:
        agent_states.write(connection, [Change("1701", ON_BREAK, "meal", since, "2001")])
    database.close()

    listed = {agent["agent"]: agent for agent in lines(run("agents", "list", "--json"))}
    told = ("state", "reason", "since", "telephone")
    assert ["on_break", "meal", "2026-11-23T09:30:00+00:00", "2001"] == [listed["1701"][field] for field in told]
    assert ["unknown", "", None, ""] == [listed["1201"][field] for field in told]
    assert "on_break  meal    2026-11-23T09:30:00+00:00  2001" in run("agents", "list").stdout


def test_whom_nobody_follows_is_unknown(run: Run, table: Path, tmp_path: Path) -> None:
    """Without the manager interface."""
    (tmp_path / "settings.yaml").write_text(json.dumps({"agents": str(table), "asterisk": {"ami": None}}))
    assert {"unknown"} == {agent["state"] for agent in lines(run("agents", "list", "--json"))}


def test_a_table_is_put_in_place(run: Run, table: Path, tmp_path: Path) -> None:
    """The whole of it; whoever could read it still can, and nothing else is left beside it."""
    other = tmp_path / "other.csv"
    other.write_text(TABLE.replace("Anna", "Ewa"), "utf-8")
    table.chmod(0o644)
    imported = run("agents", "import", str(other))
    assert (0, f"{table}: 1 consultants; give it to Asterisk by centrala asterisk render\n") == (
        imported.exit_code,
        imported.stdout,
    )
    assert other.read_bytes() == table.read_bytes()
    assert 0o644 == table.stat().st_mode & 0o777
    assert [] == list(tmp_path.glob("*.new"))


def test_a_table_with_faults_is_not_put_in_place(run: Run, table: Path, tmp_path: Path) -> None:
    """Every fault is told, and what was there stays; so it does if the file cannot be read."""
    other = tmp_path / "other.csv"
    other.write_text(TABLE.replace("pensions", "pension").replace("uk:2", "uk:9"), "utf-8")
    imported = run("agents", "import", str(other))
    assert (1, 2) == (imported.exit_code, imported.stdout.count(f"{other}:2: "))
    assert 2 == run("agents", "import", str(tmp_path / "none.csv")).exit_code
    assert TABLE == table.read_text("utf-8")


def test_a_table_needs_a_place_that_the_settings_name(run: Run, table: Path, tmp_path: Path) -> None:
    """And one that can be written."""
    settings = tmp_path / "settings.yaml"
    settings.write_text(json.dumps({"agents": str(tmp_path / "nowhere" / "agents.csv")}))
    assert "cannot be written: No such file or directory" in run("agents", "import", str(table)).stderr
    settings.write_text("{}")
    assert "name no place for a table of consultants" in run("agents", "import", str(table)).stderr


def test_without_a_table_there_are_those_of_the_menus(run: Run) -> None:
    """And nothing to check."""
    assert {"always"} == {agent["member"] for agent in lines(run("agents", "list", "--json"))}
    checked = run("agents", "check")
    assert 2 == checked.exit_code
    assert "the settings name no table" in checked.stderr


def test_a_good_table_has_no_faults(run: Run, table: Path) -> None:
    """Nothing is printed."""
    checked = run("agents", "check")
    assert (0, "") == (checked.exit_code, checked.stdout)


def test_consultants_without_telephones_are_warned_of(run: Run, table: Path, tmp_path: Path) -> None:
    """Nobody could log in."""
    (tmp_path / "settings.yaml").write_text(json.dumps({"agents": str(table)}))
    checked = run("agents", "check")
    assert (0, True) == (checked.exit_code, "1: warning: nobody can log in" in checked.stdout)


def test_faults_are_told_with_their_lines(run: Run, table: Path) -> None:
    """On stdout by `check`, on stderr by whoever needs the table."""
    table.write_text(TABLE.replace("pensions", "pension"), "utf-8")
    told = f'{table}:2: there is no queue "pension" (did you mean "pensions"?)\n'
    checked, listed = run("agents", "check", str(table)), run("agents", "list")
    assert (1, told) == (checked.exit_code, checked.stdout)
    assert (1, told) == (listed.exit_code, listed.stderr)


def test_a_table_that_is_not_there_is_told(run: Run, table: Path) -> None:
    """In a line, with what to do."""
    table.unlink()
    listed = run("agents", "list")
    assert 2 == listed.exit_code
    assert "cannot be read: No such file or directory; mend agents: in the settings" in listed.stderr
