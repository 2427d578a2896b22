"""Calls that a carrier brings: what it calls each, and the turn and channel by which Asterisk has taken it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

CARRIED = sa.text("carrier_id IS NOT NULL")


def upgrade() -> None:
    """Apply."""
    op.add_column("calls", sa.Column("carrier_id", sa.String(64)))
    op.add_column("calls", sa.Column("carrier_leg", sa.Integer()))
    op.add_column("calls", sa.Column("carrier_channel", sa.String(150)))
    op.create_index(
        "ix_calls_carrier_id", "calls", ["carrier_id"], unique=True, sqlite_where=CARRIED, postgresql_where=CARRIED
    )
