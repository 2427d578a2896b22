"""When a recording paused, since its caller was logging in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("recording_parts", sa.Column("pauses", sa.Text(), nullable=False, server_default=sa.text("''")))
