"""The files of a PostgreSQL server in which removed rows of a table may have left something, where they can be read.

VACUUM frees the place of a removed row and does not overwrite it; the write-ahead log holds rows, and whole pages of
them, until its segments are written anew (https://www.postgresql.org/docs/current/wal-configuration.html).
"""

from __future__ import annotations

import sys
from pathlib import Path

from sqlalchemy import Connection, text

_IDENTITY_BYTES = 8


def files_of(connection: Connection, table: str) -> tuple[Path, ...] | None:
    """The table's own files and those of the write-ahead log; None where this process cannot read them.

    They lie on the server's machine, and only its administrators learn where.
    """
    if not connection.execute(text("SELECT pg_has_role('pg_read_all_settings', 'USAGE')")).scalar():
        return None
    folder = Path(str(connection.execute(text("SHOW data_directory")).scalar()))
    identity = connection.execute(text("SELECT system_identifier FROM pg_control_system()")).scalar_one()
    if not _is_of(folder, int(identity)):
        return None
    path = str(connection.execute(text("SELECT pg_relation_filepath(:table)"), {"table": table}).scalar())
    found = [*folder.glob(f"{path}*"), *(folder / "pg_wal").iterdir()]
    return tuple(sorted(file for file in found if file.is_file()))


def _is_of(folder: Path, identity: int) -> bool:
    """Whether a folder on this machine is that server's, which may run elsewhere; its identity is what it begins with.

    https://github.com/postgres/postgres/blob/REL_15_STABLE/src/include/catalog/pg_control.h
    """
    try:
        with (folder / "global" / "pg_control").open("rb") as file:
            found = file.read(_IDENTITY_BYTES)
    except OSError:
        return False
    return int.from_bytes(found, sys.byteorder, signed=True) == identity
