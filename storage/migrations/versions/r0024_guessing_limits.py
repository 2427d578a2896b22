"""Limits on guessing PINs: failures at identifiers, token buckets, and attempts that were refused by them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

OUTCOMES = "outcome IN ('pending', 'accepted', 'refused', 'limited')"


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("auth_attempts") as attempts:
        attempts.drop_constraint(op.f("ck_auth_attempts_outcome"), type_="check")
        attempts.create_check_constraint(op.f("ck_auth_attempts_outcome"), OUTCOMES)
    op.create_table(
        "auth_failures",
        sa.Column("claim", sa.String(64), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("claim", name="pk_auth_failures"),
        sa.CheckConstraint("failures >= 1", name=op.f("ck_auth_failures_failures")),
    )
    op.create_index("ix_auth_failures_last_at", "auth_failures", ["last_at"])
    op.create_table(
        "auth_buckets",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("full_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_auth_buckets"),
    )
    op.create_index("ix_auth_buckets_full_at", "auth_buckets", ["full_at"])
