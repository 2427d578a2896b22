"""Room for the state of a consultant whose caller logs in: awaiting_return."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for table in ("agent_states", "agent_changes"):
        with op.batch_alter_table(table) as changed:
            changed.alter_column("state", existing_type=sa.String(12), type_=sa.String(20), existing_nullable=False)
