"""Everything that an installation leaves behind, and the search of it for digits that may not be there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.request import urlopen

from sqlalchemy import MetaData, select, text

from storage.database import Database
from tests.live.stations import Live

# So many digits in a row are not there by chance; timestamps have six.
PIECE = 7

Places = Mapping[str, bytes]


def pattern(digits: str) -> re.Pattern[bytes]:
    """Any piece of these digits, forwards or backwards, in a row or one by one with something between."""
    pieces = [way[start : start + PIECE] for way in (digits, digits[::-1]) for start in range(len(digits) - PIECE + 1)]
    return re.compile("|".join(one for piece in pieces for one in (piece, r"\D{1,3}".join(piece))).encode())


def holding(places: Places, *secrets: str) -> list[str]:
    """The places in whose name or bytes one of the secrets is found."""
    patterns = [pattern(secret) for secret in secrets]
    return [
        name
        for name, content in places.items()
        if any(one.search(content) or one.search(name.encode()) for one in patterns)
    ]


def tables(database: Database) -> dict[str, bytes]:
    """Each table's rows as text."""
    found = MetaData()
    found.reflect(database.engine)
    with database.reading() as connection:
        return {
            f"table {table.name}": "\n".join(str(tuple(row)) for row in connection.execute(select(table))).encode()
            for table in found.sorted_tables
        }


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder: databases and their logs, logs, notes, recordings, Asterisk's own."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def metrics(live: Live) -> dict[str, bytes]:
    """What Prometheus is told."""
    settings = json.loads(Path(live.station.environment["CENTRALA_SETTINGS"]).read_text("utf-8"))
    with urlopen(f"http://127.0.0.1:{settings['metrics']['port']}/metrics", timeout=10) as answer:
        return {"metrics": answer.read()}


def left_behind(live: Live) -> dict[str, bytes]:
    """All of these."""
    return {**tables(live.database), **server_files(live.database), **files(live.station.home), **metrics(live)}


def server_files(database: Database) -> dict[str, bytes]:
    """Of a server: the files of this database, and the log from which a server that crashed would write them anew."""
    if database.engine.dialect.name == "sqlite":
        return {}
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        data = Path(connection.execute(text("SELECT current_setting('data_directory')")).scalar_one())
        own = connection.execute(text("SELECT oid FROM pg_database WHERE datname = current_database()")).scalar_one()
    return {**files(data / "base" / str(own)), **files(data / "pg_wal")}
