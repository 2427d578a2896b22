"""The place in a queue of a caller who was there a moment ago: cut off and dialling again, or back from a menu."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from sqlalchemy import Connection, select

from ivr.calls import calls
from routing import callbacks, visits, waiting
from routing.visits import Visit, queue_visits

# A withheld number is nobody's.
SOMEBODY = re.compile(r"\+?\d{5,}")


def begin_of_wait(
    connection: Connection, call_id: str, queue: str, at: datetime, *, sent_on: bool = False, kept: str | None = None
) -> datetime:
    """When the caller, who joins the queue at `at`, began to wait for it.

    Whoever is sent on by a consultant has waited already, so has whoever was left to a colleague whose telephone has
    gone, whoever is called back (`kept` is the callback), and whoever has just cancelled one. Else the place is found
    again by the call itself or by the caller's number. Several people may call from one number, so each place is given
    back once.
    """
    if kept is not None and (promised := callbacks.find(connection, kept)):
        return promised.enqueued_at
    own = visits.of_call(connection, call_id)
    handed_over = _handed_over(own)
    waited = [visit for visit in own if visit not in handed_over]
    if waited and (sent_on or waiting.kept_place([one for one in own[-1:] if one in handed_over], queue, at)):
        return waited[-1].enqueued_at
    before = (*own, *_from_the_same_number(connection, call_id, at))
    cancelled = [one.enqueued_at for one in callbacks.cancelled_in(connection, call_id, queue)]
    began = min(filter(None, (*cancelled, waiting.kept_place(before, queue, at))), default=None)
    return at if began is None or waiting.is_taken(connection, queue, began) else began


def _handed_over(own: Sequence[Visit]) -> list[Visit]:
    """The stays of colleagues to whom the caller was left: each begins where the conversation before it ended."""
    pairs = pairwise(own)
    return [after for before, after in pairs if before.answered_at and after.enqueued_at == before.left_at]


def _from_the_same_number(connection: Connection, call_id: str, at: datetime) -> tuple[Visit, ...]:
    ani = connection.execute(select(calls.c.ani).where(calls.c.id == call_id)).scalar() or ""
    if not SOMEBODY.fullmatch(ani):
        return ()
    query = (
        select(queue_visits)
        .join(calls, calls.c.id == queue_visits.c.call_id)
        .where((calls.c.ended_at >= at - waiting.PLACE_KEPT) & (calls.c.ani == ani) & (calls.c.id != call_id))
        # Such a place waits for the callback.
        .where(queue_visits.c.outcome.is_distinct_from(waiting.REQUESTED))
    )
    return tuple(Visit(**row._mapping) for row in connection.execute(query))
