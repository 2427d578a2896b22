"""`centrala recordings sample`, `score` and `scores`: a fair share of everybody's conversations, judged by people."""

from __future__ import annotations

import csv
import getpass
import io
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from centrala.commands.recording_scores import COLUMNS
from recordings import catalogue, purge
from recordings.catalogue import State
from recordings.purge import Places, uncounted, unwatched
from recordings.score_figures import MEANINGS
from tests.cli.conftest import ROOT, Run, kinds, lines
from tests.cli.keeping import environment, opened
from tests.cli.terminal import Terminal
from tests.recordings.kept import DUE, a_recording, at_noon, id_of, keep_sound
from tests.recordings.sounds import tone

DAY = "2026-11-20"
MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)
SAMPLE = ("recordings", "sample", "--each", "2", "--from", DAY, "--by", "anna")
SCORES = ("recordings", "scores", "--from", DAY)


@pytest.fixture
def places(run: Run, tmp_path: Path) -> Iterator[Places]:
    """An installation with a day's conversations: five of one consultant, two of another, one of a third, one short."""
    with opened(tmp_path / "home") as made:
        with made.database.writing() as connection:
            for number, consultant in enumerate(("1701",) * 5 + ("1702",) * 2 + ("1703",), start=1):
                topic = "doctors" if number == 1 else "pensions"
                at = MORNING + timedelta(hours=number)
                catalogue.store(connection, a_recording(number, at, consultant=consultant, topic=topic))
            catalogue.store(connection, a_recording(9, MORNING, duration_ms=20_000))
        yield made


def score(run: Run, number: int = 1, correctness: int = 4, service: int = 5, *words: str, by: str = "anna") -> None:
    """Score a recording."""
    marks = ("--correctness", str(correctness), "--service", str(service))
    result = run("recordings", "score", id_of(number), *marks, "--by", by, *words)
    expected = f"{id_of(number)}: correctness {correctness}, service {service}, by {by}\n"
    assert (0, expected) == (result.exit_code, result.stdout)


def figures(run: Run, *words: str) -> dict[tuple[str, str | None, str], dict[str, Any]]:
    """The lines of `scores --json`, by type, name and criterion."""
    found = kinds(run(*SCORES, "--json", *words), "consultant", "topic", "all")
    return {(line["type"], line["consultant"] or line["topic"], line["criterion"]): line for line in found}


# Samples


def test_every_consultant_gives_the_same_number(run: Run, places: Places) -> None:
    """Or all there are, which is told; the sample says how it was drawn."""
    result = run(*SAMPLE, "--seed", "17", "--json")
    drawn = [line["consultant"] for line in kinds(result, "conversation")]
    assert {"1701": 2, "1702": 2, "1703": 1} == Counter(drawn)
    shares = [(line["consultant"], line["conversations"], line["drawn"]) for line in kinds(result, "consultant")]
    assert [("1701", 5, 2), ("1702", 2, 2), ("1703", 1, 1)] == shares
    (sample,) = kinds(result, "sample")
    known = {"from": DAY, "to": DAY, "each": 2, "shortest": 30, "seed": "17", "topic": None, "drawn": 5}
    assert known | {"drawn_by": "anna"} == {name: sample[name] for name in (*known, "drawn_by")}


def test_a_sample_for_people(run: Run, places: Places) -> None:
    """A line for each conversation on stdout, by which it is played; the rest beside it."""
    result = run(*SAMPLE, "--seed", "17")
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["1703", "pensions", "17h", id_of(8)] == rows[-1]
    assert 5 == len(rows)
    assert "5 by lot, 2 of each consultant, 2026-11-20 to 2026-11-20, all topics, 30 s or longer" in result.stderr
    assert "all that there are, fewer than 2: 1703 (1)\n" in result.stderr


def test_a_seed_draws_the_same_again_until_something_is_scored(run: Run, places: Places) -> None:
    """What is scored is not drawn again; without a seed chance makes one, and tells it."""
    first, again = (kinds(run(*SAMPLE, "--seed", "17", "--json"), "conversation") for _ in range(2))
    assert first == again
    chosen = next(line["id"] for line in first if line["consultant"] == "1702")
    score(run, next(number for number in range(9) if id_of(number) == chosen))
    later = kinds(run(*SAMPLE, "--seed", "17", "--json"), "conversation")
    assert [line for line in first if line["consultant"] != "1702"] == [
        line for line in later if line["consultant"] != "1702"
    ]
    assert chosen not in {line["id"] for line in later}
    seeds = {kinds(run(*SAMPLE, "--json"), "sample")[0]["seed"] for _ in range(2)}
    assert 2 == len(seeds)


def test_a_sample_may_be_of_a_topic_or_of_shorter_conversations(run: Run, places: Places) -> None:
    """And of a day on which nothing was recorded there is none."""
    assert [id_of(1)] == [line["id"] for line in kinds(run(*SAMPLE, "--topic", "doctors", "--json"), "conversation")]
    whole = kinds(run(*SAMPLE, "--shortest", "20", "--json"), "consultant")
    assert ("1701", 6) == (whole[0]["consultant"], whole[0]["conversations"])
    nothing = run("recordings", "sample", "--each", "3", "--from", "2026-11-19")
    assert (0, "", True) == (nothing.exit_code, nothing.stdout, "0 by lot" in nothing.stderr)


# Scores


def test_scores_are_told_by_consultant_and_topic(run: Run, places: Places) -> None:
    """How many conversations there were and were scored, the mean of each criterion, and the share of each mark."""
    score(run, 1, 4, 5)
    score(run, 2, 2, 5)
    score(run, 2, 3, 5, by="jan")
    found = figures(run)
    one = found["consultant", "1701", "correctness"]
    assert (6, 2, 0, 3, 3.0) == tuple(one[name] for name in ("conversations", "scored", "drawn", "scores", "mean"))
    assert [0.0, 0.3333, 0.3333, 0.3333, 0.0] == [one[f"share_{mark}"] for mark in range(1, 6)]
    assert (3, 5.0, 1.0) == tuple(
        found["consultant", "1701", "service"][name] for name in ("scores", "mean", "share_5")
    )
    nobody = found["consultant", "1703", "service"]
    assert (1, 0, 0, None, None) == tuple(
        nobody[name] for name in ("conversations", "scored", "scores", "mean", "share_1")
    )
    assert (1, 1) == tuple(found["topic", "doctors", "service"][name] for name in ("conversations", "scored"))
    assert (9, 2) == tuple(found["all", None, "service"][name] for name in ("conversations", "scored"))
    assert {COLUMNS} == {tuple(line) for line in found.values()}
    assert {"topic", "all"} == {kind for kind, _, _ in figures(run, "--by", "topic")}


def test_it_is_told_how_the_sample_was_drawn(run: Run, places: Places) -> None:
    """Each drawing on record, and which of the scored were drawn and not chosen."""
    (only,) = kinds(run(*SAMPLE, "--topic", "doctors", "--seed", "17", "--json"), "conversation")
    assert id_of(1) == only["id"]
    score(run, 1)
    score(run, 6)
    assert (2, 1) == tuple(figures(run)["all", None, "service"][name] for name in ("scored", "drawn"))
    (told,) = kinds(run(*SCORES, "--json"), "sample")
    assert ("17", "doctors", 1) == (told["seed"], told["topic"], told["drawn"])
    words = "1 by lot, 2 of each consultant, 2026-11-20 to 2026-11-20, doctors, 30 s or longer, seed 17, by anna"
    assert run(*SCORES).stdout.endswith(f"{words}\n")


def test_a_table_for_people_and_csv_for_programs(run: Run, places: Places) -> None:
    """Means with two digits; what is not known is empty in CSV, which holds the same as --json."""
    score(run, 1)
    table = [line.split() for line in run(*SCORES, "--by", "consultant").stdout.splitlines()]
    assert ["consultant", "topic", "conversations", "scored", "drawn", "criterion", "mean", *"12345"] == table[0]
    assert ["1701", "all", "6", "1", "0", "correctness", "4.00", "0%", "0%", "0%", "100%", "0%"] in table
    assert ["all", "all", "9", "1", "0", "service", "5.00", "0%", "0%", "0%", "0%", "100%"] in table
    rows = list(csv.DictReader(io.StringIO(run(*SCORES, "--csv").stdout)))
    told = [
        {name: "" if value is None else str(value) for name, value in line.items()} for line in figures(run).values()
    ]
    assert told == rows


def test_a_score_stays_when_its_recording_is_destroyed(run: Run, places: Places) -> None:
    """And says nothing of who called."""
    score(run, 1)
    before = figures(run)
    with places.database.writing() as connection:
        catalogue.decide(connection, [id_of(1)], "retention")
    purge.carry_out(places, at_noon(DUE), 10, unwatched, uncounted)
    assert before == figures(run)
    assert 1 == len(lines(run("recordings", "show", id_of(1), "--json"))[0]["scores"])


def test_whoever_scores_again_says_so(run: Run, places: Places) -> None:
    """Else it is refused, with the word that is missing."""
    score(run, 1)
    refused = run("recordings", "score", id_of(1), "--correctness", "1", "--service", "1", "--by", "anna")
    told = f"centrala: anna has scored {id_of(1)} already; to score it anew, say --again\n"
    assert (2, told) == (refused.exit_code, refused.stderr)
    score(run, 1, 1, 1, "--again")
    assert 1.0 == figures(run)["all", None, "service"]["mean"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((id_of(1), "--correctness", "4"), "say both marks: --correctness and --service"),
        ((id_of(1), "--correctness", "6", "--service", "1"), "6 is not in the range 1<=x<=5"),
        ((id_of(1), "--play"), "--play needs a terminal"),
        ((id_of(1), "--by", "two\nlines"), "a line of 1 to 60 characters is wanted"),
        (("nobody", "--correctness", "4", "--service", "1"), "there is no recording nobody"),
        ((id_of(30), "--correctness", "4", "--service", "1"), "is being destroyed; it is no longer scored"),
    ],
)
def test_what_is_wrong_is_told(run: Run, places: Places, words: tuple[str, ...], told: str) -> None:
    """And nothing is scored."""
    with places.database.writing() as connection:
        catalogue.store(connection, a_recording(30, MORNING, state=State.PURGING))
    result = run("recordings", "score", *words)
    assert (2, True) == (result.exit_code, told in result.stderr), result.stderr
    assert 0 == figures(run)["all", None, "service"]["scored"]


def test_in_a_terminal_marks_are_asked_for(run: Run, places: Places, tmp_path: Path) -> None:
    """With what each means; what is no mark is asked for again."""
    words = (sys.executable, "-W", "ignore", "-m", "centrala", "recordings", "score", id_of(1), "--service", "5")
    terminal = Terminal(words, environment(tmp_path / "home"))
    terminal.wait_for("5  correct and complete")
    terminal.wait_for("correctness:")
    terminal.type("7\n4\n")
    shown, code = terminal.finish()
    assert (0, True) == (code, "7 is not in the range 1<=x<=5" in shown)
    assert f"{id_of(1)}: correctness 4, service 5, by {getpass.getuser()}" in shown
    assert "discourteous" not in shown


def test_it_is_played_before_it_is_scored(run: Run, places: Places, tmp_path: Path) -> None:
    """And where nothing plays it, nothing is scored."""
    keep_sound(places, a_recording(20), tone(1), tone(1))
    marks = ("--correctness", "4", "--service", "5", "--play")
    words = (sys.executable, "-W", "ignore", "-m", "centrala", "recordings", "score", id_of(20), *marks)
    here = environment(tmp_path / "home")
    player = tmp_path / "programs" / "play"
    player.parent.mkdir()
    for does, expected in (("exit 1", 2), ("echo played", 0)):
        player.write_text(f"#!/bin/sh\ncat > /dev/null\n{does}\n")
        player.chmod(0o700)
        shown, code = Terminal(words, here | {"PATH": f"{player.parent}:{here['PATH']}"}).finish()
        assert (expected, not expected) == (code, "correctness 4, service 5" in shown)
    assert shown.startswith("played")


def test_marks_and_figures_are_defined_in_the_help(run: Run) -> None:
    """So that two supervisors mean the same by a 3."""
    told, readme = run("recordings", "score", "--help").stdout, (ROOT / "README.md").read_text()
    for _, marks in MEANINGS.values():
        for mark, meaning in marks.items():
            assert f"{mark}  {meaning}\n" in told
            assert re.search(rf"^\| {mark} \|.* {re.escape(meaning)} \|", readme, re.MULTILINE)
    assert "chosen by hand" in run("recordings", "scores", "--help").stdout
