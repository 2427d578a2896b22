"""What became of calls in the IVR: who was informed there and asked for nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from ivr.calls import OUTGOING, TERMINAL, calls, turns
from ivr.definition import Flow, Message, Offices
from routing.reporting.days import Period
from routing.reporting.records import Contact

# Ends that are no caller's: the dialplan alone carried the call, or Asterisk died with it.
BROKEN = frozenset({"no-ivr", "lost"})
# How the turn log writes that opening hours were asked for: on the way to consultants.
HOURS_WERE_CHECKED = '"HoursChecked"'
AT_ONCE = 2000

# The names of the prompts that inform, by the version of the menus.
Informing = Callable[[str], frozenset[str]]


def informing(flow: Flow) -> frozenset[str]:
    """The prompts of a service that give information: those of its messages, and addresses of offices."""
    names: set[str] = set()
    for step in flow.steps.values():
        match step:
            case Message(play=play):
                names.update(play)
            case Offices(address=address):
                names.add(address)
            case _:
                pass
    return frozenset(names)


@dataclass(slots=True)
class _Found:
    started_at: datetime
    version: str
    asked: bool
    broken: bool
    said: set[str] = field(default_factory=set)


def contacts_of(connection: Connection, period: Period, informing_prompts: Informing) -> tuple[Contact, ...]:
    """The calls that began in the period and are over, in order."""
    began = calls.c.started_at
    of_period = (began >= period.start) & (began < period.end) & calls.c.ended_at.is_not(None)
    of_period &= calls.c.gateway.not_in((TERMINAL, OUTGOING))
    columns = (calls.c.id, began, calls.c.menu_version, calls.c.topic, calls.c.cause)
    found = {
        row.id: _Found(row.started_at, row.menu_version, row.topic is not None, row.cause in BROKEN)
        for row in connection.execute(select(*columns).where(of_period).order_by(began, calls.c.id))
    }
    # Whoever has a topic has asked for a consultant; only of the others the turns must tell.
    spoken = select(turns.c.call_id, turns.c.prompts, turns.c.events.contains(HOURS_WERE_CHECKED).label("asked"))
    query = spoken.join(calls, calls.c.id == turns.c.call_id).where(of_period, calls.c.topic.is_(None))
    for row in connection.execution_options(yield_per=AT_ONCE).execute(query):
        call = found.get(row.call_id)
        if call is not None:
            call.asked |= bool(row.asked)
            call.said.update(json.loads(row.prompts))
    return tuple(
        Contact(id, call.started_at, bool(call.said & informing_prompts(call.version)), call.asked, call.broken)
        for id, call in found.items()
    )
