"""Text messages, and what has become of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "text_messages",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("template", sa.String(40), nullable=False),
        sa.Column("lang", sa.String(2), nullable=False),
        sa.Column("call_id", sa.String(36)),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", Instant()),
        sa.Column("tried_at", Instant()),
        sa.Column("words", sa.String(64)),
        sa.Column("carrier_id", sa.String(64)),
        sa.Column("code", sa.String(20)),
        sa.Column("over_at", Instant()),
        sa.PrimaryKeyConstraint("id", name="pk_text_messages"),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'delivered', 'undelivered', 'refused')",
            name=op.f("ck_text_messages_text_message_state"),
        ),
    )
    op.create_index("ix_text_messages_key", "text_messages", ["key"], unique=True)
    for column in ("number", "call_id", "next_try_at", "requested_at", "carrier_id"):
        op.create_index(f"ix_text_messages_{column}", "text_messages", [column])
    sending = sa.text("state = 'sending'")
    op.create_index(
        "ix_text_messages_tried_at", "text_messages", ["tried_at"], sqlite_where=sending, postgresql_where=sending
    )
