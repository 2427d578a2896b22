"""What each agent does now, and every change of it: the tables that lists and figures are made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, Index, Integer, String, Table, insert, select, text

from routing.members import AgentState
from storage.database import Instant, metadata
from storage.upsert import upsert

agent_states = Table(
    "agent_states",
    metadata,
    Column("agent", String(20), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("since", Instant, nullable=False),
    Column("telephone", String(20), nullable=False, server_default=text("''")),
)

agent_changes = Table(
    "agent_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("agent", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("at", Instant, nullable=False),
    Column("telephone", String(20), nullable=False, server_default=text("''")),
    Index("ix_agent_changes_at", "at"),
    Index("ix_agent_changes_agent_at", "agent", "at"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """An agent came into a state (members.LOGGED_OUT ... ON_BREAK) at a moment; who moves to another telephone as well.

    `telephone` is the extension at which they sit, empty for who is logged out.
    """

    agent: str
    state: str
    reason: str
    at: datetime
    telephone: str = ""

    @property
    def into(self) -> AgentState:
        """The state."""
        return AgentState(self.state, self.reason)


def write(connection: Connection, changes: Iterable[Change]) -> None:
    """Log the changes, which are in order, and keep the last of each agent as what they do now."""
    rows = [asdict(change) for change in changes]
    if not rows:
        return
    connection.execute(insert(agent_changes), rows)
    last = {row["agent"]: {"since" if name == "at" else name: value for name, value in row.items()} for row in rows}
    statement = upsert(connection, agent_states, key=("agent",), changing=("state", "reason", "since", "telephone"))
    connection.execute(statement, list(last.values()))


def current(connection: Connection) -> tuple[Change, ...]:
    """What each agent does, where and since when, by number."""
    query = select(agent_states).order_by(agent_states.c.agent)
    return tuple(
        Change(row.agent, row.state, row.reason, row.since, row.telephone) for row in connection.execute(query)
    )


def changes(connection: Connection, since: datetime, until: datetime) -> tuple[Change, ...]:
    """The changes from `since` to before `until`, in order."""
    table = agent_changes.c
    query = select(table.agent, table.state, table.reason, table.at, table.telephone).where(
        table.at >= since, table.at < until
    )
    return tuple(Change(**row._mapping) for row in connection.execute(query.order_by(table.at, table.id)))
