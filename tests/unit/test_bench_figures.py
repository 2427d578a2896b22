"""The benchmark judges and tells honestly: what failed, what is missing, what is not met."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import figures, report
from bench.crowd import Crowd
from bench.figures import AIMED_RATE, LOADED, Figures, Stage, Waiting, aims, percentile
from bench.ground import DIALPLAN, SQLITE
from bench.keypress import Sample
from bench.load import Load, LoadError, Outcome, read_statistics
from bench.machine import Machine
from bench.processor import Usage
from bench.turns import Pace

HEADING = "StartTime;CurrentTime;SuccessfulCall(C);FailedCall(C)"


def stage(way: str, rate: int, *, failed: int = 0, recorded: int | None = None, ivr: float = 0.25) -> Stage:
    """A hundred calls at a rate: half a CPU second in Asterisk and some in the IVR."""
    outcome = Outcome(Load(rate, 100 / rate), 100 - failed, 100 / rate + 1.8)
    parts = {"asterisk": 0.5} if way == DIALPLAN else {"asterisk": 0.5, "ivr": ivr}
    return Stage(way, outcome, Usage(10.0, parts, 0.0), recorded)


def run(*stages: Stage, waits: tuple[Waiting, ...] = (), turns: int = 120_000) -> Figures:
    """A run of these stages."""
    crowd = Crowd(1000, 60 << 20, 50 << 20, 100 << 20, 90 << 20, 1003)
    return Figures(stages, waits, crowd, Pace(turns, 1.0))


def told(found: Figures) -> report.Report:
    """The report of a run."""
    machine = Machine("Good(R) CPU @ 2.5GHz", 2, 4.0, "Debian 12", "6.1", "3.11", "22.10.1", "15", 0.25, "abc1234")
    return report.Report(datetime(2026, 11, 23, tzinfo=UTC), machine, found, quick=False)


def by_name(found: Figures) -> dict[str, figures.Aim]:
    """The aims by the first word that tells them apart."""
    return {aim.what: aim for aim in aims(found)}


def test_the_whole_system_is_compared_with_the_dialplan() -> None:
    """Asterisk and the IVR together count against Asterisk alone, at the same rate."""
    found = by_name(run(stage(DIALPLAN, AIMED_RATE), stage(SQLITE, AIMED_RATE)))
    assert 1.5 == found["the same, callers in a hurry"].measured
    assert found["the same, callers in a hurry"].met
    assert 2.5 == found["CPU of the IVR per call"].measured


def test_what_was_not_measured_is_not_met() -> None:
    """A run that never came to the aimed rate claims nothing about it."""
    aim = by_name(run(stage(DIALPLAN, 50), stage(SQLITE, 50)))["CPU of the IVR per call"]
    assert aim.measured is None
    assert not aim.met


def test_a_failed_rate_ends_the_climb() -> None:
    """A rate above one that failed does not count, whatever became of it."""
    found = run(stage(SQLITE, 50), stage(SQLITE, 100, failed=1), stage(SQLITE, 150))
    assert 50 == found.sustained_rate(SQLITE)
    assert not by_name(found)["calls set up without failure"].met


def test_one_bad_round_spoils_its_rate() -> None:
    """A rate counts as sustained only if each of its rounds was."""
    assert 0 == run(stage(SQLITE, 100), stage(SQLITE, 100, failed=2), stage(SQLITE, 100)).sustained_rate(SQLITE)


def test_the_median_of_rounds_is_told() -> None:
    """A disturbed round does not decide what a call costs."""
    found = run(*(stage(SQLITE, AIMED_RATE, ivr=ivr) for ivr in (0.2, 0.9, 0.3)))
    assert 3.0 == found.ms_per_call(SQLITE, "ivr")
    assert found.ms_per_call(SQLITE, "database") is None


def test_a_call_that_the_database_does_not_know_has_failed() -> None:
    """What the telephone says is checked against the rows."""
    assert not stage(SQLITE, 100, recorded=99).sustained
    assert stage(SQLITE, 100, recorded=100).sustained


def test_a_rate_that_was_not_kept_is_not_sustained() -> None:
    """Calls that were placed slower than asked for prove nothing about the rate."""
    assert not Outcome(Load(100, 1.0), completed=100, seconds=9.0).sustained


def test_waiting_is_judged_beside_the_same_load() -> None:
    """The p99 of callers beside a load is compared with the dialplan's beside the same load."""
    waits = (Waiting(DIALPLAN, LOADED, 9, 0, 1.0, 2.0, 3.0), Waiting(SQLITE, LOADED, 9, 0, 2.0, 5.0, 9.0))
    found = by_name(run(waits=waits))
    coming_up = found["the same, from the key coming up"]
    going_down = found["p99 from a key going down to the next prompt, against the dialplan's"]

    assert (2.5, False) == (coming_up.measured, coming_up.met)
    assert (125 / 122, True) == (going_down.measured, going_down.met)


def test_no_completed_call_is_an_error() -> None:
    """A way whose calls all failed has no percentiles."""
    with pytest.raises(ValueError, match="none of 3 calls"):
        figures.waiting(DIALPLAN, 0, Sample((), 3, 3))


@given(st.lists(st.floats(0, 10), min_size=1), st.floats(0.1, 100))
def test_percentiles_are_measured_values(values: list[float], share: float) -> None:
    """A percentile is one of the values, and at most the rest of them lie above it."""
    found = percentile(values, share)
    above = sum(value > found for value in values)
    assert found in values
    assert above <= len(values) * (1 - share / 100) + 1e-9


def test_percentiles_of_a_hundred() -> None:
    """Nearest rank: of a hundred values the 99th, not the longest."""
    assert 99.0 == percentile([float(value) for value in range(1, 101)], 99)


def test_unmet_aims_are_told_as_such() -> None:
    """The table says plainly what was not reached."""
    text = report.as_markdown(told(run(stage(DIALPLAN, AIMED_RATE), stage(SQLITE, AIMED_RATE, ivr=0.9))))
    line = next(line for line in text.splitlines() if line.startswith("| CPU of the IVR per call"))
    assert "| CPU of the IVR per call | at most 3 ms | 9 ms | **not met** |" == line


def test_tables_are_whole() -> None:
    """Every row of the Markdown has as many cells as its heading."""
    text = report.as_markdown(told(run(stage(DIALPLAN, AIMED_RATE), stage(SQLITE, AIMED_RATE))))
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert [1, 1] == [len({row.count("|") for row in table}) for table in tables]


def test_json_holds_everything() -> None:
    """The file for programs has the machine, the verdicts and each stage."""
    kept = json.loads(report.as_json(told(run(stage(SQLITE, AIMED_RATE)))))
    assert "22.10.1" == kept["machine"]["asterisk"]
    assert {"what", "limit", "measured", "unit", "at_least", "met"} == set(kept["aims"][0])
    assert 100 == kept["stages"][0]["outcome"]["completed"]


def test_a_machine_has_a_name_for_files() -> None:
    """The name of the results file says what was measured, in letters that any file system takes."""
    assert re.fullmatch(r"[a-z0-9-]+", told(run()).machine.slug)
    assert "good-2-cores" == told(run()).machine.slug


def test_the_last_line_of_statistics_counts() -> None:
    """SIPp adds a line now and then; the last one is the sum. A call that was never placed has failed."""
    lines = [HEADING, "d\tt\t100.0;d\tt\t101.0;2;0", "d\tt\t100.0;d\tt\t104.5;9;0"]
    found = read_statistics("\n".join(lines), Load(5, 2.0))
    assert (9, 1, 4.5) == (found.completed, found.failed, found.seconds)


def test_no_statistics_are_an_error() -> None:
    """A SIPp that wrote nothing did not succeed."""
    with pytest.raises(LoadError):
        read_statistics(HEADING, Load(5, 2.0))
