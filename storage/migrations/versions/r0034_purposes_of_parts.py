"""What a recorded part of a call is of: a consultant's conversation, or the virtual assistant's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    default = sa.text("'consultant_call'")
    op.add_column("recording_parts", sa.Column("purpose", sa.String(20), nullable=False, server_default=default))
