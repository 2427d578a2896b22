"""Notes that the dialplan left are taken in once, whole, and one that cannot be used holds no other up."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ivr.gateways.agi import notes
from ivr.runner import Runner
from storage.database import Database
from tests.runner.conftest import Clock, Line, MakeRunner

NOTE = "1795424700|600100200|225601600|0,,11,1795424520.250,,help,1795424500|end\n"
UNUSABLE = [
    "",
    "\n",
    "1795424700|600100200|225601600|0,,11,1795424520.250,,help,1795424500",
    "1795424700|600100200|225601600|0,,11|end",
    "today|600100200|225601600|0,,,,,,|end",
    "99999999999999|600100200|225601600|0,,,,,,|end",
    "\x00\xff" * 100,
    "|" * 10_000,
]


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """The folder of notes."""
    (tmp_path / "spool").mkdir()
    return tmp_path / "spool"


def test_a_note_becomes_a_call_and_is_gone(spool: Path, line: Line, runner: Runner) -> None:
    """Row and visit are as the dialplan told; the file is deleted."""
    (spool / f"{line.id}.note").write_text(NOTE)
    assert 1 == notes.take_in(spool, runner)

    (visit,) = line.visits
    assert ("600100200", "225601600", "no-ivr") == (line.row.ani, line.row.dnis, line.row.cause)
    assert ("help", "11", "answered") == (visit.queue, visit.agent, visit.outcome)
    assert line.row.ended_at == visit.left_at
    assert [] == list(spool.iterdir())


def test_a_note_about_a_call_that_a_process_began_ends_it(spool: Path, line: Line, runner: Runner) -> None:
    """The caller hung up in the queue while no process ran."""
    line.arrives(runner)
    line.keys(runner, "2")
    live = line.hears_out(runner)
    (spool / f"{line.id}.note").write_text(f"1795424700|x|y|{live.seq},,,,,help,1795424500|end\n")
    notes.take_in(spool, runner)

    assert ["abandoned"] == [visit.outcome for visit in line.visits]
    assert ("to-help", "caller", 1795424700) == (line.row.ended_where, line.row.cause, _unix(line))


def _unix(line: Line) -> int:
    assert line.row.ended_at is not None
    return int(line.row.ended_at.timestamp())


@pytest.mark.parametrize(
    ("written", "kept"),
    [("%2B48600100200", "+48600100200"), ("%0a600%00", "600"), ("%ff%fe", ""), ("unknown", ""), ("%E2%82%AC5", "€5")],
)
def test_a_number_is_kept_sanely(spool: Path, line: Line, runner: Runner, written: str, kept: str) -> None:
    """What the dialplan has encoded is decoded, without what no number holds."""
    (spool / f"{line.id}.note").write_text(NOTE.replace("600100200", written))
    notes.take_in(spool, runner)

    assert kept == line.row.ani


@pytest.mark.parametrize("text", UNUSABLE, ids=range(len(UNUSABLE)))
def test_what_is_no_note_is_left_at_first_and_put_aside_later(
    spool: Path, database: Database, runner: Runner, text: str
) -> None:
    """It may still be written, so it waits; once it is old it is put aside. Others are taken in meanwhile."""
    bad, good = Line(database), Line(database)
    path = spool / f"{bad.id}.note"
    path.write_bytes(text.encode("latin-1"))
    (spool / f"{good.id}.note").write_text(NOTE)

    assert 1 == notes.take_in(spool, runner)
    assert path.exists()
    os.utime(path, (0, 0))
    assert 0 == notes.take_in(spool, runner)
    assert [f"{bad.id}.unusable"] == [left.name for left in spool.iterdir()]


def test_what_cannot_be_read_holds_no_other_up(spool: Path, database: Database, runner: Runner) -> None:
    """A folder by a note's name is put aside like any other that is no note."""
    folder, good = spool / f"{'0' * 36}.note", Line(database)
    folder.mkdir()
    (spool / f"{good.id}.note").write_text(NOTE)

    assert 1 == notes.take_in(spool, runner)
    os.utime(folder, (0, 0))
    assert 0 == notes.take_in(spool, runner)
    assert [f"{'0' * 36}.unusable"] == [left.name for left in spool.iterdir()]


def test_a_call_ends_after_its_newest_turn(spool: Path, line: Line, runner: Runner, clock: Clock) -> None:
    """Asterisk noticed the hang-up while a turn was being committed."""
    line.arrives(runner)
    (spool / f"{line.id}.note").write_text("1795400000|x|y|,,,,,,|end\n")
    notes.take_in(spool, runner)

    assert clock() == line.row.ended_at


@pytest.mark.parametrize("name", ["x.note", "../x.note", "A" * 36 + ".note", ".note"])
def test_a_note_must_be_named_after_a_call(spool: Path, runner: Runner, name: str) -> None:
    """A file with another name is put aside, however whole it is."""
    path = spool / Path(name).name
    path.write_text(NOTE)
    os.utime(path, (0, 0))

    assert 0 == notes.take_in(spool, runner)
    assert not path.exists()


def test_other_files_are_left_alone(spool: Path, runner: Runner) -> None:
    """Only notes are looked at."""
    (spool / "README").write_text(NOTE)
    assert 0 == notes.take_in(spool, runner)
    assert (spool / "README").exists()


def test_two_processes_may_take_the_same_notes_in(spool: Path, database: Database, make_runner: MakeRunner) -> None:
    """Both read all of them at once: each call has one end and one visit, and no note is left."""
    lines = [Line(database) for _ in range(20)]
    for line in lines:
        (spool / f"{line.id}.note").write_text(NOTE)
    with ThreadPoolExecutor(4) as pool:
        runners = [make_runner(str(number)) for number in range(4)]
        list(pool.map(lambda runner: notes.take_in(spool, runner), runners))
    notes.take_in(spool, make_runner())

    assert [] == list(spool.iterdir())
    assert [1] * 20 == [len(line.visits) for line in lines]
    assert [1] * 20 == [len(line.turns) for line in lines]


def test_a_note_that_is_a_riddle_holds_no_other_up(
    spool: Path, line: Line, runner: Runner, database: Database, clock: Clock
) -> None:
    """A call whose rows are damaged cannot be ended: its note is put aside, the next one is taken in."""
    line.arrives(runner)
    with database.writing() as connection:
        connection.exec_driver_sql('UPDATE turns SET state = \'{"type": "Nonsense"}\'')
    good = Line(database)
    for one in (line, good):
        (spool / f"{one.id}.note").write_text(NOTE)
    notes.take_in(spool, runner)

    assert [f"{line.id}.unusable"] == [left.name for left in spool.iterdir()]
    assert "no-ivr" == good.row.cause
