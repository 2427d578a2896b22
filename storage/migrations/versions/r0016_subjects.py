"""Whose calls they are: the profile that was authenticated, and the way to all calls of a number."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BATCH = 500

CALLS = sa.table("calls", sa.column("id"), sa.column("auth_level"), sa.column("subject"))
TURNS = sa.table("turns", sa.column("call_id"), sa.column("seq"), sa.column("state"))


def upgrade() -> None:
    """Apply."""
    op.add_column("calls", sa.Column("subject", sa.String(32)))
    op.create_index("ix_calls_subject", "calls", ["subject"])
    op.create_index("ix_calls_ani", "calls", ["ani"])
    _tell_whose_they_are(op.get_bind())


def _tell_whose_they_are(connection: sa.Connection) -> None:
    """From the last turn of each authenticated call. One that cannot be read is nobody's."""
    later = TURNS.alias("later")
    last = ~sa.exists().where(later.c.call_id == TURNS.c.call_id, later.c.seq > TURNS.c.seq)
    joined = TURNS.join(CALLS, CALLS.c.id == TURNS.c.call_id)
    states = sa.select(CALLS.c.id, TURNS.c.state).select_from(joined)
    after = ""
    while page := connection.execute(
        states.where(last, CALLS.c.auth_level != "none", CALLS.c.id > after).order_by(CALLS.c.id).limit(BATCH)
    ).all():
        for row in page:
            if subject := _subject(row.state):
                connection.execute(sa.update(CALLS).where(CALLS.c.id == row.id).values(subject=subject))
        after = page[-1].id


def _subject(state: str) -> str | None:
    try:
        found = json.loads(state).get("subject")
    except (ValueError, AttributeError):
        return None
    return found if isinstance(found, str) else None
