"""`centrala queues`: tables for people, lines for programs, and what is wrong with a day."""

from __future__ import annotations

import csv
import io
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from centrala.commands.queues import OF_THE_DAY, day_columns
from centrala.settings import Settings
from ivr.calls import Call, begin
from ivr.library import Library
from ivr.menus.loading import Loaded
from ivr.state import State
from routing import visits
from routing.reporting.figures import Figures
from storage.installation import Installation, open_installation
from tests.cli.conftest import Run, lines

DAY = "2026-11-20"
TEN = datetime.fromisoformat("2026-11-20T10:00+01:00")


@pytest.fixture
def kept(tmp_path: Path, shipped: Loaded) -> Installation:
    """An installation with a day of four stays: answered after 10 s, given up after 3 s, timeout, another day's."""
    made = open_installation({"CENTRALA_HOME": str(tmp_path / "home")})
    Library(made.database).publish(shipped, TEN)
    _stay(made, shipped, "a", "pensions", answered=10, left=70)
    _stay(made, shipped, "b", "pensions", left=3, outcome="abandoned")
    _stay(made, shipped, "c", "doctors", left=90, outcome="timeout")
    _stay(made, shipped, "d", "pensions", at=TEN + timedelta(days=1), left=30, outcome="abandoned")
    made.database.close()
    return made


def _stay(
    made: Installation,
    shipped: Loaded,
    name: str,
    topic: str,
    *,
    at: datetime = TEN,
    answered: float | None = None,
    left: float | None = None,
    outcome: str = "answered",
) -> None:
    def then(seconds: float | None) -> datetime | None:
        return None if seconds is None else at + timedelta(seconds=seconds)

    queue = shipped.flow.topics[topic]
    visit = visits.Visit(name, 4, queue, topic, at, then(answered), then(left), "1201", outcome if left else None)
    with made.database.writing() as connection:
        begin(connection, Call(name, "asterisk", "600100200", "225601600", shipped.flow.version, at), State("pl"))
        visits.enqueued(connection, visit)


def test_a_day_is_told_by_topic_and_as_a_whole(kept: Installation, run: Run) -> None:
    """Topics first, then the day; thresholds and formula stand in every line."""
    found = lines(run("queues", "--day", DAY, "--json"))
    assert [("topic", "doctors"), ("topic", "pensions"), ("day", None)] == [
        (line["type"], line["topic"]) for line in found
    ]
    _, pensions, whole = found
    assert (2, 1, 1, 1, 1.0) == tuple(
        pensions[name] for name in ("offered", "answered", "abandoned", "short_abandoned", "service_level")
    )
    assert (3, 1, {"timeout": 1}, 0.5, 10.0, 60.0) == tuple(
        whole[name] for name in ("offered", "other", "outcomes", "service_level", "asa", "aht")
    )
    assert {(20, 5, "answered within 20 s / (offered - abandoned within 5 s)")} == {
        (line["service_level_seconds"], line["short_abandon_seconds"], line["service_level_is"]) for line in found
    }
    assert all(tuple(line) == day_columns("topic") for line in found)


def test_days_follow_one_another(kept: Installation, run: Run) -> None:
    """An empty one among them is told, too."""
    found = lines(run("queues", "--day", DAY, "--until", "2026-11-22", "--json"))
    days = [(line["day"], line["offered"]) for line in found if line["type"] == "day"]
    assert [("2026-11-20", 3), ("2026-11-21", 1), ("2026-11-22", 0)] == days


def test_figures_by_queue(kept: Installation, run: Run) -> None:
    """Doctors' calls are of the benefits group."""
    found = lines(run("queues", "--day", DAY, "--by", "queue", "--json"))
    assert [("benefits", 1), ("pensions", 2), (None, 3)] == [(line["queue"], line["offered"]) for line in found]


def test_csv_is_the_same_in_a_table(kept: Installation, run: Run) -> None:
    """RFC 4180: a header, lines that end with CR LF, what is not known empty."""
    out = run("queues", "--day", DAY, "--csv").stdout_bytes.decode()
    assert out.count("\n") == out.count("\r\n") == 4
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert tuple(rows[0]) == day_columns("topic")
    assert ["doctors", "pensions", ""] == [row["topic"] for row in rows]
    assert ("timeout 1", "", "3") == (
        rows[0]["outcomes"],
        rows[0]["service_level_is"] and rows[0]["asa"],
        rows[2]["offered"],
    )


def test_a_day_for_people(kept: Installation, run: Run) -> None:
    """Columns, then what is of the whole day, then what `in time` means."""
    out = run("queues", "--day", DAY).stdout.splitlines()
    assert ["day", "topic", "offered"] == out[0].split()[:3]
    assert [DAY, "pensions", "2", "1", "1", "1", "0", "100.0%", "10.0"] == out[2].split()[:9]
    assert [DAY, "all", "3", "1", "1", "1", "1", "50.0%", "10.0"] == out[3].split()[:9]
    assert f"{DAY}: 0 of 0 calls contained in the IVR (-); occupancy -" == out[4]
    assert "in time: answered within 20 s / (offered - abandoned within 5 s)" in out[5]


def test_thresholds_are_the_settings(
    kept: Installation, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so is the formula that is told."""
    path = tmp_path / "settings.yaml"
    path.write_text("reporting: {service_level_seconds: 9, short_abandon_seconds: 2}\n", "utf-8")
    monkeypatch.setenv("CENTRALA_SETTINGS", str(path))
    whole = lines(run("queues", "--day", DAY, "--json"))[-1]
    assert (0, 0, 0.0) == (whole["in_time"], whole["short_abandoned"], whole["service_level"])
    assert "answered within 9 s / (offered - abandoned within 2 s)" == whole["service_level_is"]


def test_the_queues_now(kept: Installation, run: Run, shipped: Loaded) -> None:
    """Every queue of the menus, with whoever is in it; of consultants nothing is known yet."""
    _stay(kept, shipped, "e", "pensions")
    _stay(kept, shipped, "f", "pensions", answered=10)
    found = {line["queue"]: line for line in lines(run("queues", "--json"))}
    assert set(shipped.flow.queues) == set(found)
    pensions = found["pensions"]
    assert (1, 1, {"unknown": 2}) == (pensions["waiting"], pensions["talking"], pensions["agents"])
    assert pensions["longest_wait"] > 0
    assert (0, 0, 0) == tuple(found["payers"][name] for name in ("waiting", "longest_wait", "talking"))
    assert ["queue", "waiting", "longest_wait", "talking", "callbacks", "agents"] == run("queues").stdout.splitlines()[
        0
    ].split()
    assert "payers,0,0.0,0,0,unknown 2\r\n" in run("queues", "--csv").stdout_bytes.decode()


def test_consultants_of_the_table_are_those_with_the_skill(
    run: Run, shipped: Loaded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside those of the menus, each once."""
    table = tmp_path / "agents.csv"
    table.write_text("agent,name,site,skills,languages\n1701,Anna,Gdynia,pensions:1 payers:2,pl:1 uk:2\n", "utf-8")
    path = tmp_path / "settings.yaml"
    path.write_text(f"agents: {table}\n", "utf-8")
    monkeypatch.setenv("CENTRALA_SETTINGS", str(path))
    found = {line["queue"]: line["agents"]["unknown"] for line in lines(run("queues", "--json"))}
    always = {name: len(queue.agents) for name, queue in shipped.flow.queues.items()}
    more = {name: found[name] - count for name, count in always.items() if found[name] > count}
    assert {"pensions": 1, "payers": 1} == more


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--day", "yesterday"), '"yesterday" is not a day; write it like 2026-11-20'),
        (("--day", "1999-12-31"), "1999 is out of reach"),
        (("--until", DAY), "--until needs --day"),
        (("--day", DAY, "--until", "2026-11-19"), "2026-11-19 comes before 2026-11-20"),
        (("--json", "--csv"), "--json and --csv exclude each other"),
    ],
)
def test_what_is_wrong_is_told(run: Run, words: tuple[str, ...], told: str) -> None:
    """In a line, with exit code 2."""
    result = run("queues", *words)
    assert 2 == result.exit_code
    assert told in result.stderr


def test_help_defines_every_figure(run: Run) -> None:
    """What a supervisor compares must not be guessed."""
    out = run("queues", "--help").stdout
    columns = [*(field.name for field in fields(Figures)), *OF_THE_DAY]
    assert [] == [name for name in columns if name not in out]


def test_metrics_are_off_unless_a_port_is_given() -> None:
    """And on loopback unless another address is."""
    assert (None, "127.0.0.1") == (Settings().metrics.port, Settings().metrics.host)
