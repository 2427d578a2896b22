"""Calls of people who had everything erased, while a hold still keeps them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ERASED = sa.text("erased_at IS NOT NULL")


def upgrade() -> None:
    """Apply."""
    op.add_column("calls", sa.Column("erased_at", Instant()))
    op.create_index("ix_calls_erased_at", "calls", ["erased_at"], sqlite_where=ERASED, postgresql_where=ERASED)
