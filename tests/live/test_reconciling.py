"""Our figures against Asterisk's own log of its queues, for the same calls.

The product keeps that log off: this test turns it on in its own installation.
"""

from __future__ import annotations

import json
import math
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import pytest
from prometheus_client.parser import text_string_to_metric_families

import provision
from demo.asterisk_process import free_port
from demo.phone import Ring
from demo.phone.outgoing import OutgoingCall
from ivr.definition import LEAVING
from ivr.menus.loading import load_menus
from routing import visits
from routing.visits import Visit
from tests.live.callers import Account, account, answered, desks_react, row_of, talk_at_once, to_topic
from tests.live.stations import Live, hears_music, live, menus_with
from tests.live.stories import at_once, keep_queue_log, queue_log, wait_for

IN_TIME, SHORT = 4, 4
LONGEST_WAIT = 15
BRIEF_SECONDS, MOST_ON_THE_WAY = 0.05, 2
WARSAW = ZoneInfo("Europe/Warsaw")


@dataclass(frozen=True, slots=True)
class Logged:
    """What Asterisk's log tells of a caller: when the stay began (Unix time), how it ended, the seconds of waiting."""

    queue: str
    joined: int
    ended: str
    waited: int


@pytest.fixture(scope="module")
def logging(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The shipped service, with Asterisk's log of its queues. Nothing is heard on the way to a queue for long."""
    folder = tmp_path_factory.mktemp("reconciling")
    settings = {
        "queues": {"ring_seconds": 3, "wrap_up_seconds": 0, "longest_wait_seconds": LONGEST_WAIT},
        "metrics": {"port": free_port(socket.SOCK_STREAM)},
        "reporting": {"service_level_seconds": IN_TIME, "short_abandon_seconds": SHORT},
    }
    menus = menus_with(folder)
    # Asterisk's wait begins once this has been heard.
    on_the_way = re.compile(r"connecting|place-.+|wait-.+|" + LEAVING)
    told = {name for name, _ in load_menus(menus).flow.prompts if on_the_way.fullmatch(name)}
    lasting = dict.fromkeys(told, BRIEF_SECONDS)
    with live(folder / "home", menus, nodes=2, settings=settings, lasting=lasting) as running:
        keep_queue_log(running)
        running.staff()
        yield running


def test_figures_agree_with_asterisks_own_log(logging: Live, numbers: Callable[[], str]) -> None:
    """A dozen calls: answered at once and after waiting, given up soon and late, and waited for in vain."""
    callers = _dozen(logging, numbers)
    kept = {ani: account(logging, ani) for ani in callers}
    # A stay in the queue is logged before its call ends.
    log = _read(queue_log(logging))
    assert set(callers) == set(log)
    for ani, expected in callers.items():
        (visit,) = kept[ani].visits
        assert (expected, log[ani].ended, log[ani].queue) == (visit.outcome, visit.outcome, visit.queue)
        # Asterisk counts in whole seconds, and only from when the caller has been told what to expect.
        assert 0 <= log[ani].joined - math.floor(visit.enqueued_at.timestamp()) <= MOST_ON_THE_WAY
        assert abs(_waited_from(log[ani].joined, visit) - log[ani].waited) <= 1
    _compare_metrics(logging, log)
    lines = _lines(logging, kept)
    assert all(0 < line["occupancy"] <= 1 for line in lines if line["type"] == "day")
    _compare(lines, log, {ani: one.visits[0].topic for ani, one in kept.items()})


def _dozen(logging: Live, numbers: Callable[[], str]) -> Mapping[str, str]:
    """Twelve callers, and what becomes of each."""
    talking = [numbers() for _ in range(6)]
    soon, late, patient = [numbers(), numbers()], [numbers(), numbers()], [numbers(), numbers()]
    with desks_react(logging, Ring(), "1501", "1502", "1401", "1402"):
        at_once(
            [
                lambda: _talk_in_turn(logging, talking),
                *(lambda ani=ani, key=key: _give_up(logging, ani, key, 1) for ani, key in zip(soon, "45", strict=True)),
                *(lambda ani=ani, key=key: _give_up(logging, ani, key, 6) for ani, key in zip(late, "45", strict=True)),
                *(lambda ani=ani: _wait_in_vain(logging, ani) for ani in patient),
            ]
        )
    logging.hang_up()
    ends = {"answered": talking, "abandoned": soon + late, "timeout": patient}
    return {ani: end for end, own in ends.items() for ani in own}


def _talk_in_turn(logging: Live, callers: list[str]) -> None:
    """All but the last are answered at once; the last waits for one of the two who answer for that topic."""
    *first, last = callers
    talks = talk_at_once(logging, dict(zip(first, "11236", strict=True)))
    call, ear = to_topic(logging, last, "1")
    _listen(call, 1)
    wait_for(lambda: _now(logging, "technical") == (1, 2, {"on_call": 2}), "one who waits, two who talk")
    _listen(call, 5)
    talks[first[0]].end()
    for there in (answered(logging, last, call, ear), *(talks[ani] for ani in first[1:])):
        there.wait(1)
        there.end()


def _now(logging: Live, queue: str) -> tuple[int, int, dict[str, int]]:
    """Who waits and who talks in a queue, and its consultants by state, as a supervisor sees them."""
    lines = map(json.loads, logging.station.centrala("queues", "--json").splitlines())
    (line,) = [line for line in lines if line["queue"] == queue]
    return line["waiting"], line["talking"], line["agents"]


def _give_up(logging: Live, ani: str, key: str, seconds: float) -> None:
    call, _ = to_topic(logging, ani, key)
    _listen(call, seconds)
    call.hang_up()


def _wait_in_vain(logging: Live, ani: str) -> None:
    call, _ = to_topic(logging, ani, "5")
    _listen(call, 1)
    wait_for(lambda: _has_left(logging, ani), "the end of a wait")
    call.hang_up()


def _listen(call: OutgoingCall, seconds: float) -> None:
    """Wait in the queue for so long."""
    call.wait_until(lambda: hears_music(call), what="music")
    until = call.recording.seconds + seconds
    call.wait_until(lambda: call.recording.seconds >= until, what="more of it")


def _has_left(logging: Live, ani: str) -> bool:
    row = row_of(logging, ani)
    assert row is not None
    with logging.database.reading() as connection:
        return all(visit.left_at for visit in visits.of_call(connection, row.id))


# What Asterisk logs (docs.asterisk.org, Queue Logs): time|channel|queue|agent|event|data|data|data

ENDS = {"CONNECT": ("answered", 5), "ABANDON": ("abandoned", 7), "EXITWITHTIMEOUT": ("timeout", 7)}


def _read(lines: list[str]) -> Mapping[str, Logged]:
    """The end of each caller's stay, by the caller's number."""
    callers: dict[str, tuple[str, int]] = {}
    found: dict[str, Logged] = {}
    for line in lines:
        fields = line.split("|")
        channel, queue, event = fields[1], fields[2], fields[4]
        if event == "ENTERQUEUE":
            callers[channel] = (fields[6], int(fields[0]))
        elif event in ENDS:
            end, place = ENDS[event]
            ani, joined = callers[channel]
            assert ani not in found
            found[ani] = Logged(queue, joined, end, int(fields[place]))
    return found


def _waited_from(moment: int, visit: Visit) -> int:
    until = visit.answered_at or visit.left_at
    assert until is not None
    return math.floor(until.timestamp()) - moment


# What we tell


def _lines(logging: Live, kept: Mapping[str, Account]) -> list[dict[str, Any]]:
    """The figures of the days of these calls, topics and whole days."""
    moments = [visit.enqueued_at.astimezone(WARSAW) for one in kept.values() for visit in one.visits]
    days = (min(moments).date().isoformat(), max(moments).date().isoformat())
    out = logging.station.centrala("queues", "--day", days[0], "--until", days[1], "--json")
    return [json.loads(line) for line in out.splitlines()]


def _compare(lines: list[dict[str, Any]], log: Mapping[str, Logged], topics: Mapping[str, str]) -> None:
    """Every count of every topic, and of the day, from Asterisk's log."""
    for topic in (None, *sorted(set(topics.values()))):
        own = [logged for ani, logged in log.items() if topic in (None, topics[ani])]
        told = [line for line in lines if line["topic"] == topic]
        assert _counts(own) == {name: sum(line[name] for line in told) for name in _counts(own)}
        waits = [(line["asa"] * line["answered"], line["answered"]) for line in told if line["answered"]]
        if waits:
            asa = sum(waited for waited, _ in waits) / sum(count for _, count in waits)
            assert -1 <= asa - fmean(one.waited for one in own if one.ended == "answered") <= MOST_ON_THE_WAY


def _compare_metrics(logging: Live, log: Mapping[str, Logged]) -> None:
    """The same, as `centrala serve` tells Prometheus; totals begin at midnight."""
    settings = json.loads((logging.station.home / "station.yaml").read_text("utf-8"))
    with urlopen(f"http://127.0.0.1:{settings['metrics']['port']}/metrics", timeout=10) as answer:
        families = {family.name: family for family in text_string_to_metric_families(answer.read().decode())}
    told = Counter[str]()
    for sample in families["centrala_queue_wait_seconds"].samples:
        if sample.name.endswith("_count"):
            told[sample.labels["outcome"]] += int(sample.value)
    assert Counter(one.ended for one in log.values()) == told
    # Processes with the same settings: the second one carries calls without metrics, and says so.
    logs = [(logging.station.home / f"ivr-{number}.log").read_text("utf-8") for number in (0, 1)]
    assert [False, True] == ["no metrics from this process" in log for log in logs]


def _counts(logged: list[Logged]) -> dict[str, int]:
    answered = [one for one in logged if one.ended == "answered"]
    abandoned = [one for one in logged if one.ended == "abandoned"]
    return {
        "offered": len(logged),
        "answered": len(answered),
        "in_time": sum(one.waited <= IN_TIME for one in answered),
        "abandoned": len(abandoned),
        "short_abandoned": sum(one.waited <= SHORT for one in abandoned),
        "other": len(logged) - len(answered) - len(abandoned),
    }
