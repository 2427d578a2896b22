"""Stays in queues by the day that they began and ended on, for reports."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_queue_visits_enqueued_at", "queue_visits", ["enqueued_at"])
    op.create_index("ix_queue_visits_left_at", "queue_visits", ["left_at"])
