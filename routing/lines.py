"""Who waits in app_queue, and who is to look whether it is their turn once a consultant is free.

Of its own accord each caller in app_queue looks once a second (RECHECK in apps/app_queue.c), so a consultant who has
just become free waits for whichever of them looks first. `Lines` turns what Asterisk tells into the callers who are to
look at once: in each queue of that consultant the first who is not already being connected. Whether it is their turn is
app_queue's to say. Nothing here knows a clock or a connection.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Self

from routing import members
from routing.members import Device, Membership, WrapUp

# The events that say something of a line: `take` knows them.
EVENTS = (
    *("QueueMemberAdded", "QueueMemberRemoved", "QueueMemberStatus", "QueueMemberPause"),
    *("QueueCallerJoin", "QueueCallerLeave", "AgentCalled", "AgentRingNoAnswer"),
)
IN_LIST = "QueueEntry"
# Who was sent to look rings a consultant within so long, or was not to be served.
LOOKED_AFTER = timedelta(seconds=0.3)


class Lines:
    """The lines of callers, who are known by their channels, and the consultants they wait for, by queue."""

    def __init__(self, wrap_up: WrapUp) -> None:
        self._wrap_up = wrap_up
        self._callers: dict[str, list[str]] = {}
        self._members: dict[tuple[str, str], Membership] = {}
        self._ringing: set[str] = set()
        self._sent: dict[str, datetime] = {}
        # When somebody's wrap-up is over in a queue.
        self._ends: list[tuple[datetime, str, str]] = []

    @classmethod
    def of(cls, listed: Iterable[Mapping[str, str]], wrap_up: WrapUp) -> Self:
        """The lines as QueueStatus lists them."""
        lines = cls(wrap_up)
        for headers in listed:
            if headers.get("Event") == IN_LIST:
                lines._join(headers)
            elif headers.get("Event") == members.IN_LIST and (agent := members.agent_of(headers)):
                lines._members[headers.get("Queue", ""), agent] = members.membership_of(headers)
        return lines

    def take(self, headers: Mapping[str, str], at: datetime) -> tuple[str, ...]:
        """Take an event in that came at that time: the channels of the callers who are to look now."""
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
            case "QueueMemberRemoved":
                self._members.pop((queue, members.agent_of(headers) or ""), None)
            case "QueueMemberAdded" | "QueueMemberStatus" | "QueueMemberPause":
                return self._told_of(queue, members.agent_of(headers) or "", members.membership_of(headers), at)
        return ()

    @property
    def next_end(self) -> datetime | None:
        """When the next wrap-up is over."""
        return self._ends[0][0] if self._ends else None

    def ended(self, at: datetime) -> tuple[str, ...]:
        """Whose turn it may be because wrap-ups were over by then."""
        found: list[str] = []
        while self._ends and self._ends[0][0] <= at:
            _, queue, agent = heapq.heappop(self._ends)
            member = self._members.get((queue, agent))
            if member is not None and _is_idle(member) and self._end_of_wrap_up(queue, member) <= at:
                found += self._first(queue, at)
        return tuple(found)

    def _told_of(self, queue: str, agent: str, member: Membership, at: datetime) -> tuple[str, ...]:
        self._members[queue, agent] = member
        if not _is_idle(member):
            return ()
        end = self._end_of_wrap_up(queue, member)
        if end <= at:
            return self._first(queue, at)
        heapq.heappush(self._ends, (end, queue, agent))
        return ()

    def _end_of_wrap_up(self, queue: str, member: Membership) -> datetime:
        return datetime.fromtimestamp(member.last_call + (member.wrap_up or self._wrap_up(queue)), UTC)

    def _first(self, queue: str, at: datetime) -> tuple[str, ...]:
        """The first caller who is neither being connected nor looking already."""
        for channel in self._callers.get(queue, ()):
            sent = self._sent.get(channel)
            if channel not in self._ringing and (sent is None or at - sent >= LOOKED_AFTER):
                self._sent[channel] = at
                return (channel,)
        return ()

    def _join(self, headers: Mapping[str, str]) -> None:
        line = self._callers.setdefault(headers.get("Queue", ""), [])
        line.insert(max(members.number_of(headers, "Position") - 1, 0), headers.get("Channel", ""))

    def _leave(self, queue: str, channel: str) -> None:
        line = self._callers.get(queue, [])
        if channel in line:
            line.remove(channel)
        self._ringing.discard(channel)
        self._sent.pop(channel, None)


def _is_idle(member: Membership) -> bool:
    return member.device is Device.NOT_INUSE and not member.paused and not member.in_call
