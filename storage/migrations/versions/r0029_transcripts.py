"""Transcripts of recordings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "recording_transcripts",
        sa.Column("recording_id", sa.String(36), primary_key=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("model", sa.String(80), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("fault", sa.String(200)),
    )
