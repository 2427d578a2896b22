"""Terms for every kind of personal data: decisions on them, what went by them, and what reports need of what went."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _decisions()
    _what_reports_need()
    _what_is_due_is_found()


def _decisions() -> None:
    op.create_table(
        "retention_terms",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("class", sa.String(40), nullable=False),
        sa.Column("term", sa.String(20), nullable=False),
        sa.Column("decided_at", Instant(), nullable=False),
        sa.Column("decided_by", sa.String(60), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("also_kept", sa.Boolean(name="also_kept_is_boolean"), nullable=False),
    )
    op.create_table(
        "retention_terms_followed",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", Instant(), nullable=False),
    )
    op.create_table(
        "retention_expiries",
        sa.Column("business_date", sa.Date(), primary_key=True),
        sa.Column("class", sa.String(40), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False),
    )


def _what_reports_need() -> None:
    op.add_column("calls", sa.Column("informed", sa.Boolean(name="informed_is_boolean")))
    op.add_column("calls", sa.Column("asked", sa.Boolean(name="asked_is_boolean")))
    op.add_column("queue_visits", sa.Column("joined_at", Instant()))
    op.create_table(
        "callback_totals",
        sa.Column("day", Instant(), primary_key=True),
        sa.Column("queue", sa.String(40), primary_key=True),
        sa.Column("topic", sa.String(40), primary_key=True),
        sa.Column("state", sa.String(12), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False),
    )


def _what_is_due_is_found() -> None:
    with_turns = sa.text("asked IS NULL")
    op.create_index("ix_calls_with_turns", "calls", ["ended_at"], sqlite_where=with_turns, postgresql_where=with_turns)
    op.create_index("ix_consents_at", "consents", ["at"])
    op.create_index("ix_auth_attempts_at", "auth_attempts", ["at"])
    op.create_index("ix_callbacks_over_at", "callbacks", ["over_at"])
    op.create_index("ix_rejected_recordings_quarantined", "rejected_recordings", ["quarantined", "keep_until"])
    # When those were over that ended before it was kept.
    op.execute("UPDATE callbacks SET over_at = requested_at WHERE state <> 'waiting' AND over_at IS NULL")
