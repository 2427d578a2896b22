"""Of callers only those of imported recordings are indexed; the others are found by their calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_IMPORTED = sa.text("call_id IS NULL")


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_recordings_caller", "recordings")
    op.create_index(
        "ix_recordings_caller", "recordings", ["caller"], sqlite_where=_IMPORTED, postgresql_where=_IMPORTED
    )
