"""What is on record about terms: decisions, what followed them, and how much went by them on which day."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Integer, String, Table

from storage.database import Instant, metadata

BY_LENGTH, REASON_LENGTH = 60, 200

# Rows are only ever added: the newest of a class is in force.
retention_terms = Table(
    "retention_terms",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("class", String(40), nullable=False),
    Column("term", String(20), nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("decided_by", String(BY_LENGTH), nullable=False),
    Column("reason", String(REASON_LENGTH), nullable=False),
    # Whether what had a last day by then gets another one.
    Column("also_kept", Boolean(name="also_kept_is_boolean"), nullable=False),
)

# Decisions on what had a last day already, once all of that has its new one.
retention_terms_followed = Table(
    "retention_terms_followed",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
)

# Of each run of the job, how many went of each class.
retention_expiries = Table(
    "retention_expiries",
    metadata,
    Column("business_date", Date, primary_key=True),
    Column("class", String(40), primary_key=True),
    Column("number", Integer, nullable=False),
)
