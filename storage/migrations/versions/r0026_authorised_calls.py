"""Calls in which a consultant has asked control questions: when, who, and which kinds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("calls", sa.Column("authorised_at", Instant()))
    op.add_column("calls", sa.Column("authorised_by", sa.String(20)))
    op.add_column("calls", sa.Column("authorised_questions", sa.String(400)))
