"""How consultants' states changed, with the state in which each of them began a period."""

from __future__ import annotations

from sqlalchemy import Connection, select

from routing.agent_states import agent_changes, agent_states, current
from routing.reporting.days import Period
from routing.reporting.records import Change

_LOG = agent_changes.c
_CHANGE = select(_LOG.agent, _LOG.state, _LOG.reason, _LOG.at).order_by(_LOG.at, _LOG.id)


def states_now(connection: Connection) -> dict[str, str]:
    """The state of every consultant that is on record."""
    return {change.agent: change.state for change in current(connection)}


def changes_of(connection: Connection, period: Period) -> tuple[Change, ...]:
    """The changes in the period, and of each consultant the last one before it."""
    earlier = agent_changes.alias("earlier").c
    # Consultant by consultant: whoever changed nothing for weeks is found as quickly as the others.
    of_each = select(earlier.id).where(earlier.agent == agent_states.c.agent, earlier.at < period.start)
    last = of_each.order_by(earlier.at.desc(), earlier.id.desc()).limit(1).correlate(agent_states).scalar_subquery()
    before = _CHANGE.where(_LOG.id.in_(select(last).select_from(agent_states)))
    inside = _CHANGE.where(_LOG.at >= period.start, _LOG.at < period.end)
    return tuple(Change(*row) for query in (before, inside) for row in connection.execute(query))
