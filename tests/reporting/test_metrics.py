"""Metrics for Prometheus: computed from the database, bounded by the day, and naming nobody."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from centrala import metrics
from demo.asterisk_process import free_port
from ivr.calls import Call, begin, summarise
from ivr.library import Library
from ivr.menus.loading import Loaded
from ivr.state import Ended, State
from routing import surveys, visits
from routing.reporting.figures import Thresholds
from routing.visits import Visit
from storage.database import Database

MIDNIGHT = datetime.fromisoformat("2026-11-20T00:00+01:00")
NOON = MIDNIGHT + timedelta(hours=12)
LABELS = {"queue", "topic", "outcome", "state", "cause", "le", "callers", "question", "satisfied"}
ANI, AGENT = "600100200", "1201"

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def day(database: Database, shipped: Loaded) -> Database:
    """Two stays that ended today, one that began yesterday and was over before midnight, one that lasts.

    Three surveys, one of them of yesterday.
    """
    Library(database).publish(shipped, MIDNIGHT)
    before = MIDNIGHT - timedelta(minutes=10)
    _stay(database, shipped, "a", before, answered=1, left=60, outcome="answered")
    _stay(database, shipped, "b", before, answered=610, left=720, outcome="answered")
    _stay(database, shipped, "c", NOON - timedelta(minutes=2), left=5, outcome="abandoned")
    _stay(database, shipped, "d", NOON - timedelta(seconds=30))
    with database.writing() as connection:
        for name, at, key in (("a", before, "5"), ("c", NOON, "5"), ("d", NOON, "2")):
            about = ("pensions", "beneficiaries", "pl", at)
            surveys.offered(connection, surveys.Offer(name, *about))
            surveys.answered(connection, surveys.Answer(name, "satisfaction", *about, key, key == "5"))
    return database


def _stay(
    database: Database,
    shipped: Loaded,
    name: str,
    at: datetime,
    *,
    answered: float | None = None,
    left: float | None = None,
    outcome: str | None = None,
) -> None:
    def then(seconds: float | None) -> datetime | None:
        return None if seconds is None else at + timedelta(seconds=seconds)

    agent = AGENT if answered else None
    visit = Visit(name, 4, "pensions", "pensions", at, then(answered), then(left), agent, outcome)
    with database.writing() as connection:
        begin(connection, Call(name, "asterisk", ANI, "225601600", shipped.flow.version, at), State("pl"))
        visits.enqueued(connection, visit)
        if ended := then(left):
            over = replace(State("pl"), position=Ended("to-pensions", "caller"))
            summarise(connection, name, ended, State("pl"), over)


def collector(database: Database, now: datetime = NOON) -> metrics.ServiceCollector:
    """A collector as a process that has just begun has it."""
    return metrics.ServiceCollector(
        database, lambda: {"pensions": (AGENT, "1202"), "payers": ()}, Thresholds(), lambda: now
    )


def exposed(database: Database, now: datetime = NOON) -> Samples:
    """What is told, by name and labels."""
    registry = CollectorRegistry()
    registry.register(collector(database, now))
    return read(generate_latest(registry).decode())


def read(text: str) -> Samples:
    """Prometheus' text format, as its own parser reads it."""
    families = text_string_to_metric_families(text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float | None:
    """One sample."""
    return found.get((name, frozenset(labels.items())))


def test_totals_are_of_what_ended_since_midnight(day: Database) -> None:
    """A stay that began yesterday and ended today counts today; one that was over yesterday does not."""
    found = exposed(day)
    pensions = {"queue": "pensions", "topic": "pensions"}
    assert 1 == value(found, "centrala_queue_wait_seconds_count", outcome="answered", **pensions)
    assert 610 == value(found, "centrala_queue_wait_seconds_sum", outcome="answered", **pensions)
    assert 110 == value(found, "centrala_queue_talk_seconds_total", **pensions)
    assert (2, 2, 1) == (
        value(found, "centrala_calls_begun_total"),
        value(found, "centrala_calls_ended_total", cause="caller"),
        value(found, "centrala_calls_running"),
    )


def test_waits_are_told_by_how_many_waited_so_long(day: Database) -> None:
    """The thresholds of reports are among the limits, and a wait of exactly the limit is within it."""
    found = exposed(day)

    def told(outcome: str, limit: str) -> float | None:
        labels = {"queue": "pensions", "topic": "pensions", "outcome": outcome, "le": limit}
        return value(found, "centrala_queue_wait_seconds_bucket", **labels)

    assert (1, 1) == (told("abandoned", "5.0"), told("abandoned", "+Inf"))
    assert (0, 0, 1, 1) == tuple(told("answered", limit) for limit in ("20.0", "600.0", "1800.0", "+Inf"))


def test_who_is_in_the_queues_now(day: Database) -> None:
    """Empty queues too."""
    found = exposed(day)
    assert (1, 0) == tuple(value(found, "centrala_queue_waiting", queue=queue) for queue in ("pensions", "payers"))
    assert (30, 0) == tuple(
        value(found, f"centrala_queue_{name}", queue="pensions") for name in ("longest_wait_seconds", "talking")
    )
    assert 2 == value(found, "centrala_queue_agents", queue="pensions", state="unknown")


def test_what_callers_said_since_midnight(day: Database) -> None:
    """By group of callers and topic; of a question, how many answers mean satisfied and how many do not."""
    found, about = exposed(day), {"callers": "beneficiaries", "topic": "pensions"}
    answers = {**about, "question": "satisfaction"}
    assert 2 == value(found, "centrala_survey_offered_total", **about)
    assert (1, 1) == tuple(
        value(found, "centrala_survey_answers_total", satisfied=satisfied, **answers) for satisfied in ("yes", "no")
    )


def test_a_restart_loses_nothing(day: Database) -> None:
    """Another process, another day's end: the same figures from the same records."""
    assert exposed(day) == exposed(day)
    assert value(exposed(day, NOON + timedelta(days=1)), "centrala_calls_begun_total") == 0


def test_at_midnight_totals_begin_anew_and_none_is_lost(database: Database, shipped: Loaded) -> None:
    """Added up as Prometheus does, which takes a total that falls for one that began at nothing: each stay once."""
    Library(database).publish(shipped, MIDNIGHT)
    lefts = [MIDNIGHT + timedelta(minutes=minute) for minute in (-9, -7, -7, -2, 3, 4, 11)]
    found: list[float] = []
    before = MIDNIGHT - timedelta(minutes=10)
    for look in (MIDNIGHT + timedelta(minutes=minute) for minute in range(-10, 15)):
        for number, left in enumerate(lefts):
            if before < left <= look:
                began = left - timedelta(minutes=6)
                _stay(database, shipped, f"{number}", began, answered=300, left=360, outcome="answered")
        labels = {"queue": "pensions", "topic": "pensions", "outcome": "answered"}
        if (told := value(exposed(database, look), "centrala_queue_wait_seconds_count", **labels)) is not None:
            found.append(told)
        before = look
    increases = [found[0], *(now - last if now >= last else now for last, now in pairwise(found))]
    assert (4, 3, len(lefts)) == (max(found), found[-1], sum(increases))


def test_nobody_is_named(day: Database) -> None:
    """No number, extension or call id, in labels or anywhere else."""
    registry = CollectorRegistry()
    registry.register(collector(day))
    text = generate_latest(registry).decode()
    assert {name for _, pairs in read(text) for name, _ in pairs} <= LABELS
    assert ANI not in text
    assert AGENT not in text


def test_a_database_that_is_gone_is_told(tmp_path: object) -> None:
    """It is a metric, not an error page."""
    empty = Database(f"sqlite:///{tmp_path}/empty.db")
    assert {("centrala_database_up", frozenset()): 0.0} == dict(exposed(empty))
    empty.close()


@pytest.fixture
def address(day: Database) -> Iterator[str]:
    """Where metrics are served."""
    port = free_port(socket.SOCK_STREAM)
    stop = metrics.serve("127.0.0.1", port, collector(day))
    yield f"http://127.0.0.1:{port}/metrics"
    stop()


def test_they_are_served(address: str) -> None:
    """In Prometheus' text format, with the process's own beside them."""
    with urlopen(address, timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/plain")
        found = read(answer.read().decode())
    assert 1 == value(found, "centrala_database_up")
    assert (value(found, "process_resident_memory_bytes") or 0) > 0
