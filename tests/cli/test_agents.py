"""`centrala agents`: what it says of consultants, and of a table that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run, lines

TABLE = "extension,name,site,skills,languages\n1701,Anna,Łódź,pensions:1 benefits:2,pl:1 uk:2\n"


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table that the settings name."""
    path, settings = tmp_path / "agents.csv", tmp_path / "settings.yaml"
    path.write_text(TABLE, "utf-8")
    settings.write_text(json.dumps({"agents": str(path)}))
    monkeypatch.setenv("CENTRALA_SETTINGS", str(settings))
    return path


def test_consultants_are_listed_with_their_queues(run: Run, table: Path) -> None:
    """Those of menus.yaml, and those of the table."""
    listed = {agent["extension"]: agent for agent in lines(run("agents", "list", "--json"))}
    assert {
        "extension": "1701",
        "name": "Anna",
        "site": "Łódź",
        "queues": {"pensions": 0, "pensions-uk": 1, "benefits": 1, "benefits-uk": 2},
        "languages": {"pl": 1, "uk": 2},
        "member": "logs in",
    } == listed["1701"]
    assert ({"pensions": 0}, "always") == (listed["1201"]["queues"], listed["1201"]["member"])
    assert "pensions-uk:1" in run("agents", "list").stdout


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
