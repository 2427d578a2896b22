"""`centrala surveys`: tables for people, lines for programs."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from centrala.commands.surveys import COLUMNS
from ivr.calls import Call, begin
from ivr.library import Library
from ivr.menus.loading import Loaded
from ivr.state import State
from routing import surveys
from storage.installation import Installation, open_installation
from tests.cli.conftest import Run, lines

DAY = "2026-11-20"
TEN = datetime.fromisoformat("2026-11-20T10:00+01:00")
QUESTIONS = ("satisfaction", "politeness")


@pytest.fixture
def kept(tmp_path: Path, shipped: Loaded) -> Installation:
    """An installation with a day of four surveys, one of them declined, and one the day after."""
    made = open_installation({"CENTRALA_HOME": str(tmp_path / "home")})
    Library(made.database).publish(shipped, TEN)
    _survey(made, shipped, "a", "pensions", "54")
    _survey(made, shipped, "b", "pensions", "2")
    _survey(made, shipped, "c", "benefits", "45")
    _survey(made, shipped, "d", "doctors", "")
    _survey(made, shipped, "e", "doctors", "11", TEN + timedelta(days=1))
    made.database.close()
    return made


def _survey(made: Installation, shipped: Loaded, name: str, topic: str, keys: str, at: datetime = TEN) -> None:
    """A call whose caller was asked, and keyed these answers."""
    about = (topic, shipped.flow.callers[topic], "pl", at)
    with made.database.writing() as connection:
        begin(connection, Call(name, "asterisk", "600100200", "225601600", shipped.flow.version, at), State("pl"))
        surveys.offered(connection, surveys.Offer(name, *about))
        for question, key in zip(QUESTIONS, keys, strict=False):
            surveys.answered(connection, surveys.Answer(name, question, *about, key, key in "45"))


def test_shares_by_group_of_callers_and_topic(kept: Installation, run: Run) -> None:
    """A line for each question: topics, their group, the service last."""
    found = lines(run("surveys", "--day", DAY, "--json"))
    assert all(tuple(line) == COLUMNS for line in found)
    satisfied = {
        (line["type"], line["callers"], line["topic"]): (line["offered"], line["took_part"], line["satisfied_share"])
        for line in found
        if line["question"] in (None, "satisfaction")
    }
    assert {
        ("topic", "beneficiaries", "benefits"): (1, 1, 1.0),
        ("topic", "beneficiaries", "pensions"): (2, 2, 0.5),
        ("callers", "beneficiaries", None): (3, 3, 0.6667),
        ("topic", "doctors", "doctors"): (1, 0, None),
        ("callers", "doctors", None): (1, 0, None),
        ("all", None, None): (4, 3, 0.6667),
    } == satisfied
    assert {(DAY, DAY)} == {(line["from"], line["until"]) for line in found}


def test_days_are_taken_together(kept: Installation, run: Run) -> None:
    """From the first to the last, or everything on record."""
    for words in (("--day", DAY, "--until", "2026-11-21"), ()):
        whole = [line for line in lines(run("surveys", *words, "--json")) if line["type"] == "all"]
        assert [("politeness", 3, 2), ("satisfaction", 4, 2)] == [
            (line["question"], line["answers"], line["satisfied"]) for line in whole
        ]
        assert {(5, 4, 0.8)} == {(line["offered"], line["took_part"], line["taking_part"]) for line in whole}


def test_csv_is_the_same_in_a_table(kept: Installation, run: Run) -> None:
    """RFC 4180; what is not known is empty."""
    out = run("surveys", "--day", DAY, "--csv").stdout_bytes.decode()
    assert out.count("\n") == out.count("\r\n")
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    told = [
        {name: "" if value is None else str(value) for name, value in line.items()}
        for line in lines(run("surveys", "--day", DAY, "--json"))
    ]
    assert told == rows


def test_a_table_for_people(kept: Installation, run: Run) -> None:
    """Columns and percents."""
    out = [line.split() for line in run("surveys", "--day", DAY).stdout.splitlines()]
    assert ["callers", "topic", "offered", "took_part", "question", "answers", "satisfied", "satisfied_share"] == out[0]
    assert ["beneficiaries", "pensions", "2", "2", "satisfaction", "2", "1", "50.0%"] in out
    assert ["doctors", "doctors", "1", "0", "-", "0", "0", "-"] in out
    assert ["all", "all", "4", "3", "politeness", "2", "2", "100.0%"] in out


def test_definitions_stand_in_the_help(run: Run) -> None:
    """So that a share is not read as what it is not."""
    told = " ".join(run("surveys", "--help").stdout.split())
    assert "satisfied_share = satisfied / answers" in told
    assert "taking_part = took_part / offered" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--until", DAY), "--until needs --day"),
        (("--day", DAY, "--json", "--csv"), "--json and --csv exclude each other"),
        (("--day", "today"), '"today" is not a day; write it like 2026-11-20'),
    ],
)
def test_wrong_usage_is_told(run: Run, words: tuple[str, ...], told: str) -> None:
    """As of `centrala queues`."""
    result = run("surveys", *words)
    assert (2, True) == (result.exit_code, told in result.stderr)


def test_a_call_in_the_terminal_is_asked_on_request(run: Run) -> None:
    """--survey draws it; else it is not drawn, so that calls keyed beforehand go the same way each time."""
    keyed = ("call", "--at", "2026-11-23T10:00", "--keys", "0 6 1 5 4", "--json")
    prompts = [line["prompt"] for line in lines(run(*keyed, "--survey")) if line["type"] == "prompt"]
    assert ["survey-offer", "survey-satisfaction", "survey-politeness", "survey-thanks", "goodbye"] == prompts[-5:]
    assert [] == [line for line in lines(run(*keyed)) if "survey" in str(line)]
    (whole,) = lines(run("surveys", "--json"))
    assert ("all", 0) == (whole["type"], whole["offered"])
