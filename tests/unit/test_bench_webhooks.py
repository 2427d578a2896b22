"""The benchmark of webhooks asks real ones, and tells what it was given."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from bench.machine import Machine
from bench.processor import Usage
from bench.webhooks import REQUESTS_PER_CALL, Round, WebhooksReport, aims, measure, written


def a_round(rate: int | None, milliseconds: float) -> Round:
    """A thousand requests in two seconds, each as long."""
    return Round(rate, 250, Usage(2.0, {"ivr": 1.0}, 0.0), (milliseconds / 1000,) * 1000)


def a_report(milliseconds: float) -> WebhooksReport:
    """Of two equal rounds."""
    machine = Machine("x", 2, 4.0, "Debian", "6.1", "3.11", "22", "15", 0.2, "abc")
    rounds = (a_round(None, milliseconds), a_round(300, milliseconds))
    return WebhooksReport(datetime(2026, 11, 23, tzinfo=UTC), machine, *rounds, True)


def test_every_webhook_of_every_call_is_counted(tmp_path: Path) -> None:
    """Whole calls by a real process: what is begun is ended."""
    for one in measure(tmp_path / "home", 0.3, 0):
        assert one.calls > 0
        assert REQUESTS_PER_CALL * one.calls == len(one.waits)


def test_a_rate_is_by_the_clock_and_a_cost_by_the_processor() -> None:
    """A second of the processor in two: five hundred a second, and a thousand from one core."""
    one = a_round(None, 3.0)
    assert (500, 1000, 3.0) == (one.per_second, one.per_core, one.wait(99))


def test_aims_are_of_both_rounds() -> None:
    """How many, by either clock, and how long one waits."""
    assert [True, True, True] == [aim.met for aim in aims(a_report(3.0))]
    assert [True, True, False] == [aim.met for aim in aims(a_report(300.0))]


def test_it_is_told_for_people_and_programs() -> None:
    """The same figures."""
    text, markdown, whole = written(a_report(3.0))
    assert "500" in text
    assert "| 300 a second |" in markdown
    assert [500.0, 500.0] == [one["per_second"] for one in json.loads(whole)["rounds"]]
