"""Runs migrations on the database that `storage.installation` hands over."""

from __future__ import annotations

from alembic import context

from storage.database import Database, metadata


def _run() -> None:
    database: Database = context.config.attributes["database"]
    with database.writing() as connection:
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()


_run()
