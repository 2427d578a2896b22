"""Who waits in app_queue, and who is to look whether it is their turn once a consultant is free.

Of its own accord each caller in app_queue looks once a second (RECHECK in apps/app_queue.c), so a consultant who has
just become free waits for whichever of them looks first. `Lines` turns what Asterisk tells into the callers who are to
look at once: in each queue of that consultant the first who is not already being connected. Whether it is their turn is
app_queue's to say. Nothing here knows a clock or a connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Self

from routing import members
from routing.members import Device, Membership

# The events that say something of a line: `take` knows them.
EVENTS = (
    *("QueueMemberAdded", "QueueMemberStatus", "QueueMemberPause"),
    *("QueueCallerJoin", "QueueCallerLeave", "AgentCalled", "AgentRingNoAnswer"),
)
IN_LIST = "QueueEntry"
# Who was sent to look rings a consultant within so long, or was not to be served.
LOOKED_AFTER = timedelta(seconds=0.3)


class Lines:
    """The lines of callers, who are known by their channels, by queue."""

    def __init__(self) -> None:
        self._callers: dict[str, list[str]] = {}
        self._ringing: set[str] = set()
        self._sent: dict[str, datetime] = {}

    @classmethod
    def of(cls, listed: Iterable[Mapping[str, str]]) -> Self:
        """The lines as QueueStatus lists them."""
        lines = cls()
        for headers in listed:
            if headers.get("Event") == IN_LIST:
                lines._join(headers)
        return lines

    def take(self, headers: Mapping[str, str], at: datetime) -> str | None:
        """Take an event in that came at that time: the channel of the caller who is to look now."""
        queue, channel = headers.get("Queue", ""), headers.get("Channel", "")
        match headers.get("Event"):
            case "QueueCallerJoin":
                self._join(headers)
            case "QueueCallerLeave":
                self._leave(queue, channel)
            case "AgentCalled":
                self._ringing.add(channel)
            case "AgentRingNoAnswer":
                self._ringing.discard(channel)
            case "QueueMemberAdded" | "QueueMemberStatus" | "QueueMemberPause":
                return self._first(queue, at) if _is_free(members.membership_of(headers)) else None
        return None

    def _first(self, queue: str, at: datetime) -> str | None:
        """The first caller who is neither being connected nor looking already."""
        for channel in self._callers.get(queue, ()):
            sent = self._sent.get(channel)
            if channel not in self._ringing and (sent is None or at - sent >= LOOKED_AFTER):
                self._sent[channel] = at
                return channel
        return None

    def _join(self, headers: Mapping[str, str]) -> None:
        line = self._callers.setdefault(headers.get("Queue", ""), [])
        line.insert(max(members.number_of(headers, "Position") - 1, 0), headers.get("Channel", ""))

    def _leave(self, queue: str, channel: str) -> None:
        line = self._callers.get(queue, [])
        if channel in line:
            line.remove(channel)
        self._ringing.discard(channel)
        self._sent.pop(channel, None)


def _is_free(member: Membership) -> bool:
    return member.device is Device.NOT_INUSE and not member.paused and not member.in_call
