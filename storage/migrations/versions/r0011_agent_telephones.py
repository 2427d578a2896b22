"""At which telephone each agent sits: people log in at any."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Until now everybody sat at the telephone of their own number."""
    for table in ("agent_states", "agent_changes"):
        op.add_column(table, sa.Column("telephone", sa.String(20), nullable=False, server_default=sa.text("''")))
        op.execute(f"UPDATE {table} SET telephone = agent WHERE NOT (state = 'logged_out' AND reason = '')")
