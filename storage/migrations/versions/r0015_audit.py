"""The audit, which can only be added to: the database itself refuses to change it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

APPEND_ONLY = "the audit is append-only"

# SQLite does not fire DELETE triggers for INSERT OR REPLACE: numbers that only grow leave nothing to replace.
SQLITE = (
    f"""CREATE TRIGGER audit_entries_grow BEFORE INSERT ON audit_entries
        WHEN NEW.number <= max(coalesce((SELECT max(number) FROM audit_entries), 0),
                               coalesce((SELECT max(number) FROM audit_trimmings), 0))
        BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""",
    f"""CREATE TRIGGER audit_entries_stand BEFORE UPDATE ON audit_entries
        BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""",
    f"""CREATE TRIGGER audit_entries_stay BEFORE DELETE ON audit_entries
        WHEN OLD.number > coalesce((SELECT max(number) FROM audit_trimmings), 0)
        BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""",
    f"""CREATE TRIGGER audit_trimmings_grow BEFORE INSERT ON audit_trimmings
        WHEN NEW.number <= coalesce((SELECT max(number) FROM audit_trimmings), 0)
        BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""",
    f"""CREATE TRIGGER audit_trimmings_name_an_entry BEFORE INSERT ON audit_trimmings
        WHEN NOT EXISTS (SELECT 1 FROM audit_entries WHERE number = NEW.number AND hash = NEW.hash)
        BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""",
    f"""CREATE TRIGGER audit_trimmings_stand BEFORE UPDATE ON audit_trimmings
        BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""",
    f"""CREATE TRIGGER audit_trimmings_stay BEFORE DELETE ON audit_trimmings
        BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""",
)
POSTGRESQL = (
    f"""CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{APPEND_ONLY}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    f"""CREATE FUNCTION audit_gives_what_is_over() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.number > coalesce((SELECT max(number) FROM audit_trimmings), 0) THEN
                RAISE EXCEPTION '{APPEND_ONLY}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN OLD;
        END $$""",
    f"""CREATE FUNCTION audit_trims_at_an_entry() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM audit_entries WHERE number = NEW.number AND hash = NEW.hash) THEN
                RAISE EXCEPTION '{APPEND_ONLY}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$""",
    """CREATE TRIGGER audit_trimmings_name_an_entry BEFORE INSERT ON audit_trimmings
        FOR EACH ROW EXECUTE FUNCTION audit_trims_at_an_entry()""",
    "CREATE TRIGGER audit_entries_stand BEFORE UPDATE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_refuses()",
    """CREATE TRIGGER audit_entries_stay BEFORE DELETE ON audit_entries
        FOR EACH ROW EXECUTE FUNCTION audit_gives_what_is_over()""",
    """CREATE TRIGGER audit_trimmings_stand BEFORE UPDATE OR DELETE ON audit_trimmings
        FOR EACH ROW EXECUTE FUNCTION audit_refuses()""",
    """CREATE TRIGGER audit_entries_last BEFORE TRUNCATE ON audit_entries
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()""",
    """CREATE TRIGGER audit_trimmings_last BEFORE TRUNCATE ON audit_trimmings
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()""",
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit_entries",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor", sa.String(60), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("object", sa.String(80), nullable=False),
        sa.Column("person", sa.String(64)),
        sa.Column("details", sa.String(300), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_index("ix_audit_entries_object", "audit_entries", ["object"])
    op.create_index("ix_audit_entries_person", "audit_entries", ["person"])
    op.create_table(
        "audit_trimmings",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("policy", sa.String(60), nullable=False),
        sa.Column("at", Instant(), nullable=False),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)
