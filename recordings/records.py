"""What is on record beside the catalogue: runs of the job, holds, tombstones, what was never taken in, and scores."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Integer, String, Table

from storage.database import Instant, metadata

retention_runs = Table(
    "retention_runs",
    metadata,
    Column("business_date", Date, primary_key=True),
    Column("node", String(80), nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("purged", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("unquarantined", Integer, nullable=False),
    # The head of the chain of tombstones when the run ended.
    Column("chain_number", Integer),
    Column("chain_hash", String(64)),
)

legal_holds = Table(
    "legal_holds",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("case", String(60), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("placed_by", String(60), nullable=False),
    Column("placed_at", Instant, nullable=False),
    # The last day of the hold; none is until it is lifted.
    Column("until", Date),
    Column("lifted_at", Instant),
    Column("lifted_by", String(60)),
)

held_recordings = Table(
    "held_recordings",
    metadata,
    Column("hold_id", String(36), primary_key=True),
    Column("recording_id", String(36), primary_key=True, index=True),
)

# The chain: each hash covers the one before it.
tombstones = Table(
    "tombstones",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("recording_id", String(36), nullable=False, unique=True),
    Column("sha256", String(64), nullable=False),
    Column("policy", String(60), nullable=False),
    Column("decision", String(120), nullable=False),
    Column("ended_at", Instant, nullable=False),
    Column("keep_until", Date, nullable=False),
    Column("purged_at", Instant, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

# Sound that was not taken in: put aside (quarantined) or destroyed, and why. `sha256` is of the files as they were,
# one after another; `ended_at` is when the conversation ended.
rejected_recordings = Table(
    "rejected_recordings",
    metadata,
    Column("origin", String(120), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("reason", String(200), nullable=False),
    Column("sha256", String(64)),
    Column("quarantined", Boolean(name="quarantined_is_boolean"), nullable=False),
    Column("ended_at", Instant),
    Column("keep_until", Date),
    Index("ix_rejected_recordings_quarantined", "quarantined", "keep_until"),
)

# Scores outlive their recordings and name no caller; of when the conversation ended the day is enough. `number` counts
# the scores that one supervisor gave one recording: the last one counts, and the others stay on record.
recording_scores = Table(
    "recording_scores",
    metadata,
    Column("recording_id", String(36), primary_key=True),
    Column("scored_by", String(60), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("scored_at", Instant, nullable=False, index=True),
    Column("correctness", Integer, nullable=False),
    Column("service", Integer, nullable=False),
    Column("drawn", Boolean(name="drawn_is_boolean"), nullable=False),
    Column("ended_on", Date, nullable=False),
    Column("topic", String(40)),
    Column("queue", String(40)),
    Column("consultant", String(40)),
    CheckConstraint("correctness BETWEEN 1 AND 5", name="correctness"),
    CheckConstraint("service BETWEEN 1 AND 5", name="service"),
)

# Every drawing is on record, so that nobody draws until the lot falls as they wish. `shortest` is in seconds.
recording_samples = Table(
    "recording_samples",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("drawn_at", Instant, nullable=False, index=True),
    Column("drawn_by", String(60), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("topic", String(40)),
    Column("each", Integer, nullable=False),
    Column("shortest", Integer, nullable=False),
    Column("seed", String(60), nullable=False),
)

sampled_recordings = Table(
    "sampled_recordings",
    metadata,
    Column("sample_id", String(36), primary_key=True),
    Column("recording_id", String(36), primary_key=True, index=True),
)
