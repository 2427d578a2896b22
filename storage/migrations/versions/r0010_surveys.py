"""Surveys after conversations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "survey_offers",
        sa.Column("call_id", sa.String(36), nullable=False),
        sa.Column("topic", sa.String(40), nullable=False),
        sa.Column("callers", sa.String(40), nullable=False),
        sa.Column("lang", sa.String(2), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name="pk_survey_offers"),
    )
    op.create_index("ix_survey_offers_at", "survey_offers", ["at"])
    op.create_table(
        "survey_answers",
        sa.Column("call_id", sa.String(36), nullable=False),
        sa.Column("question", sa.String(40), nullable=False),
        sa.Column("topic", sa.String(40), nullable=False),
        sa.Column("callers", sa.String(40), nullable=False),
        sa.Column("lang", sa.String(2), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("answer", sa.String(1), nullable=False),
        sa.Column("satisfied", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "question", name="pk_survey_answers"),
    )
