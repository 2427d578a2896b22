"""What commands ask of Asterisk for calls that are under way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "caller_requests",
        sa.Column("call_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("agent", sa.String(20), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("taken", sa.Boolean(name="taken_is_boolean"), nullable=False),
        sa.Column("refusal", sa.String(80)),
        sa.PrimaryKeyConstraint("call_id", "kind", name="pk_caller_requests"),
    )
