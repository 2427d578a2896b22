"""The benchmark of recordings judges and tells honestly, and fills a catalogue as the project would."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bench import program, taking_in
from bench.filling import Stock
from bench.keeping import Keeping, Night
from bench.machine import Machine
from bench.program import Cost, ProgramError
from bench.recordings import RecordingsReport, aims, as_json, as_markdown
from bench.taking_in import Intake, Lengths
from recordings import catalogue, purge
from recordings.encoding import FORMATS

FIRST_DAY = date(2026, 11, 28)
MB = 1_000_000
MACHINE = Machine("Good(R) CPU @ 2.5GHz", 2, 4.0, "Debian 12", "6.1", "3.11", "22.10.1", "15", 0.25, "abc1234")


def night(kept: int, job: float, *, memory: int = 90, cold: bool = False) -> Night:
    """A thousand due: the job needs so many seconds more than its start of one second, find half a second."""
    return Night(kept, 1000, cold, Cost(1 + job, 1 + job, memory * MB), Cost(1, 1, 80 * MB), Cost(0.5, 0.5, 4 * MB))


def intake(peer: Cost | None = None) -> Intake:
    """Ten minutes of sound in half a second, after a start of a second."""
    cost = Cost(2, 1.5, 95 * MB)
    return Intake(600, Cost(1, 1, 80 * MB), dict.fromkeys(FORMATS, cost), peer, cost, cost, Lengths(2, 300, 600, 7200))


def test_a_recording_is_compared_with_a_file_of_find() -> None:
    """At the largest size, in the middle of its nights, with starting and empty caches left out."""
    keeping = Keeping((night(10, 1), night(20, 1.5), night(20, 9), night(20, 2), night(20, 99, cold=True)))
    found = {aim.what: aim for aim in aims(keeping, intake())}
    assert 4.0 == found["CPU to destroy a recording, 20 kept, against a file by find"].measured
    assert found["the same, by the clock"].met
    growth = found["the same CPU, against 10 kept"]
    assert (2.0, False) == (growth.measured, growth.met)
    assert found["memory of the retention job, the most"].met


def test_what_was_not_measured_is_told() -> None:
    """A sox that is not there."""
    report = RecordingsReport(datetime(2026, 11, 28, tzinfo=UTC), MACHINE, Keeping((night(10, 1),)), intake(), False)
    text = as_markdown(report)
    assert "sox is not there to compare with." in text
    assert [f"| {format} | 1,200 |" in text for format in FORMATS] == [True] * len(FORMATS)
    assert '"met": false' not in as_json(report)


def test_a_programs_memory_is_its_own() -> None:
    """However much whoever measures has; one that fails is no measurement."""
    held = bytearray(200 * MB)
    cost = program.run([sys.executable, "-c", "pass"])
    assert cost.memory < len(held)
    with pytest.raises(ProgramError, match="ended with 3: too bad"):
        program.run([sys.executable, "-c", "print('too bad'); raise SystemExit(3)"])


def test_what_is_due_in_a_filled_catalogue_can_be_heard(tmp_path: Path) -> None:
    """Its key opens its sealed files; what is kept has rows as true ones have."""
    stock = Stock(tmp_path / "home", FIRST_DAY)
    stock.make()
    stock.grow(50)
    ids = stock.add_due(3, FIRST_DAY - timedelta(days=30))
    with stock.opened() as places:
        assert [3000] * 3 == [len(b"".join(places.archive.sound(id))) for id in ids]
        with places.database.reading() as connection:
            rows = list(catalogue.everything(connection))
            assert 53 == len(rows)
            foreseen = purge.foresee(connection, FIRST_DAY - timedelta(days=30))
    assert (53, 3) == (foreseen.recordings, foreseen.due)
    assert {one.id for one in rows} == set(places.archive.keys.ids())


def test_taking_in_is_measured(tmp_path: Path) -> None:
    """With all that it needs to be taken in."""
    found = taking_in.measure(tmp_path / "intake", Lengths(1, 10, 10, 20))
    assert 10 == found.seconds
    assert [True] * len(FORMATS) == [found.formats[format].processor > 0 for format in FORMATS]
