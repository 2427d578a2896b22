"""A process is replaced while calls run: it takes no new ones, finishes its own, and its successor starts at once."""

from __future__ import annotations

import json
from collections.abc import Callable

import psutil
import pytest

from demo.station import Node
from ivr.events import HungUp, Reentered
from tests.live.callers import Account
from tests.live.stations import Live, hears_music
from tests.live.stories import (
    IDENTIFIER,
    PIN,
    Caller,
    at_once,
    node,
    nothing_stays,
    on_a_break,
    stand_up,
    unfinished,
    wait_for,
)

Numbers = Callable[[], str]
EXIT_SECONDS = 20


@pytest.fixture
def service(breakable: Live) -> Live:
    """The service with both processes up."""
    stand_up(breakable)
    return breakable


def _carriers(live: Live, kept: Account) -> list[int]:
    """The processes that carried a call, turn by turn, until its caller hung up: that, any process may learn first."""
    numbers = {str(port): number for number, port in enumerate(live.station.addresses.nodes)}
    return [numbers[turn.node.rpartition(":")[2]] for turn in kept.turns if HungUp() not in turn.events]


def _listens(one: Node) -> bool:
    """Whether a process takes new calls; asked of the system, since a connection would be a call."""
    connections = psutil.Process(one.process.pid).net_connections("tcp")
    return any(connection.status == psutil.CONN_LISTEN for connection in connections)


def _last_words(ended: Node) -> dict[str, object]:
    # Who opens an installation first tells in words which keys were made.
    lines = [json.loads(line) for line in ended.log.read_text("utf-8").splitlines() if line.startswith("{")]
    words: dict[str, object] = [line for line in lines if line["event"] == "stopped"][-1]
    return words


def test_a_process_is_replaced_under_running_calls(service: Live, numbers: Numbers) -> None:
    """Who keys a PIN, who waits, who talks and who dials just then: nobody notices."""
    keying, waiting, talking, sent_on, served = (Caller(service, numbers()) for _ in range(5))
    with nothing_stays(service):
        at_once(caller.dials for caller in (waiting, talking))
        with on_a_break(service, "1201", "1202"):
            at_once([lambda: _asks(waiting, "2"), lambda: _asks(talking, "1")])
            there = talking.talks()
            waiting.call.wait_until(lambda: hears_music(waiting.call), what="music")
            keying.dials()
            keying.comes_to(("main", "2"), ("identifier", f"{IDENTIFIER}#"), ("pin", PIN[:3]))
            old = node(service, 0)
            old.terminate()
            wait_for(lambda: not _listens(old), "the process refuses new calls")
            sent_on.dials()
            sent_on.hears("main")
            keying.keys(PIN[3:])
            keying.hears("authenticated")
            service.station.start_node(0)
            served.dials()
            served.hears("main")
            assert old.running
        there.end()
        waiting.talks().end()
        at_once(caller.hangs_up for caller in (keying, sent_on, served))

        assert 0 == old.process.wait(EXIT_SECONDS)
        accounts = {caller: caller.account() for caller in (keying, waiting, talking, sent_on, served)}

    assert {"finished": True, "left": 0} == {name: _last_words(old)[name] for name in ("finished", "left")}
    assert [] == [event for kept in accounts.values() for event in kept.events if isinstance(event, Reentered)]
    carriers = [_carriers(service, accounts[caller]) for caller in (keying, sent_on, served)]
    assert [[number] * len(turns) for number, turns in zip((0, 1, 0), carriers, strict=True)] == carriers
    assert "full" == accounts[keying].row.auth_level
    assert ["completed", "completed"] == [accounts[caller].row.cause for caller in (waiting, talking)]
    assert [] == unfinished(service)


def _asks(caller: Caller, topic: str) -> None:
    caller.comes_to(("main", "0"), ("topics", topic))
    caller.hears("connecting")


def test_a_process_without_calls_ends_at_once(service: Live) -> None:
    """Both processes are told to end and do, without an error, and both start again."""
    both = [node(service, number) for number in (0, 1)]
    for one in both:
        one.terminate()

    assert [0, 0] == [one.process.wait(EXIT_SECONDS) for one in both]
    assert [0, 0] == [_last_words(one)["left"] for one in both]
    stand_up(service)
