"""Consultants' states: now, and how they changed. Empty where nothing records them."""

from __future__ import annotations

from sqlalchemy import Connection, String, column, func, inspect, select, table

from routing.reporting.days import Period
from routing.reporting.records import Change
from storage.database import Instant

agent_states = table(
    "agent_states", column("agent", String), column("state", String), column("reason", String), column("since", Instant)
)
agent_changes = table(
    "agent_changes", column("agent", String), column("state", String), column("reason", String), column("at", Instant)
)


def states_now(connection: Connection) -> dict[str, str]:
    """The state of every consultant that is on record."""
    if not _is_there(connection, agent_states.name):
        return {}
    return {row.agent: row.state for row in connection.execute(select(agent_states.c.agent, agent_states.c.state))}


def changes_of(connection: Connection, period: Period) -> tuple[Change, ...]:
    """The changes in the period, and before them, of each consultant, the state that they began it in."""
    if not _is_there(connection, agent_changes.name):
        return ()
    earlier = agent_changes.alias("earlier")
    before = select(func.max(earlier.c.at)).where(earlier.c.agent == agent_states.c.agent, earlier.c.at < period.start)
    at = agent_changes.c.at
    began_in = (
        select(agent_changes)
        .join(agent_states, agent_states.c.agent == agent_changes.c.agent)
        .where(at == before.correlate(agent_states).scalar_subquery())
    )
    inside = select(agent_changes).where((at >= period.start) & (at < period.end)).order_by(at)
    rows = (*connection.execute(began_in), *connection.execute(inside))
    return tuple(Change(row.agent, row.state, row.reason, row.at) for row in rows)


def _is_there(connection: Connection, name: str) -> bool:
    return inspect(connection).has_table(name)
