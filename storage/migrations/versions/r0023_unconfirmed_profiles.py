"""Profiles that were never confirmed are found by their state and age, to be removed."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_profiles_state", "profiles", ["state", "created_at"])
