"""Profiles and attempts to authenticate as one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "profiles",
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("claim", sa.String(64), nullable=False),
        sa.Column("identifier", sa.LargeBinary, nullable=False),
        sa.Column("pin_hash", sa.String(128), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_profiles"),
        sa.UniqueConstraint("claim", name="uq_profiles_claim"),
        sa.CheckConstraint(
            "state IN ('unconfirmed', 'confirmed', 'suspended', 'blocked', 'closed')", name=op.f("ck_profiles_state")
        ),
    )
    op.create_table(
        "auth_attempts",
        sa.Column("call_id", sa.String(36), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("claim", sa.String(64), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "seq", name="pk_auth_attempts"),
        sa.CheckConstraint("outcome IN ('pending', 'accepted', 'refused')", name=op.f("ck_auth_attempts_outcome")),
    )
