"""`centrala recordings list` and `show`: what is asked for, at once however much there is, and who speaks when."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import event, insert

from ivr.calls import from_number
from recordings import catalogue, holds, identity, overview, scores
from recordings.catalogue import State
from recordings.holds import Hold
from recordings.identity import of_call
from recordings.overview import Sought, Status
from recordings.purge import Places
from recordings.scores import Given
from recordings.wanted import Caller, Wanted
from tests.cli.conftest import ROOT, Run, lines
from tests.cli.keeping import environment, opened
from tests.personal_data.made import NUMBER, a_call
from tests.recordings.conftest import NOW
from tests.recordings.kept import DUE, ENDED, WARSAW, a_recording, id_of, keep_sound, put_aside
from tests.recordings.places import Place
from tests.recordings.sounds import silence, tone

DAY = timedelta(days=1)
LIST = ("recordings", "list", "--json")
MANY = 20_000
WHAT_FITS_INTO_A_PIPE = 65_536
CENTRALA = (sys.executable, "-W", "ignore", "-m", "centrala", *LIST)
# A process of its own, since what these tests take counts with what they start.
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
"""


@pytest.fixture
def places(run: Run, tmp_path: Path) -> Iterator[Places]:
    """An installation in which recordings of every status lie; commands run in it."""
    with opened(tmp_path / "home") as made:
        a_call(made.database, id_of(1002), ENDED + DAY)
        with made.database.writing() as connection:
            for one in (
                a_recording(1),
                a_recording(2, ENDED + DAY, consultant="1702", topic="doctors", caller=NUMBER),
                a_recording(3, ENDED + DAY, caller=NUMBER, call_id=None),
                a_recording(4, ENDED + DAY, state=State.PURGING),
                a_recording(5, ENDED + DAY, state=State.WITHDRAWN),
            ):
                catalogue.store(connection, one)
            holds.place(connection, Hold("h", "II K 1/26", "a complaint", "anna", NOW), Wanted(id=id_of(3)))
            scores.give(connection, id_of(1), Given("anna", NOW, 4, 5), WARSAW)
        yield made


@pytest.fixture
def gone(places: Places) -> tuple[str, str]:
    """The ids of what is quarantined and of what was destroyed."""
    aside, origin = put_aside(places, 8, DUE), of_call(id_of(9), 7)
    Place(places.home, places.database).bury(origin)
    return aside, identity.id_of(origin)


def numbers(run: Run, *words: str) -> set[int | str]:
    """The recordings that are listed, by number where they have one."""
    result = run(*LIST, *words)
    assert 0 == result.exit_code, result.stderr
    known = {id_of(number): number for number in range(1, 6)}
    return {known.get(told["id"], told["status"]) for told in lines(result)}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), {1, 2, 3, 4, 5, "quarantined", "purged"}),
        (("--consultant", "1701"), {1, 3, 4, 5}),
        (("--topic", "doctors"), {2}),
        (("--caller", NUMBER), {2, 3}),
        (("--caller", NUMBER, "--consultant", "1701"), {3}),
        (("--call", id_of(1002)), {2}),
        (("--call", id_of(8)), {"quarantined"}),
        (("--from", "2023-11-24"), {1, "quarantined"}),
        (("--from", "2023-11-24", "--to", "2023-11-25"), {1, 2, 3, 4, 5, "quarantined"}),
        (("--from", "2026-11-28"), {"purged"}),
        (("--status", "kept"), {1, 2}),
        (("--status", "held"), {3}),
        (("--status", "purging"), {4, 5}),
        (("--status", "quarantined"), {"quarantined"}),
        (("--status", "purged"), {"purged"}),
        (("--unscored",), {2, 3}),
        (("--unscored", "--status", "kept"), {2}),
        (("--consultant", "1701", "--status", "purged"), set()),
        (("--consultant", "nobody"), set()),
    ],
)
def test_what_is_asked_for_is_listed(
    run: Run, gone: tuple[str, str], words: tuple[str, ...], expected: set[Any]
) -> None:
    """All that is asked must be so; of what is not in the catalogue only the day, the call and the status are known."""
    assert expected == numbers(run, *words)


def test_every_line_tells_how_it_stands_and_until_when(run: Run, gone: tuple[str, str]) -> None:
    """One object a line."""
    told = lines(run(*LIST))
    assert all({"id", "ended_at", "keep_until", "status"} <= one.keys() for one in told)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", one["keep_until"]) for one in told)
    assert {status.value for status in Status} == {one["status"] for one in told}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--to", "2023-11-24"), "--to needs --from"),
        (("--from", "2023-11-24", "--to", "2023-11-23"), "2023-11-23 comes before 2023-11-24"),
        (("--from", "24.11.2023"), '"24.11.2023" is not a day'),
        (("--status", "lost"), "'lost' is not one of"),
    ],
)
def test_wrong_usage_is_told(run: Run, words: tuple[str, ...], told: str) -> None:
    """With what would be right."""
    result = run(*LIST, *words)
    assert (2, True) == (result.exit_code, told in result.stderr)


@pytest.mark.parametrize(
    "sought",
    [
        Sought(),
        Sought(status=Status.KEPT),
        Sought(unscored=True),
        Sought(Wanted(topic="pensions")),
        Sought(Wanted(consultant="1701")),
        Sought(Wanted(begin=ENDED, end=ENDED + DAY)),
        Sought(Wanted(consultant="1702", begin=ENDED, end=ENDED + 2 * DAY), Status.KEPT, unscored=True),
    ],
)
def test_nothing_is_sorted_before_the_first_line(places: Places, sought: Sought) -> None:
    """SQLite says how it will look: rows come by an index, in their order, however many there are."""
    plan = planned(places, sought)
    assert [] == [step for step in plan if "TEMP B-TREE" in step]
    (way,) = (step for step in plan if step.split()[1] == "recordings")
    named = sought.wanted.consultant is not None
    assert f"USING INDEX ix_recordings_{'consultant' if named else 'ended_at'}" in way


def test_a_caller_is_found_without_looking_at_others(places: Places) -> None:
    """What was recorded of them by their calls, and what was imported by their number."""
    plan = planned(places, Sought(Wanted(caller=Caller(NUMBER, from_number(NUMBER)))))
    assert [] == [step for step in plan if step.startswith("SCAN")]
    for index in ("calls USING INDEX ix_calls_ani", "ix_recordings_call_id", "ix_recordings_caller"):
        assert 1 == sum(index in step for step in plan), plan


def planned(places: Places, sought: Sought) -> list[str]:
    """The steps by which SQLite finds what is sought; something is found."""
    plans: list[str] = []
    with places.database.reading() as connection:

        @event.listens_for(connection, "before_cursor_execute")
        def explain(_: object, cursor: object, statement: str, parameters: Any, *__: object) -> None:
            rows = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(str(row[-1]) for row in rows if "FROM recordings" in statement)

        assert list(overview.entries(connection, DUE, sought))
    return plans


def test_thousands_are_listed_as_they_are_read(places: Places) -> None:
    """The first line comes while nearly all are unread, and memory does not grow with their number."""
    few = peak_memory(places)
    with places.database.writing() as connection:
        row = {name: getattr(a_recording(), name) for name in a_recording().__slots__}
        made = (row | {"id": f"many {number}", "origin": f"many {number}"} for number in range(MANY))
        connection.execute(insert(catalogue.recordings), list(made))
    home = environment(places.home.path)
    with subprocess.Popen(CENTRALA, cwd=ROOT, env=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        # It waits for whoever reads: a pipe does not hold so much.
        assert MANY * len(first) > 10 * WHAT_FITS_INTO_A_PIPE
        assert ("kept", None) == (json.loads(first)["status"], process.poll())
        process.stdout.close()
        assert 141 == process.wait()
    assert peak_memory(places) - few < MANY // 2


def peak_memory(places: Places) -> int:
    """List everything: the most memory that it took, in kilobytes."""
    command = (sys.executable, "-c", MEASURE, *CENTRALA)
    done = subprocess.run(
        command, cwd=ROOT, env=environment(places.home.path), capture_output=True, text=True, check=True
    )
    return int(done.stderr.split()[-1])


def test_who_speaks_when_is_shown(run: Run, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each side, as wide as the terminal; with --json the peaks."""
    keep_sound(places, a_recording(20), tone(15) + silence(15), silence(15) + tone(15, loud=300))
    for columns, half in ((80, 33), (24, 5), (5, 5)):
        monkeypatch.setenv("COLUMNS", str(columns))
        shown = run("recordings", "show", id_of(20)).stdout.splitlines()[-3:]
        assert [
            f"{'caller':14}{'▆' * half}{'·' * half}",
            f"{'consultant':14}{'·' * half}{'▁' * half}",
            f"{'':14}0:00{'0:30':>{2 * half - 4}}",
        ] == shown
    (told,) = lines(run("recordings", "show", id_of(20), "--json"))
    assert {"caller": [62] * 200 + [0] * 200, "consultant": [0] * 200 + [2] * 200} == told["waveform"]


def test_sides_of_other_archives_are_left_and_right(run: Run, places: Places) -> None:
    """Whose they are is not known there; silence is dots throughout."""
    keep_sound(places, a_recording(20, call_id=None, origin="import:0"), silence(2), silence(1))
    shown = run("recordings", "show", id_of(20)).stdout.splitlines()[-3:-1]
    assert [f"{'left':14}{'·' * 66}", f"{'right':14}{'·' * 66}"] == shown


def test_scores_are_shown(run: Run, places: Places) -> None:
    """By whom, and both marks."""
    assert "score         anna: correctness 4, service 5\n" in run("recordings", "show", id_of(1)).stdout
    (told,) = lines(run("recordings", "show", id_of(1), "--json"))
    assert [{"by": "anna", "at": NOW.isoformat(), "correctness": 4, "service": 5}] == told["scores"]


def test_a_waveform_that_is_missing_hides_nothing_else(run: Run, places: Places, gone: tuple[str, str]) -> None:
    """It is said why there is none."""
    for id, why in ((id_of(1), "cannot be shown"), (id_of(4), "none: the recording is purging"), (gone[1], "purged")):
        result = run("recordings", "show", id, "--json")
        (told,) = lines(result)
        assert (0, id, None) == (result.exit_code, told["id"], told["waveform"])
        assert why in told["waveform_fault"]
        assert why in run("recordings", "show", id).stdout


def test_a_waveform_is_drawn_into_a_file(run: Run, places: Places, tmp_path: Path) -> None:
    """For its owner alone; where there is none, nothing is written and it is said why."""
    keep_sound(places, a_recording(20), tone(3), silence(3))
    picture = tmp_path / "picture.svg"
    assert 0 == run("recordings", "show", id_of(20), "--svg", str(picture)).exit_code
    drawn = ElementTree.parse(picture)
    assert [400, 0] == [(path.get("d") or "").count("M") for path in drawn.iter("{http://www.w3.org/2000/svg}path")]
    assert 0o600 == picture.stat().st_mode & 0o777
    refused = run("recordings", "show", id_of(4), "--svg", str(tmp_path / "none.svg"))
    assert (2, True) == (refused.exit_code, "none: the recording is purging" in refused.stderr)
    assert not (tmp_path / "none.svg").exists()
