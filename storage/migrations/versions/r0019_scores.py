"""Scores of recordings, samples that are drawn for them, and indexes to find conversations by day and consultant."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _scores()
    _samples()
    op.create_index("ix_recordings_ended_at", "recordings", ["ended_at", "id"])
    op.create_index("ix_recordings_consultant", "recordings", ["consultant", "ended_at", "id"])


def _scores() -> None:
    op.create_table(
        "recording_scores",
        sa.Column("recording_id", sa.String(36), primary_key=True),
        sa.Column("scored_by", sa.String(60), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("scored_at", Instant(), nullable=False),
        sa.Column("correctness", sa.Integer(), nullable=False),
        sa.Column("service", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Boolean(name="drawn_is_boolean"), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("topic", sa.String(40)),
        sa.Column("queue", sa.String(40)),
        sa.Column("consultant", sa.String(40)),
        sa.CheckConstraint("correctness BETWEEN 1 AND 5", name="correctness"),
        sa.CheckConstraint("service BETWEEN 1 AND 5", name="service"),
    )
    op.create_index("ix_recording_scores_scored_at", "recording_scores", ["scored_at"])


def _samples() -> None:
    op.create_table(
        "recording_samples",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("drawn_at", Instant(), nullable=False),
        sa.Column("drawn_by", sa.String(60), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("topic", sa.String(40)),
        sa.Column("each", sa.Integer(), nullable=False),
        sa.Column("shortest", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(60), nullable=False),
    )
    op.create_index("ix_recording_samples_drawn_at", "recording_samples", ["drawn_at"])
    op.create_table(
        "sampled_recordings",
        sa.Column("sample_id", sa.String(36), primary_key=True),
        sa.Column("recording_id", sa.String(36), primary_key=True),
    )
    op.create_index("ix_sampled_recordings_recording_id", "sampled_recordings", ["recording_id"])
