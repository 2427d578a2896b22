"""A call as a gateway announces it, and as a process holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ivr.calls import Call
from ivr.definition import Flow
from ivr.flow import start
from ivr.turns import Turn
from ivr.waits import PlayOut


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call as a gateway announces it; `carrier_id` is what the carrier behind it calls this one."""

    call_id: str
    gateway: str
    ani: str
    dnis: str
    lang: str | None = None
    carrier_id: str | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """A call in the hands of this process: its flow, the number of its newest turn, that turn, and who calls.

    `kept` is a new PIN while it is asked for again: in memory, and nowhere else.
    """

    call_id: str
    flow: Flow
    seq: int
    turn: Turn
    ani: str = ""
    kept: str | None = field(default=None, repr=False)


def unanswered(arrival: Arrival, flow: Flow) -> Live:
    """A call before its first turn."""
    return Live(arrival.call_id, flow, 0, Turn(start(flow), (), PlayOut()), arrival.ani)


def call_row(arrival: Arrival, flow: Flow, at: datetime) -> Call:
    """The row of a call that begins."""
    return Call(arrival.call_id, arrival.gateway, arrival.ani, arrival.dnis, flow.version, at, arrival.carrier_id)
