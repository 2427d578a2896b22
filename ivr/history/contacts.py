"""What became of calls in the IVR: who was informed there and asked for nobody."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

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
    informed: bool
    broken: bool
    said: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Facts:
    """What reports need of a call's turn log."""

    informed: bool
    asked: bool


def contacts_of(connection: Connection, period: Period, informing_prompts: Informing) -> tuple[Contact, ...]:
    """The calls that began in the period and are over, in order."""
    began = calls.c.started_at
    of_period = (began >= period.start) & (began < period.end) & calls.c.ended_at.is_not(None)
    of_period &= calls.c.gateway.not_in((TERMINAL, OUTGOING))
    found = _found(connection, of_period, informing_prompts)
    return tuple(Contact(id, call.started_at, call.informed, call.asked, call.broken) for id, call in found.items())


def facts_of(connection: Connection, ids: Sequence[str], informing_prompts: Informing) -> Mapping[str, Facts]:
    """What reports need of the turn logs of these calls, by call: to be kept when those go."""
    found = _found(connection, calls.c.id.in_(ids), informing_prompts)
    return {id: Facts(call.informed, call.asked) for id, call in found.items()}


def _found(connection: Connection, which: ColumnElement[bool], informing_prompts: Informing) -> dict[str, _Found]:
    began, kept = calls.c.started_at, calls.c
    columns = (kept.id, began, kept.menu_version, kept.topic, kept.cause, kept.informed, kept.asked)
    found = {
        row.id: _Found(
            started_at=row.started_at,
            version=row.menu_version,
            asked=row.topic is not None or bool(row.asked),
            informed=bool(row.informed),
            broken=row.cause in BROKEN,
        )
        for row in connection.execute(select(*columns).where(which).order_by(began, calls.c.id))
    }
    # Whoever has a topic has asked for a consultant; only of the others the turns must tell.
    spoken = select(turns.c.call_id, turns.c.prompts, turns.c.events.contains(HOURS_WERE_CHECKED).label("asked"))
    query = spoken.join(calls, calls.c.id == turns.c.call_id).where(which, calls.c.topic.is_(None))
    for row in connection.execute(query.execution_options(yield_per=AT_ONCE)):
        call = found.get(row.call_id)
        if call is not None:
            call.asked |= bool(row.asked)
            call.said.update(json.loads(row.prompts))
    for call in found.values():
        call.informed |= bool(call.said & informing_prompts(call.version))
    return found
