"""Consents that were withdrawn, and when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("consents", sa.Column("withdrawn_at", Instant()))
    op.create_index("ix_consents_withdrawn_at", "consents", ["withdrawn_at"])
