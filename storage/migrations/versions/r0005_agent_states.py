"""What each agent does, and every change of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "agent_states",
        sa.Column("agent", sa.String(20), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("agent", name="pk_agent_states"),
    )
    op.create_table(
        "agent_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent", sa.String(20), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_agent_changes"),
    )
    op.create_index("ix_agent_changes_at", "agent_changes", ["at"])
    op.create_index("ix_agent_changes_agent_at", "agent_changes", ["agent", "at"])
