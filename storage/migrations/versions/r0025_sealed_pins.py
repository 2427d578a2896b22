"""Which key seals a PIN's hash. What is there is sealed when the installation is opened: no key is known here."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("profiles", sa.Column("pin_sealed_by", sa.String(40)))
    op.create_index("ix_profiles_pin_sealed_by", "profiles", ["pin_sealed_by"])
