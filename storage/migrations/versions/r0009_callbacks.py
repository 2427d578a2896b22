"""Callbacks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "callbacks",
        sa.Column("call_id", sa.String(36), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("queue", sa.String(40), nullable=False),
        sa.Column("topic", sa.String(40), nullable=False),
        sa.Column("lang", sa.String(2), nullable=False),
        sa.Column("enqueued_at", Instant(), nullable=False),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", Instant()),
        sa.PrimaryKeyConstraint("call_id", name="pk_callbacks"),
        sa.CheckConstraint("state IN ('waiting', 'kept', 'not_reached', 'cancelled')", name=op.f("ck_callbacks_state")),
    )
    op.create_index("ix_callbacks_next_try_at", "callbacks", ["next_try_at"])
