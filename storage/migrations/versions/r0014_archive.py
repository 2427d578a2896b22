"""Recordings that are kept: the catalogue, runs of the retention job, holds, tombstones, and what was not taken in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _catalogue()
    _retention()
    _destroyed()
    _settled()


def _catalogue() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("origin", sa.String(120), nullable=False, unique=True),
        sa.Column("call_id", sa.String(36)),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("topic", sa.String(40)),
        sa.Column("queue", sa.String(40)),
        sa.Column("consultant", sa.String(40)),
        sa.Column("level", sa.String(20)),
        sa.Column("caller", sa.String(40)),
        sa.Column("ended_at", Instant(), nullable=False),
        sa.Column("taken_in_at", Instant(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(8), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("level_dbfs", sa.Float()),
        sa.Column("silence", sa.Float()),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.Column("policy", sa.String(60), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("decision", sa.String(120)),
    )
    op.create_index("ix_recordings_call_id", "recordings", ["call_id"])
    op.create_index("ix_recordings_caller", "recordings", ["caller"])
    op.create_index("ix_recordings_due", "recordings", ["state", "keep_until", "id"])


def _retention() -> None:
    op.create_table(
        "retention_runs",
        sa.Column("business_date", sa.Date(), primary_key=True),
        sa.Column("node", sa.String(80), nullable=False),
        sa.Column("began_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant()),
        sa.Column("purged", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("unquarantined", sa.Integer(), nullable=False),
        sa.Column("chain_number", sa.Integer()),
        sa.Column("chain_hash", sa.String(64)),
    )
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("case", sa.String(60), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("placed_by", sa.String(60), nullable=False),
        sa.Column("placed_at", Instant(), nullable=False),
        sa.Column("until", sa.Date()),
        sa.Column("lifted_at", Instant()),
        sa.Column("lifted_by", sa.String(60)),
    )
    op.create_table(
        "held_recordings",
        sa.Column("hold_id", sa.String(36), primary_key=True),
        sa.Column("recording_id", sa.String(36), primary_key=True),
    )
    op.create_index("ix_held_recordings_recording_id", "held_recordings", ["recording_id"])


def _destroyed() -> None:
    op.create_table(
        "tombstones",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("recording_id", sa.String(36), nullable=False, unique=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("policy", sa.String(60), nullable=False),
        sa.Column("decision", sa.String(120), nullable=False),
        sa.Column("ended_at", Instant(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.Column("purged_at", Instant(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_table(
        "rejected_recordings",
        sa.Column("origin", sa.String(120), primary_key=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("quarantined", sa.Boolean(name="quarantined_is_boolean"), nullable=False),
        sa.Column("ended_at", Instant()),
        sa.Column("keep_until", sa.Date()),
    )


def _settled() -> None:
    op.add_column("recording_parts", sa.Column("settled_at", Instant()))
    op.create_index("ix_recording_parts_settled_at", "recording_parts", ["settled_at"])
