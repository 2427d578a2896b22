"""Calls from before the profile stood in their rows."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select, text

from ivr.calls import calls
from storage.database import Database
from storage.schema import MIGRATIONS

CALL = (
    "INSERT INTO calls (id, gateway, ani, dnis, menu_version, started_at, lang, auth_level) "
    "VALUES (:id, 'asterisk', '', '', 'v', '2026-11-23 09:00:00+00:00', 'pl', :level)"
)
VERSION = (
    "INSERT INTO menu_versions (version, path, raw, tables, published_at) "
    "VALUES ('v', 'menus.yaml', :raw, '', '2026-11-23 09:00:00+00:00')"
)
TURN = (
    "INSERT INTO turns (call_id, seq, at, node, events, state, prompts, wait) "
    "VALUES (:id, :seq, '2026-11-23 09:00:00+00:00', 'one', '', :state, '', '')"
)
KNOWN, UNKNOWN = '{"type":"State","subject":"abc"}', '{"type":"State","subject":null}'
HISTORY = {
    "authenticated": ("full", (UNKNOWN, KNOWN)),
    "not authenticated": ("none", (UNKNOWN, UNKNOWN)),
    "damaged": ("full", (KNOWN, "{")),
    "no state at all": ("full", ("[]",)),
}


@pytest.fixture
def older(database_url: str) -> Database:
    """A database of the version before, with calls in it."""
    database = Database(database_url)
    _upgrade(database, "0015")
    with database.writing() as connection:
        connection.execute(text(VERSION), {"raw": b""})
        for id, (level, states) in HISTORY.items():
            connection.execute(text(CALL), {"id": id, "level": level})
            for seq, state in enumerate(states):
                connection.execute(text(TURN), {"id": id, "seq": seq, "state": state})
    return database


def _upgrade(database: Database, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["database"] = database
    command.upgrade(config, to)


def test_whose_calls_they_were_is_told_by_their_last_turns(older: Database) -> None:
    """Where it can be read; the others are nobody's."""
    _upgrade(older, "head")
    with older.reading() as connection:
        found = {row.id: row.subject for row in connection.execute(select(calls.c.id, calls.c.subject))}
    older.close()
    assert {**dict.fromkeys(HISTORY), "authenticated": "abc"} == found
