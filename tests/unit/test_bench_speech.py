"""The benchmark of speech judges and tells honestly."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bench.leavers import Left
from bench.machine import Machine
from bench.speech import SpeechReport, aims, is_in_time, written
from bench.streams import Streams
from tests.unit.test_bench_spoken import spoken

MACHINE = Machine("Good(R) CPU @ 2.5GHz", 2, 4.0, "Debian 12", "6.1", "3.11", "22.10.1", "15", 0.25, "abc1234")
AT = datetime(2026, 11, 29, tzinfo=UTC)


def streams(count: int, slowest: float, missing: int = 0) -> Streams:
    """A hundred results, two of which took so long."""
    return Streams(count, (0.02,) * 98 + (slowest,) * 2, missing, 0.5, 30_000_000, 20_000_000)


@pytest.mark.parametrize(
    ("step", "in_time"),
    [
        (streams(10, 0.1), True),
        (streams(10, 0.11), False),
        (streams(10, 0.02, missing=1), False),
        (Streams(10, (), 0, 0.0, 0, 0), False),
    ],
)
def test_too_many_streams_are_noticed(step: Streams, in_time: bool) -> None:
    """By results that come late or never."""
    assert in_time is is_in_time(step)


def test_the_most_streams_in_time_count() -> None:
    """What follows them is told, too, in words, in Markdown and for programs."""
    steps = streams(50, 0.03), streams(100, 0.05), streams(150, 0.4, missing=2)
    report = SpeechReport(AT, MACHINE, steps, spoken(0.011, 0.79), False)
    late, most, *_ = aims(report)
    assert (True, 50.0, True, 100) == (late.met, late.measured, most.met, most.measured)
    text, marked, raw = written(report)
    assert "100 KB" in text
    assert "| 150 " in marked
    assert "(2 never)" in marked
    assert "lines of keys" in text
    assert [True] * 7 == [aim["met"] for aim in json.loads(raw)["aims"]]


def test_a_run_without_any_in_time_meets_nothing() -> None:
    """And says so."""
    nobody = replace(spoken(1.0, 2.0, failed=1), left=Left(0, 60.0, 0, False))
    report = SpeechReport(AT, MACHINE, (streams(10, 2.0),), nobody, True)
    assert [False] * 7 == [aim.met for aim in aims(report)]
