"""The one connection: who gets which reply, what ends it, and how it comes back."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from routing.ami import Ami, AmiError, Disconnected, Event, NoReply, Patience, Refused
from tests.ami.peers import BOOTED, GREETING, SECRET, USER, Headers, Manager, Peer, wait_for

QUICK = Patience(connect=5, reply=5, ping=5, silence=10, first_pause=0.01, longest_pause=0.02)
PATIENCE = 10.0


@contextmanager
def connected(manager: Manager, patience: Patience = QUICK) -> Iterator[Ami]:
    """A client that has been let in."""
    with manager, Ami(manager.address, USER, SECRET, patience) as ami:
        wait_for(lambda: ami.connected, "a connection")
        yield ami


def obliging(peer: Peer) -> None:
    """Lets in, and answers every action with its own name."""
    peer.let_in()
    while (action := peer.read()) is not None:
        peer.answer(action, Message=action["Action"])


def test_replies_reach_those_who_asked() -> None:
    """Fifty threads at once; the answers come in the opposite order of the questions."""
    many = 50

    def backwards(peer: Peer) -> None:
        peer.let_in()
        asked = [peer.read() for _ in range(many)]
        for action in reversed(asked):
            assert action is not None
            peer.answer(action, Message=action["Text"])
        peer.read()

    with connected(Manager(backwards)) as ami, ThreadPoolExecutor(many) as pool:
        replies = pool.map(lambda number: ami.send("Echo", Text=f"{number}"), range(many))
        assert [f"{number}" for number in range(many)] == [reply.headers["Message"] for reply in replies]


def test_a_list_is_the_reply_and_no_events() -> None:
    """What was asked for goes to who asked, what happens meanwhile to who subscribed."""

    def act(peer: Peer) -> None:
        peer.let_in()
        asked = peer.expect("QueueStatus")
        peer.answer(asked, EventList="start")
        for number in (1, 2):
            peer.say({"Event": "QueueMember", "ActionID": asked["ActionID"], "Name": f"{number}"})
            peer.say({"Event": "QueueMember", "Name": "happens"})
        peer.say({"Event": "QueueStatusComplete", "ActionID": asked["ActionID"], "EventList": "Complete"})
        peer.read()

    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    manager = Manager(act)
    ami = Ami(manager.address, USER, SECRET, QUICK)
    ami.subscribe(("QueueMember",), events.put)
    with manager, ami:
        wait_for(lambda: ami.connected, "a connection")
        reply = ami.send("QueueStatus")
    assert ["1", "2"] == [event["Name"] for event in reply.events if event.name == "QueueMember"]
    happened = [events.get_nowait(), events.get_nowait()]
    assert ["happens", "happens"] == [event["Name"] for event in happened]
    assert events.empty()
    assert reply.number > max(event.number for event in happened)


def test_an_error_is_told_to_who_asked() -> None:
    """With Asterisk's own words."""

    def act(peer: Peer) -> None:
        peer.let_in()
        asked = peer.expect("QueuePause")
        peer.say({"Response": "Error", "ActionID": asked["ActionID"], "Message": "Interface not found"})
        peer.read()

    with connected(Manager(act)) as ami, pytest.raises(Refused, match="Interface not found"):
        ami.send("QueuePause", Interface="PJSIP/1101", Paused="true")


def test_an_action_that_is_not_answered_ends() -> None:
    """The next one is answered all the same, and a late answer is nobody's."""

    def act(peer: Peer) -> None:
        peer.let_in()
        first, second = peer.expect("Slow"), peer.expect("Quick")
        peer.answer(first, Message="too late")
        peer.answer(second, Message="in time")
        peer.read()

    with connected(Manager(act), Patience(reply=0.2, first_pause=0.01)) as ami:
        with pytest.raises(NoReply, match="Slow"):
            ami.send("Slow")
        assert "in time" == ami.send("Quick").headers["Message"]


def test_a_raising_callback_keeps_nothing_from_the_others() -> None:
    """It is logged without what the event held, and every event goes on being told."""

    def act(peer: Peer) -> None:
        peer.let_in()
        peer.say(*({"Event": "QueueCallerJoin", "CallerIDNum": "600100200", "Position": f"{n}"} for n in (1, 2)))
        peer.read()

    def broken(event: Event) -> None:
        raise ZeroDivisionError

    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    manager = Manager(act)
    ami = Ami(manager.address, USER, SECRET, QUICK)
    ami.subscribe(("QueueCallerJoin",), broken)
    ami.subscribe(("QueueCallerJoin",), events.put)
    with capture_logs() as logs, manager, ami:
        assert ["1", "2"] == [events.get(timeout=PATIENCE)["Position"] for _ in range(2)]
    assert 2 == sum(line["event"] == "a callback failed" for line in logs)
    assert "600100200" not in str(logs)


def test_a_callback_that_asks_is_told_to_enqueue() -> None:
    """It would wait for ever for the thread that it runs in."""
    failures: queue.SimpleQueue[BaseException] = queue.SimpleQueue()
    manager = Manager(obliging)
    ami = Ami(manager.address, USER, SECRET, QUICK)

    def ask() -> None:
        try:
            ami.send("Ping")
        except RuntimeError as failure:
            failures.put(failure)

    ami.on_connect(ask)
    with manager, ami:
        assert "enqueue" in str(failures.get(timeout=PATIENCE))


def test_a_connection_that_breaks_comes_back() -> None:
    """Who waits is told, who connects is told to read again, and the outage is logged once."""

    def breaking(peer: Peer) -> None:
        peer.let_in()
        peer.expect("Status")

    def refusing(peer: Peer) -> None:
        peer.read()

    manager = Manager(breaking, refusing, refusing, refusing, obliging)
    connections: queue.SimpleQueue[None] = queue.SimpleQueue()
    ami = Ami(manager.address, USER, SECRET, Patience(connect=0.1, first_pause=0.01, longest_pause=0.02))
    ami.on_connect(lambda: connections.put(None))
    with capture_logs() as logs, manager, ami:
        connections.get(timeout=PATIENCE)
        with pytest.raises(Disconnected):
            ami.send("Status")
        connections.get(timeout=PATIENCE)
        assert "Status" == ami.send("Status").headers["Message"]
    assert 5 == manager.played
    assert 1 == sum(line["log_level"] == "warning" for line in logs)
    assert 2 == sum(line["log_level"] == "info" for line in logs)


def test_without_a_connection_nobody_waits() -> None:
    """Nothing listens; calls must not wait for what is only told."""
    with Manager() as manager:
        address = manager.address
    with Ami(address, USER, SECRET, QUICK) as ami, pytest.raises(Disconnected):
        ami.send("Status")


def test_a_wrong_password_is_told_once() -> None:
    """And tried again: it may be mended on the other side."""

    def refusing(peer: Peer) -> None:
        peer.send(GREETING)
        peer.answer(peer.expect("Challenge"), Challenge="1")
        login = peer.expect("Login")
        peer.say({"Response": "Error", "ActionID": login["ActionID"], "Message": "Authentication failed"})

    manager = Manager(refusing, refusing, obliging)
    with capture_logs() as logs, connected(manager):
        pass
    (warning,) = [line for line in logs if line["log_level"] == "warning"]
    assert "Authentication failed" in warning["reason"]
    assert SECRET not in str(logs)


def test_nobody_asks_before_asterisk_has_booted() -> None:
    """What it would list then is not everything."""
    booted = threading.Event()

    def slow(peer: Peer) -> None:
        peer.let_in(booted=False)
        booted.wait(PATIENCE)
        peer.say(BOOTED)
        peer.answer(peer.expect("QueueStatus"))
        peer.read()

    manager = Manager(slow)
    with manager, Ami(manager.address, USER, SECRET, QUICK) as ami:
        with pytest.raises(Disconnected):
            ami.send("QueueStatus")
        booted.set()
        wait_for(lambda: ami.connected, "a connection")
        ami.send("QueueStatus")


def test_a_peer_that_falls_silent_is_given_up() -> None:
    """It is asked once whether it is there."""
    pings: list[Headers] = []

    def silent(peer: Peer) -> None:
        peer.let_in()
        pings.append(peer.expect("Ping"))
        assert peer.read() is None

    manager = Manager(silent, obliging)
    connections: queue.SimpleQueue[None] = queue.SimpleQueue()
    ami = Ami(manager.address, USER, SECRET, Patience(ping=0.1, silence=0.3, first_pause=0.01))
    ami.on_connect(lambda: connections.put(None))
    with manager, ami:
        for _ in range(2):
            connections.get(timeout=PATIENCE)
    assert 1 == len(pings)


def test_a_peer_that_answers_pings_is_kept() -> None:
    """An idle Asterisk says nothing by itself."""
    pings: queue.SimpleQueue[None] = queue.SimpleQueue()

    def idle(peer: Peer) -> None:
        peer.let_in()
        while (action := peer.read()) is not None:
            peer.answer(action)
            pings.put(None)

    manager = Manager(idle)
    with connected(manager, Patience(ping=0.05, silence=5)):
        for _ in range(5):
            pings.get(timeout=PATIENCE)
    assert 1 == manager.played


def test_stopping_takes_leave_and_leaves_nobody_waiting() -> None:
    """A thread that waits for a reply goes on at once."""
    farewells: queue.SimpleQueue[Headers] = queue.SimpleQueue()
    waits = threading.Event()

    def act(peer: Peer) -> None:
        peer.let_in()
        peer.expect("Status")
        waits.set()
        farewells.put(peer.expect("Logoff"))

    manager = Manager(act)
    with manager, ThreadPoolExecutor(1) as pool:
        with Ami(manager.address, USER, SECRET, Patience(reply=60)) as ami:
            wait_for(lambda: ami.connected, "a connection")
            reply = pool.submit(ami.send, "Status")
            assert waits.wait(PATIENCE)
        with pytest.raises(AmiError):
            reply.result(PATIENCE)
        farewells.get(timeout=PATIENCE)


def test_stopping_ends_the_search_for_a_peer() -> None:
    """One that takes the connection and says nothing."""
    manager = Manager(lambda peer: peer.read())
    before = threading.active_count()
    with manager, Ami(manager.address, USER, SECRET, Patience(connect=30)):
        wait_for(lambda: manager.played, "a connection")
    wait_for(lambda: threading.active_count() <= before, "the end of its thread")


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_the_pause_between_attempts_grows_and_is_bounded(failures: int, chance: float) -> None:
    """Never so short that it spins, never longer than the longest."""
    patience = Patience(first_pause=0.25, longest_pause=5)
    pause = patience.pause(failures, chance)
    assert 0.125 <= pause <= 5
    assert patience.pause(failures + 1, chance) >= pause
