"""Callbacks are offered and kept: their lines in queues, whose callback a visit is, and what was offered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for column in ("line_at", "met_at", "over_at"):
        op.add_column("callbacks", sa.Column(column, Instant()))
    op.add_column("callbacks", sa.Column("cancelled_in", sa.String(36)))
    op.create_index("ix_callbacks_number", "callbacks", ["number"])
    op.create_index("ix_callbacks_cancelled_in", "callbacks", ["cancelled_in"])
    op.add_column("queue_visits", sa.Column("callback", sa.String(36)))
    op.add_column("wait_estimates", sa.Column("offered", sa.Boolean(), nullable=False, server_default=sa.false()))
