"""Who hears whom in Asterisk's bridges, and whose recording has to begin anew because others are heard now.

Asterisk translates what a recorded channel is sent by a translator that is made with the recording, and that drops what
comes with a lower number than before (`ast_translate`). Packets of another telephone have other numbers, by chance:
whoever is joined with somebody else may be recorded without them from then on. `Company` follows the bridges and tells
when that is so. Nothing here knows a connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

# The events that say who is where: `take` knows them.
EVENTS = ("BridgeEnter", "BridgeLeave", "Hangup")
IN_LIST = "Status"
# The variable that names a channel's recording: Asterisk tells of it with each of these events.
RECORDING = "PART"

_LOCAL, _HALVES = "Local/", {";1": ";2", ";2": ";1"}


class Company:
    """Channels in bridges, and whom each recorded one has heard last."""

    def __init__(self) -> None:
        self._bridges: dict[str, str] = {}
        self._members: dict[str, set[str]] = {}
        self._recorded: set[str] = set()
        self._heard: dict[str, frozenset[str]] = {}

    @classmethod
    def of(cls, listed: Iterable[Mapping[str, str]]) -> Self:
        """The company as Status lists it, asked for the variable RECORDING."""
        company = cls()
        for headers in listed:
            if headers.get("Event") == IN_LIST and headers.get("BridgeID"):
                company._enter(headers.get("Channel", ""), headers["BridgeID"], headers.get("Variable", ""))
        for bridge in tuple(company._members):
            company._changed(bridge)
        return company

    @property
    def recorded(self) -> frozenset[str]:
        """The channels whose conversations are recorded."""
        return frozenset(self._recorded)

    def take(self, headers: Mapping[str, str]) -> frozenset[str]:
        """Take an event in: the recorded channels that hear others than before now."""
        channel, bridge = headers.get("Channel", ""), headers.get("BridgeUniqueid", "")
        match headers.get("Event"):
            case "BridgeEnter":
                self._enter(channel, bridge, headers.get("ChanVariable", ""))
            case "BridgeLeave":
                self._leave(channel, bridge)
            case "Hangup":
                self._forget(channel)
                return frozenset()
        return self._changed(bridge)

    def _enter(self, channel: str, bridge: str, variable: str) -> None:
        if before := self._bridges.get(channel):
            self._leave(channel, before)
        self._bridges[channel] = bridge
        self._members.setdefault(bridge, set()).add(channel)
        name, _, value = variable.partition("=")
        if name == RECORDING and value and value != "(null)":
            self._recorded.add(channel)

    def _leave(self, channel: str, bridge: str) -> None:
        members = self._members.get(bridge, set())
        members.discard(channel)
        if not members:
            self._members.pop(bridge, None)
        if self._bridges.get(channel) == bridge:
            del self._bridges[channel]

    def _forget(self, channel: str) -> None:
        if bridge := self._bridges.get(channel):
            self._leave(channel, bridge)
        self._recorded.discard(channel)
        self._heard.pop(channel, None)

    def _changed(self, bridge: str) -> frozenset[str]:
        """Of all whom a bridge joins, those who are recorded and hear others than when they last heard anybody."""
        joined = self._joined(bridge)
        people = frozenset(channel for channel in joined if not channel.startswith(_LOCAL))
        changed = set()
        for channel in joined & self._recorded:
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
