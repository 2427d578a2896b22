"""What is on record beside the catalogue: runs of the job, legal holds, tombstones, and what was never taken in."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Index, Integer, String, Table

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
