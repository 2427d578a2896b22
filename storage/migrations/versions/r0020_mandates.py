"""Mandates: for which payers the person of a profile speaks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "mandates",
        sa.Column("reference", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("claim", sa.String(64), nullable=False),
        sa.Column("payer", sa.LargeBinary, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.PrimaryKeyConstraint("reference", name="pk_mandates"),
        sa.ForeignKeyConstraint(["subject"], ["profiles.subject"], name="fk_mandates_subject_profiles"),
        sa.UniqueConstraint("subject", "claim", name="uq_mandates_subject_claim"),
        sa.CheckConstraint("place >= 1", name=op.f("ck_mandates_place")),
    )
