"""Who hears whom in Asterisk's bridges, and who hears others than before: a recording of them has to begin anew.

Asterisk translates what a recorded channel is sent by a translator that is made with the recording, and that drops what
comes with a lower number than before (`ast_translate`). Packets of another telephone have other numbers, by chance:
whoever is joined with somebody else may be recorded without them from then on. `Company` follows the bridges and tells
when that is so. Nothing here knows a connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# The events that say who is where: `take` knows them.
EVENTS = ("BridgeEnter", "BridgeLeave", "Hangup")
IN_LIST = "Status"

_LOCAL, _HALVES = "Local/", {";1": ";2", ";2": ";1"}


class Company:
    """Channels in bridges, and whom each of them has heard last."""

    def __init__(self) -> None:
        self._bridges: dict[str, str] = {}
        self._members: dict[str, set[str]] = {}
        self._heard: dict[str, frozenset[str]] = {}

    def read(self, listed: Iterable[Mapping[str, str]]) -> frozenset[str]:
        """Take in what Status lists: the channels that hear others than when they were last told of."""
        there = [headers for headers in listed if headers.get("Event") == IN_LIST]
        channels = {headers.get("Channel", "") for headers in there}
        self._bridges, self._members = {}, {}
        self._heard = {channel: heard for channel, heard in self._heard.items() if channel in channels}
        for headers in there:
            if bridge := headers.get("BridgeID"):
                self._enter(headers.get("Channel", ""), bridge)
        return frozenset().union(*map(self._changed, self._members))

    def take(self, headers: Mapping[str, str]) -> frozenset[str]:
        """Take an event in: the channels that hear others than before now."""
        channel, bridge = headers.get("Channel", ""), headers.get("BridgeUniqueid", "")
        match headers.get("Event"):
            case "BridgeEnter":
                self._enter(channel, bridge)
            case "BridgeLeave":
                self._leave(channel, bridge)
            case "Hangup":
                bridge = self._bridges.get(channel, "")
                self._leave(channel, bridge)
                self._heard.pop(channel, None)
        # Who leaves a Local channel's one end is no longer heard at the other.
        return self._changed(bridge) | self._changed(self._bridges.get(_other_half(channel), ""))

    def _enter(self, channel: str, bridge: str) -> None:
        if before := self._bridges.get(channel):
            self._leave(channel, before)
        self._bridges[channel] = bridge
        self._members.setdefault(bridge, set()).add(channel)

    def _leave(self, channel: str, bridge: str) -> None:
        members = self._members.get(bridge, set())
        members.discard(channel)
        if not members:
            self._members.pop(bridge, None)
        if self._bridges.get(channel) == bridge:
            del self._bridges[channel]

    def _changed(self, bridge: str) -> frozenset[str]:
        """Of all whom a bridge joins, those who hear others than when they last heard anybody."""
        joined = self._joined(bridge)
        people = frozenset(channel for channel in joined if not channel.startswith(_LOCAL))
        changed = set()
        for channel in joined:
            heard = people - {channel}
            if heard and heard != self._heard.get(channel, heard):
                changed.add(channel)
            if heard:
                self._heard[channel] = heard
        return frozenset(changed)

    def _joined(self, bridge: str) -> set[str]:
        """The channels of a bridge and of all that Local channels join with it."""
        joined: set[str] = set()
        bridges = {bridge}
        while bridges:
            for channel in self._members.get(bridges.pop(), set()) - joined:
                joined.add(channel)
                if other := self._bridges.get(_other_half(channel)):
                    bridges.add(other)
        return joined


def _other_half(channel: str) -> str:
    """The channel at the other end of a Local one; nothing of any other."""
    return channel[:-2] + _HALVES.get(channel[-2:], "") if channel.startswith(_LOCAL) else ""
