"""What waiting callers were told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0008"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "wait_estimates",
        sa.Column("call_id", sa.String(36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer()),
        sa.Column("handling_seconds", sa.Float(), nullable=False),
        sa.Column("consultants", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "seq", "number", name="pk_wait_estimates"),
    )
