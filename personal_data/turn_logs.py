"""Turn logs may go long before their calls: what reports need of them is kept, and no report changes.

That is whether the caller was informed in the IVR and asked for a consultant (kept with the call), and when the call
came into each queue (kept with the stay): no key that was pressed, no number, nothing that was said.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, select, update

from ivr.calls import calls, turns
from ivr.history.contacts import Informing, facts_of
from routing.visits import queue_visits


def take_out_turns(connection: Connection, ids: Sequence[str], informing: Informing) -> None:
    """Take out the turn logs of these calls, in the caller's transaction, and keep what reports need."""
    facts = facts_of(connection, ids, informing)
    rows = [{"call": id, "informed": one.informed, "asked": one.asked} for id, one in facts.items()]
    connection.execute(update(calls).where(calls.c.id == bindparam("call")), rows)
    visit = queue_visits.c
    came = select(turns.c.at).where(turns.c.call_id == visit.call_id, turns.c.seq == visit.seq).scalar_subquery()
    connection.execute(update(queue_visits).where(visit.call_id.in_(ids), came.is_not(None)).values(joined_at=came))
    connection.execute(delete(turns).where(turns.c.call_id.in_(ids)))
