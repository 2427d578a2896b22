"""What Asterisk says of queues' members -> what state each agent is in.

Asterisk tells of memberships, one per agent and queue; an agent is in one state. A member's name is the agent's number,
its interface the telephone at which the agent sits. `take` and `found` turn Asterisk's words into what is known of an
agent, `state_of` turns that into a state. Nothing here knows a clock or a connection.

What app_queue does (apps/app_queue.c, Asterisk 22): it tells of a telephone's state for each queue in turn. A telephone
that is being called is in use even before it rings, so what rings and what talks is told by the queue (AgentCalled,
AgentConnect). A wrap-up is a pause of that name: the dialplan begins it before the telephone is idle, and ends it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

LOGGED_OUT, AVAILABLE, RINGING = "logged_out", "available", "ringing"
ON_CALL, WRAP_UP, ON_BREAK = "on_call", "wrap_up", "on_break"
# The caller logs in in the middle of the conversation: a pause of that name, begun and ended by the dialplan.
AWAITING_RETURN = "awaiting_return"

# A pause of this reason is a log-out: members from the start cannot leave their queues.
LOGGED_OUT_PAUSE = "logged-out"

# Reasons that are no agent's own: the telephone cannot be reached; a call that no queue has brought.
UNREACHABLE, DIRECT = "unreachable", "direct"

# The events that say something of a member: `take` knows them.
EVENTS = (
    *("QueueMemberAdded", "QueueMemberRemoved", "QueueMemberStatus", "QueueMemberPause"),
    *("AgentCalled", "AgentConnect"),
)
IN_LIST = "QueueMember"

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,20}")
_INTERFACE = re.compile(r"[A-Za-z0-9]+/([A-Za-z0-9_.-]{1,20})")


class Device(IntEnum):
    """The states of a telephone (include/asterisk/devicestate.h)."""

    UNKNOWN = 0
    NOT_INUSE = 1
    INUSE = 2
    BUSY = 3
    INVALID = 4
    UNAVAILABLE = 5
    RINGING = 6
    RINGINUSE = 7
    ONHOLD = 8


_IN_USE = (Device.INUSE, Device.BUSY, Device.RINGINUSE, Device.ONHOLD)
_GONE = (Device.UNKNOWN, Device.INVALID, Device.UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class AgentState:
    """What an agent does; `reason` is the one of a break, or why nobody can be reached."""

    state: str
    reason: str = ""


NOBODY = AgentState(LOGGED_OUT)


@dataclass(frozen=True, slots=True)
class Membership:
    """An agent in a queue; `reason` is the one of the pause."""

    device: Device
    in_call: bool
    paused: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Agent:
    """What is known of an agent: memberships by queue, and the telephone.

    `offered` is set while a queue's call is with the telephone, `rang` once it has been heard to ring.
    """

    memberships: Mapping[str, Membership] = field(default_factory=dict)
    offered: bool = False
    rang: bool = False
    telephone: str = ""


def agent_of(headers: Mapping[str, str]) -> str | None:
    """The number of the agent that an event is about, or None if it is about none."""
    name = headers.get("MemberName") or headers.get("Name") or ""
    return name if _NAME.fullmatch(name) else None


def _telephone_of(headers: Mapping[str, str]) -> str:
    found = _INTERFACE.match(headers.get("Interface") or headers.get("Location") or "")
    return found[1] if found else ""


def found(members: Iterable[Mapping[str, str]]) -> dict[str, Agent]:
    """Every agent of the list that QueueStatus gives, by number."""
    agents: dict[str, Agent] = {}
    for headers in members:
        number, queue = agent_of(headers), headers.get("Queue", "")
        if number is None or headers.get("Event") != IN_LIST:
            continue
        agent, membership = agents.get(number, Agent()), membership_of(headers)
        agent = replace(agent, memberships={**agent.memberships, queue: membership}, telephone=_telephone_of(headers))
        agents[number] = _connected(agent) if membership.in_call else agent
    return agents


def take(agent: Agent, headers: Mapping[str, str]) -> Agent:
    """What is known of the agent after an event."""
    queue = headers.get("Queue", "")
    match headers.get("Event"):
        case "QueueMemberRemoved":
            return replace(agent, memberships={name: one for name, one in agent.memberships.items() if name != queue})
        case "QueueMemberAdded" | "QueueMemberStatus" | "QueueMemberPause":
            agent = replace(agent, telephone=_telephone_of(headers))
            return _told(agent, {**agent.memberships, queue: membership_of(headers)})
        case "AgentCalled":
            return replace(agent, offered=True, rang=False)
        case "AgentConnect" if queue in agent.memberships:
            talking = replace(agent.memberships[queue], in_call=True)
            return _connected(replace(agent, memberships={**agent.memberships, queue: talking}))
        case _:
            return agent


def _told(agent: Agent, memberships: Mapping[str, Membership]) -> Agent:
    devices = {one.device for one in memberships.values()}
    # The call is over once every queue has heard that the telephone is idle.
    offered = agent.offered and devices != {Device.NOT_INUSE}
    rang = offered and (agent.rang or Device.RINGING in devices)
    return replace(agent, memberships=memberships, offered=offered, rang=rang)


def _connected(agent: Agent) -> Agent:
    return replace(agent, offered=True, rang=True)


def state_of(agent: Agent) -> AgentState:
    """The state that the agent is in."""
    memberships = agent.memberships.values()
    devices = {one.device for one in memberships}
    if not memberships:
        return NOBODY
    if any(one.in_call for one in memberships):
        return AgentState(AWAITING_RETURN if _is_awaiting(agent) else ON_CALL)
    if Device.RINGING in devices:
        return AgentState(RINGING)
    if not devices.isdisjoint(_IN_USE):
        return _in_use(agent)
    if devices.issubset(_GONE):
        return AgentState(LOGGED_OUT, UNREACHABLE)
    return _paused(agent) if all(one.paused for one in memberships) else AgentState(AVAILABLE)


def _is_awaiting(agent: Agent) -> bool:
    return any(one.paused and one.reason == AWAITING_RETURN for one in agent.memberships.values())


def _in_use(agent: Agent) -> AgentState:
    if not agent.offered:
        return AgentState(ON_CALL, DIRECT)
    return AgentState(ON_CALL if agent.rang else RINGING)


def _paused(agent: Agent) -> AgentState:
    reason = next((one.reason for one in agent.memberships.values() if one.reason), "")
    if reason == LOGGED_OUT_PAUSE:
        return NOBODY
    return AgentState(WRAP_UP) if reason == WRAP_UP else AgentState(ON_BREAK, reason)


def membership_of(headers: Mapping[str, str]) -> Membership:
    """What an event says of an agent in a queue."""
    device = number_of(headers, "Status")
    return Membership(
        device=Device(device) if device in list(Device) else Device.UNKNOWN,
        in_call=headers.get("InCall") == "1",
        paused=headers.get("Paused") == "1",
        reason=headers.get("PausedReason", "")[:40] if headers.get("Paused") == "1" else "",
    )


def number_of(headers: Mapping[str, str], name: str) -> int:
    """A header that is a number; 0 where there is none."""
    text = headers.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 11 else 0
