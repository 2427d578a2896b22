"""Recordings begin anew when others are heard: through a manager interface whose answers a test decides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from routing.ami import Ami, Patience, follower
from routing.recording_renewal import KEY, RecordingRenewal
from tests.ami.peers import SECRET, USER, Act, Headers, Manager, Peer, wait_for

QUICK = Patience(connect=5, reply=5, first_pause=0.01, longest_pause=0.02)
FIRST, CALLER, OTHER = "PJSIP/1201-1", "PJSIP/trunk-1", "PJSIP/trunk-2"


@contextmanager
def renewing(*acts: Act, patience: Patience = QUICK) -> Iterator[Manager]:
    """Bridges are followed through these connections, the last of which stays."""
    manager = Manager(*acts)
    ami = Ami(manager.address, USER, SECRET, patience)
    with manager, RecordingRenewal(ami), ami:
        yield manager


def enters(channel: str, kind: str = "BridgeEnter") -> dict[str, str]:
    """As Asterisk tells it, of one bridge."""
    return {"Event": kind, "Channel": channel, "BridgeUniqueid": "b"}


def lists(peer: Peer, *channels: str) -> None:
    """Let in, and asked who is in which bridge."""
    peer.let_in()
    lists_again(peer, *channels)


def lists_again(peer: Peer, *channels: str) -> None:
    """Asked who is in which bridge."""
    asked = peer.expect("Status")
    peer.answer(asked, EventList="start")
    own = {"ActionID": asked["ActionID"]}
    for channel in channels:
        peer.say({"Event": "Status", "Channel": channel, "BridgeID": "b", **own})
    peer.say({"Event": "StatusComplete", "EventList": "Complete", **own})


def asks(peer: Peer, recorded: str = FIRST) -> list[str]:
    """What is asked of three channels that hear others: the key goes to the recorded one."""
    told = []
    for _ in range(3):
        asked = peer.expect("Getvar")
        told.append(f"{asked['Variable']} of {asked['Channel']}")
        peer.answer(asked, Value="x" if asked["Channel"] == recorded else "")
        if asked["Channel"] == recorded:
            key = peer.expect("PlayDTMF")
            told.append(f"{key['Digit']} to {key['Channel']}: {key['Receive']}")
            peer.answer(key)
    return told


ASKED = [f"PART of {FIRST}", f"{KEY} to {FIRST}: true", f"PART of {CALLER}", f"PART of {OTHER}"]


def test_whoever_hears_somebody_else_gets_the_key_once() -> None:
    """Only where there is a recording. Two changes in the same moment are one."""
    told: list[str] = []

    def act(peer: Peer) -> None:
        lists(peer, FIRST, CALLER)
        peer.say(enters(OTHER), enters(CALLER, "BridgeLeave"), enters(OTHER))
        told.extend(asks(peer))
        peer.read()

    with renewing(act):
        wait_for(lambda: len(told) == len(ASKED), "a change")
    assert ASKED == told


def test_who_has_gone_meanwhile_is_no_fault() -> None:
    """The next change is told as ever."""
    told: list[str] = []

    def act(peer: Peer) -> None:
        lists(peer, FIRST, CALLER)
        peer.say(enters(CALLER, "BridgeLeave"), enters(OTHER))
        gone = peer.expect("Getvar")
        peer.say({"Response": "Error", "ActionID": gone["ActionID"], "Message": "No such channel"})
        peer.say(enters(OTHER, "BridgeLeave"), enters(CALLER))
        asked = peer.expect("Getvar")
        told.append(asked["Channel"])
        peer.answer(asked, Value="x")
        told.append(peer.expect("PlayDTMF")["Channel"])
        peer.read()

    with renewing(act):
        wait_for(lambda: len(told) == 2, "the next change")
    assert [FIRST, FIRST] == told


def test_who_is_not_answered_for_is_asked_for_once_more_behind_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no third time: whoever else changes is not kept waiting by a channel that Asterisk says nothing of."""
    monkeypatch.setattr(follower, "AGAIN_SECONDS", 0.05)
    told: list[str] = []

    def act(peer: Peer) -> None:
        lists(peer, FIRST, CALLER)
        peer.say(enters(OTHER))
        told.append(peer.expect("Getvar")["Channel"])
        asked = peer.expect("Getvar")
        told.append(asked["Channel"])
        peer.answer(asked, Value="")
        lists_again(peer, FIRST, CALLER, OTHER)
        told.append(peer.expect("Getvar")["Channel"])
        lists_again(peer, FIRST, CALLER, OTHER)
        peer.say(enters(FIRST, "BridgeLeave"))
        told.append(peer.expect("Getvar")["Channel"])
        peer.read()

    with renewing(act, patience=replace(QUICK, reply=1.5)):
        wait_for(lambda: len(told) == 4, "the next change")
    assert [FIRST, CALLER, FIRST, CALLER] == told


def test_what_changed_without_a_connection_is_made_up_for() -> None:
    """Only that: other recordings go on as they are."""
    told: list[Headers] = []

    def first(peer: Peer) -> None:
        lists(peer, FIRST, CALLER)
        peer.close()

    def second(peer: Peer) -> None:
        lists(peer, FIRST, OTHER)
        told.append(peer.expect("Getvar"))
        peer.answer(told[0], Value="")
        peer.read()

    with renewing(first, second):
        wait_for(lambda: told, "a change")
    assert [FIRST] == [one["Channel"] for one in told]
