"""Menu versions: the one that new calls get, and every older one that a call may still hold."""

from __future__ import annotations

import json
import threading
from base64 import b64decode, b64encode
from datetime import datetime

from sqlalchemy import Column, LargeBinary, String, Table, Text, select

from ivr.definition import Flow
from ivr.menus.loading import Loaded, Source, reload
from storage.database import Database, Instant, metadata
from storage.upsert import upsert

menu_versions = Table(
    "menu_versions",
    metadata,
    Column("version", String(16), primary_key=True),
    Column("path", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("tables", Text, nullable=False),
    Column("published_at", Instant, nullable=False),
)


class UnknownVersion(Exception):
    """No menu file of that version was ever published to this database."""


class Library:
    """Published menu files. A call keeps the version that it began with; `current` is for new calls."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._flows: dict[str, Flow] = {}
        self._lock = threading.Lock()
        self._current: Flow | None = None

    @property
    def current(self) -> Flow:
        """The flow that new calls get."""
        if self._current is None:
            raise UnknownVersion("no menu file has been published yet")
        return self._current

    def publish(self, loaded: Loaded, at: datetime) -> None:
        """Keep the file for as long as calls may name it, and give it to new calls."""
        with self._database.writing() as connection:
            # Another node may publish the same file at the same moment.
            statement = upsert(connection, menu_versions, key=("version",), changing=())
            connection.execute(statement, _row(loaded.source, at))
        with self._lock:
            self._flows[loaded.flow.version] = loaded.flow
            self._current = loaded.flow

    def flow(self, version: str) -> Flow:
        """The flow of a version, read back from the database if need be. Raises UnknownVersion."""
        with self._lock:
            if version in self._flows:
                return self._flows[version]
        with self._database.reading() as connection:
            row = connection.execute(select(menu_versions).where(menu_versions.c.version == version)).one_or_none()
        if row is None:
            raise UnknownVersion(version)
        tables = {name: b64decode(text) for name, text in json.loads(row.tables).items()}
        flow = reload(Source(row.path, row.raw, tables))
        with self._lock:
            return self._flows.setdefault(version, flow)


def _row(source: Source, at: datetime) -> dict[str, object]:
    tables = {name: b64encode(table).decode("ascii") for name, table in source.tables.items()}
    return {
        "version": source.version,
        "path": source.path,
        "raw": source.raw,
        "tables": json.dumps(tables, sort_keys=True),
        "published_at": at,
    }
