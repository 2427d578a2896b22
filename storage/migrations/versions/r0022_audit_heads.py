"""How far the audit had reached each night; the database refuses to change that as well."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

APPEND_ONLY = "the audit is append-only"

# SQLite does not fire DELETE triggers for INSERT OR REPLACE: numbers that only grow leave nothing to replace.
SQLITE = (
    f"""CREATE TRIGGER audit_heads_grow BEFORE INSERT ON audit_heads
        WHEN NEW.number <= coalesce((SELECT max(number) FROM audit_heads), 0)
        BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""",
    f"""CREATE TRIGGER audit_heads_stand BEFORE UPDATE ON audit_heads
        BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""",
    f"""CREATE TRIGGER audit_heads_stay BEFORE DELETE ON audit_heads
        BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""",
)
POSTGRESQL = (
    """CREATE TRIGGER audit_heads_stand BEFORE UPDATE OR DELETE ON audit_heads
        FOR EACH ROW EXECUTE FUNCTION audit_refuses()""",
    """CREATE TRIGGER audit_heads_last BEFORE TRUNCATE ON audit_heads
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()""",
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit_heads",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)
