"""Metrics for Prometheus, computed from the database whenever they are asked for: no restart loses any.

Totals are since midnight in the service's time zone; Prometheus takes a total that falls as one that began anew. Every
IVR process of an installation would tell the same, so that it is enough to ask one of them. No caller, consultant or
call is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from centrala import context
from ivr.gateways.agi.recogniser import Recogniser
from ivr.history.promises import promises_to_come
from ivr.history.states import states_now
from ivr.history.stays import open_stays
from ivr.history.surveys import answers_in, asked_in
from ivr.history.totals import CallTotals, StayTotals, call_totals, stay_totals
from routing.reporting.days import day_of, period_of
from routing.reporting.figures import Thresholds
from routing.reporting.standing import Standing, counted, standing
from routing.reporting.surveys import Answered, Asked
from storage.database import Database

WAITS = frozenset({5, 10, 20, 30, 60, 120, 300, 600, 1800})

# The queues and the consultants of each.
Members = Callable[[], Mapping[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    calls: CallTotals
    stays: tuple[StayTotals, ...]
    queues: tuple[Standing, ...]
    agents: Mapping[str, int]
    asked: tuple[Asked, ...]
    answered: tuple[Answered, ...]


class ServiceCollector(Collector):
    """The service's metrics. The thresholds of reports are among the limits of the histogram of waits."""

    def __init__(
        self,
        database: Database,
        members: Members,
        thresholds: Thresholds,
        now: Callable[[], datetime],
        speech: Recogniser | None = None,
    ):
        self._database = database
        self._members = members
        self._limits = sorted(WAITS | {thresholds.service_level, thresholds.short_abandon})
        self._now = now
        self._speech = speech

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: the database need not be asked at the start."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """All metrics as they are now; without the database, only that it does not answer."""
        if self._speech is not None:
            yield from _of_speech(self._speech)
        try:
            snapshot = self._look()
        except SQLAlchemyError:
            yield _database(up=False)
            return
        yield _database(up=True)
        yield from _of_calls(snapshot.calls)
        yield from _of_stays(snapshot.stays, self._limits)
        yield from _of_queues(snapshot.queues)
        yield from _of_surveys(snapshot.asked, snapshot.answered)
        agents = GaugeMetricFamily("centrala_agents", "Consultants by state, where it is known.", labels=["state"])
        for state, count in snapshot.agents.items():
            agents.add_metric([state], count)
        yield agents

    def _look(self) -> _Snapshot:
        now = self._now()
        today = day_of(now, context.SERVICE_ZONE)
        day = period_of(today, today, context.SERVICE_ZONE)
        since = day.start
        with self._database.reading() as connection:
            states = states_now(connection)
            queues = standing(self._members(), open_stays(connection), states, now, promises_to_come(connection))
            stays = stay_totals(connection, since, self._limits)
            surveys = asked_in(connection, day), answers_in(connection, day)
            return _Snapshot(call_totals(connection, since), stays, queues, counted(states, states), *surveys)


def serve(host: str, port: int, collector: Collector) -> Callable[[], None]:
    """Answer on that address, in threads of its own, until what is returned is called. Raises OSError."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    ProcessCollector(registry=registry)
    server, thread = start_http_server(port, host, registry)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop


def _database(*, up: bool) -> Metric:
    return GaugeMetricFamily("centrala_database_up", "Whether the database answers.", value=int(up))


def _of_speech(speech: Recogniser) -> Iterator[Metric]:
    told = "Whether the recogniser of what callers say answers this process."
    yield GaugeMetricFamily("centrala_speech_up", told, value=int(speech.answers))
    told = "How many times this process found that it does not; keys went on."
    yield CounterMetricFamily("centrala_speech_lost", told, value=speech.faults)


def _of_calls(totals: CallTotals) -> Iterator[Metric]:
    yield CounterMetricFamily("centrala_calls_begun", "Calls that began since midnight.", value=totals.begun)
    ended = CounterMetricFamily("centrala_calls_ended", "Calls that ended since midnight.", labels=["cause"])
    for cause, count in totals.ended.items():
        ended.add_metric([cause], count)
    yield ended
    yield GaugeMetricFamily("centrala_calls_running", "Calls that last.", value=totals.running)


def _of_stays(totals: Iterable[StayTotals], limits: Sequence[int]) -> Iterator[Metric]:
    told = "Seconds until the answer or until the call left, of stays in queues that ended since midnight."
    waits = HistogramMetricFamily("centrala_queue_wait_seconds", told, labels=["queue", "topic", "outcome"])
    told = "Seconds of conversations that ended since midnight."
    talks = CounterMetricFamily("centrala_queue_talk_seconds", told, labels=["queue", "topic"])
    for one in totals:
        counts = zip((*map(float, limits), "+Inf"), (*one.within, one.count), strict=True)
        buckets = [(str(limit), float(count)) for limit, count in counts]
        waits.add_metric([one.queue, one.topic, one.outcome], buckets, one.waited)
        if one.talked:
            talks.add_metric([one.queue, one.topic], one.talked)
    yield from (waits, talks)


def _of_surveys(asked: Iterable[Asked], answered: Iterable[Answered]) -> Iterator[Metric]:
    told = "Callers who were offered a survey since midnight."
    offered = CounterMetricFamily("centrala_survey_offered", told, labels=["callers", "topic"])
    told = "Answers to surveys that were offered since midnight, by whether they mean satisfied."
    answers = CounterMetricFamily("centrala_survey_answers", told, labels=["callers", "topic", "question", "satisfied"])
    for one in asked:
        offered.add_metric([one.callers, one.topic], one.offered)
    for given in answered:
        about = [given.callers, given.topic, given.question]
        answers.add_metric([*about, "yes"], given.satisfied)
        answers.add_metric([*about, "no"], given.answers - given.satisfied)
    yield from (offered, answers)


def _of_queues(queues: Iterable[Standing]) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("centrala_queue_waiting", "Callers who wait.", labels=["queue"])
    longest = GaugeMetricFamily("centrala_queue_longest_wait_seconds", "The longest of these waits.", labels=["queue"])
    talking = GaugeMetricFamily("centrala_queue_talking", "Callers who talk.", labels=["queue"])
    agents = GaugeMetricFamily("centrala_queue_agents", "Consultants of a queue by state.", labels=["queue", "state"])
    callbacks = GaugeMetricFamily("centrala_queue_callbacks", "Callbacks that are to come.", labels=["queue"])
    for one in queues:
        callbacks.add_metric([one.queue], one.callbacks)
        talking.add_metric([one.queue], one.talking)
        waiting.add_metric([one.queue], one.waiting)
        longest.add_metric([one.queue], one.longest_wait)
        for state, count in one.agents.items():
            agents.add_metric([one.queue, state], count)
    yield from (waiting, longest, talking, callbacks, agents)
