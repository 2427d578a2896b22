"""Recordings begin anew when others are heard: through a manager interface whose answers a test decides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from routing.ami import Ami, Patience
from routing.recording_renewal import KEY, RecordingRenewal
from tests.ami.peers import SECRET, USER, Act, Headers, Manager, Peer, wait_for

QUICK = Patience(connect=5, reply=5, first_pause=0.01, longest_pause=0.02)
FIRST, CALLER, OTHER = "PJSIP/1201-1", "PJSIP/trunk-1", "PJSIP/trunk-2"


@contextmanager
def renewing(*acts: Act) -> Iterator[Manager]:
    """Bridges are followed through these connections, the last of which stays."""
    manager = Manager(*acts)
    ami = Ami(manager.address, USER, SECRET, QUICK)
    with manager, RecordingRenewal(ami), ami:
        yield manager


def enters(channel: str, part: str = "") -> dict[str, str]:
    """As Asterisk tells it."""
    return {"Event": "BridgeEnter", "Channel": channel, "BridgeUniqueid": "b", "ChanVariable": f"PART={part}"}


def lists(peer: Peer, *channels: tuple[str, str]) -> None:
    """Let in, and asked who is in which bridge."""
    peer.let_in()
    asked = peer.expect("Status")
    peer.answer(asked, EventList="start")
    own = {"ActionID": asked["ActionID"]}
    for channel, part in channels:
        peer.say({"Event": "Status", "Channel": channel, "BridgeID": "b", "Variable": f"PART={part}", **own})
    peer.say({"Event": "StatusComplete", "EventList": "Complete", **own})


def pressed(told: list[Headers]) -> list[tuple[str, str, str]]:
    """The keys that were asked for."""
    return [(one["Channel"], one["Digit"], one["Receive"]) for one in told]


def test_whoever_hears_somebody_else_gets_the_key_once() -> None:
    """Two joined it in the same moment: that is one change."""
    told: list[Headers] = []

    def act(peer: Peer) -> None:
        lists(peer)
        peer.say(enters(FIRST, "x"), enters(CALLER), enters(OTHER), {**enters(CALLER), "Event": "BridgeLeave"})
        told.append(peer.expect("PlayDTMF"))
        peer.answer(told[0])
        peer.say(enters(CALLER))
        told.append(peer.expect("PlayDTMF"))
        peer.say({"Response": "Error", "ActionID": told[1]["ActionID"], "Message": "Channel not found"})
        peer.read()

    with renewing(act):
        wait_for(lambda: len(told) == 2, "two changes")
    assert [(FIRST, KEY, "true")] * 2 == pressed(told)


def test_on_a_new_connection_every_recording_begins_anew() -> None:
    """What changed meanwhile is not known."""
    told: list[Headers] = []

    def first(peer: Peer) -> None:
        lists(peer)
        peer.close()

    def second(peer: Peer) -> None:
        lists(peer, (FIRST, "x"), (CALLER, "(null)"))
        told.append(peer.expect("PlayDTMF"))
        peer.answer(told[0])
        peer.read()

    with renewing(first, second):
        wait_for(lambda: told, "a key")
    assert [(FIRST, KEY, "true")] == pressed(told)
