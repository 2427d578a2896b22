"""Callers in app_queue are told to look: through a manager interface whose answers a test decides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from routing.ami import Ami, Patience
from routing.caller_wake import KEY, CallerWake
from tests.ami.peers import SECRET, USER, Act, Headers, Manager, Peer, wait_for

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
QUICK = Patience(connect=5, reply=5, first_pause=0.01, longest_pause=0.02)
FREE = {"Event": "QueueMemberStatus", "Queue": "pensions", "MemberName": "1201", "Status": "1", "Paused": "0"}


@contextmanager
def waking(*acts: Act) -> Iterator[Manager]:
    """Lines are followed through these connections, the last of which stays."""
    manager = Manager(*acts)
    ami = Ami(manager.address, USER, SECRET, QUICK)
    wake = CallerWake(ami, lambda: NOW, lambda queue: queue == "pensions")
    with manager, wake, ami:
        yield manager


def lists(peer: Peer, *channels: str) -> None:
    """Let in, and asked who waits."""
    peer.let_in()
    asked = peer.expect("QueueStatus")
    peer.answer(asked, EventList="start")
    own = {"ActionID": asked["ActionID"]}
    for place, channel in enumerate(channels, start=1):
        peer.say(
            {"Event": "QueueEntry", "Queue": "pensions", "Channel": channel, "Position": str(place), **own},
        )
    peer.say({"Event": "QueueStatusComplete", "EventList": "Complete", **own})


def test_the_first_who_waits_gets_the_key_and_the_next_one_the_next() -> None:
    """A caller who has gone by then is no fault."""
    told: list[Headers] = []

    def act(peer: Peer) -> None:
        lists(peer, "PJSIP/trunk-1", "PJSIP/trunk-2")
        peer.say(FREE)
        told.append(peer.expect("PlayDTMF"))
        peer.say({"Response": "Error", "ActionID": told[0]["ActionID"], "Message": "Channel not found"})
        peer.say({"Event": "QueueCallerLeave", "Queue": "pensions", "Channel": "PJSIP/trunk-1"}, FREE)
        told.append(peer.expect("PlayDTMF"))
        peer.answer(told[1])
        peer.read()

    with waking(act):
        wait_for(lambda: len(told) == 2, "two callers to be told")
    assert [("PJSIP/trunk-1", KEY, "true"), ("PJSIP/trunk-2", KEY, "true")] == [
        (one["Channel"], one["Digit"], one["Receive"]) for one in told
    ]


def test_who_waits_in_a_queue_of_somebody_elses_is_left_alone() -> None:
    """Asterisk may have other queues than those of the menus."""
    told: list[Headers] = []

    def act(peer: Peer) -> None:
        lists(peer, "PJSIP/trunk-1")
        other = {"Queue": "nobodys"}
        peer.say({"Event": "QueueCallerJoin", "Channel": "PJSIP/trunk-9", "Position": "1", **other}, {**FREE, **other})
        peer.say(FREE)
        told.append(peer.expect("PlayDTMF"))
        peer.answer(told[0])
        peer.read()

    with waking(act):
        wait_for(lambda: told, "a caller to be told")
    assert ["PJSIP/trunk-1"] == [one["Channel"] for one in told]


def test_on_a_new_connection_the_lines_are_read_anew() -> None:
    """Who has left meanwhile is not in them, and who has come is."""
    told: list[Headers] = []

    def first(peer: Peer) -> None:
        lists(peer, "PJSIP/trunk-1")
        peer.close()

    def second(peer: Peer) -> None:
        lists(peer, "PJSIP/trunk-2")
        peer.say(FREE)
        told.append(peer.expect("PlayDTMF"))
        peer.answer(told[0])
        peer.read()

    with waking(first, second):
        wait_for(lambda: told, "a caller to be told")
    assert ["PJSIP/trunk-2"] == [one["Channel"] for one in told]
