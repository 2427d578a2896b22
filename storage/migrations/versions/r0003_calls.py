"""Calls, turns, menu versions, queue visits, consents and recorded parts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _menu_versions()
    _calls()
    _turns()
    _queue_visits()
    _consents()
    _recording_parts()


def _menu_versions() -> None:
    op.create_table(
        "menu_versions",
        sa.Column("version", sa.String(16), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("tables", sa.Text(), nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_menu_versions"),
    )


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("gateway", sa.String(20), nullable=False),
        sa.Column("ani", sa.String(80), nullable=False),
        sa.Column("dnis", sa.String(80), nullable=False),
        sa.Column("menu_version", sa.String(16), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant()),
        sa.Column("ended_where", sa.String(40)),
        sa.Column("cause", sa.String(40)),
        sa.Column("lang", sa.String(2), nullable=False),
        sa.Column("auth_level", sa.String(12), nullable=False),
        sa.Column("topic", sa.String(40)),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
        sa.ForeignKeyConstraint(
            ["menu_version"], ["menu_versions.version"], name="fk_calls_menu_version_menu_versions"
        ),
    )
    op.create_index("ix_calls_started_at", "calls", ["started_at"])
    op.create_index("ix_calls_ended_at", "calls", ["ended_at"])


def _turns() -> None:
    op.create_table(
        "turns",
        sa.Column("call_id", sa.String(36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("prompts", sa.Text(), nullable=False),
        sa.Column("wait", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "seq", name="pk_turns"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_turns_call_id_calls"),
    )


def _queue_visits() -> None:
    op.create_table(
        "queue_visits",
        sa.Column("call_id", sa.String(36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(40), nullable=False),
        sa.Column("topic", sa.String(40), nullable=False),
        sa.Column("enqueued_at", Instant(), nullable=False),
        sa.Column("answered_at", Instant()),
        sa.Column("left_at", Instant()),
        sa.Column("agent", sa.String(20)),
        sa.Column("outcome", sa.String(20)),
        sa.PrimaryKeyConstraint("call_id", "seq", name="pk_queue_visits"),
    )


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("call_id", sa.String(36), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("given", sa.Boolean(name="given_is_boolean"), nullable=False),
        sa.Column("wording", sa.String(20), nullable=False),
        sa.Column("lang", sa.String(2), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "purpose", name="pk_consents"),
    )


def _recording_parts() -> None:
    op.create_table(
        "recording_parts",
        sa.Column("call_id", sa.String(36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("agent", sa.String(20), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=False),
        sa.Column("caller_file", sa.String(200), nullable=False),
        sa.Column("agent_file", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("call_id", "seq", name="pk_recording_parts"),
    )
