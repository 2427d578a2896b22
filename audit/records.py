"""The tables of the audit. Triggers of the database refuse to change what is in them (migrations 0015 and 0022)."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table

from storage.database import Instant, metadata

ACTOR_LENGTH = 60
ACTION_LENGTH = 40
OBJECT_LENGTH = 80
DETAILS_LENGTH = 300

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", String(ACTOR_LENGTH), nullable=False),
    Column("action", String(ACTION_LENGTH), nullable=False),
    Column("object", String(OBJECT_LENGTH), nullable=False, index=True),
    Column("person", String(64), index=True),
    Column("details", String(DETAILS_LENGTH), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

# Up to which number entries were taken out because their term was over; the chain goes on from the hash of that one.
audit_trimmings = Table(
    "audit_trimmings",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
    Column("policy", String(60), nullable=False),
    Column("at", Instant, nullable=False),
)

# How far the chain had reached when the job had run, so that an end that is cut off is missed.
audit_heads = Table(
    "audit_heads",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
    Column("at", Instant, nullable=False),
)
