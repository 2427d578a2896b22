"""Leading a database to the newest version of the schema."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from storage.database import Database
from storage.schema import MIGRATIONS


def knows(version: str) -> bool:
    """Whether a migration leads to that version."""
    return version in {revision.revision for revision in ScriptDirectory.from_config(_config()).walk_revisions()}


def migrate(database: Database) -> None:
    """Apply whatever migrations a database lacks. Raises SQLAlchemyError."""
    config = _config()
    config.attributes["database"] = database
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
