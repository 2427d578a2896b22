"""Opening an installation: folders, migrations, keys, and proof that keys and data belong together."""

from __future__ import annotations

import fcntl
import hashlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, String, Table, func, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError

from storage import schema
from storage.database import Database, metadata, reason_of
from storage.home import KEY_NAMES, Home, HomeError
from storage.upsert import upsert

OPENING = int.from_bytes(b"centrala")  # PostgreSQL's advisory locks are named by 64-bit numbers

WRITE = (
    "write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE, and in a password %40 for @, %2F for /, "
    "%3A for : and %25 for %"
)
PASSWORDS = ("password", "sslpassword")  # libpq takes them after a question mark, too

key_marks = Table(
    "key_marks",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("mark", String(64), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Installation:
    """An opened home: its database is at the newest schema and its keys are the ones that the data was made with."""

    home: Home
    database: Database

    def key(self, name: str) -> bytes:
        """The secret key `name`."""
        return self.home.key(name)


def open_installation(environ: Mapping[str, str]) -> Installation:
    """Open the installation that the environment names, making what an empty one lacks.

    Raises HomeError: folder unusable, database unreachable or newer than this program, keys missing beside data or
    not the ones the data was made with.
    """
    home = Home.from_environment(environ)
    home.make_folders()
    database = _database(home)
    try:
        with _explained(home), _one_opener_at_a_time(home, database):
            _migrate(home, database)
            _match_keys(home, database)
    except HomeError:
        database.close()
        raise
    return Installation(home, database)


def look_at_installation(environ: Mapping[str, str]) -> Installation:
    """The installation that the environment names, as it stands: nothing is made, migrated or written.

    Raises HomeError: there is none, it was not opened since the program was renewed, or as `open_installation` does.
    """
    home = Home.from_environment(environ)
    database = _database(home)
    try:
        with _explained(home):
            file = database.engine.url.database
            if database.engine.dialect.name == "sqlite" and not Path(str(file)).exists():
                raise HomeError(f"{file}: there is no database; CENTRALA_HOME names the folder of an installation")
            _match_schema(home, database)
    except HomeError:
        database.close()
        raise
    return Installation(home, database)


def find_mark(database: Database, name: str) -> str | None:
    """The mark by which the database knows something of that name that lies elsewhere."""
    with database.reading() as connection:
        return connection.execute(select(key_marks.c.mark).where(key_marks.c.name == name)).scalar()


def keep_mark(database: Database, name: str, mark: str) -> str:
    """Have the database know it by that mark, unless it has another one already: which one it has."""
    with database.writing() as connection:
        connection.execute(upsert(connection, key_marks, key=("name",), changing=()), {"name": name, "mark": mark})
        return str(connection.execute(select(key_marks.c.mark).where(key_marks.c.name == name)).scalar_one())


def _match_schema(home: Home, database: Database) -> None:
    with database.reading() as connection:
        found = schema.found(connection)
    if found != schema.newest():
        raise HomeError(f"{shown(home)}: made by another version (schema {found}); open it once with this one")


def _database(home: Home) -> Database:
    if not _is_understood(home.database_url):
        raise HomeError(f"CENTRALA_DATABASE_URL: no address of a database; {WRITE}")
    try:
        return Database(home.database_url)
    except (ArgumentError, ModuleNotFoundError, ValueError) as error:
        raise HomeError(f"CENTRALA_DATABASE_URL: {error}; {WRITE}") from error


def _is_understood(address: str) -> bool:
    """Whether the parts of an address are what they seem to be.

    Behind an @ that is not encoded a password goes on where the host should be; nothing of it may be repeated.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        return False
    return url.get_backend_name() == "sqlite" or "@" not in f"{url.host}{url.database}"


@contextmanager
def _one_opener_at_a_time(home: Home, database: Database) -> Iterator[None]:
    with (home.path / "opening.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if database.engine.dialect.name != "postgresql":
            yield
            return
        # Homes on several machines may share a PostgreSQL database.
        with database.writing() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(OPENING)))
            yield


@contextmanager
def _explained(home: Home) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HomeError(
            f"{error.filename or home.path}: cannot be used ({error.strerror}); "
            "mend it, or choose another folder with CENTRALA_HOME"
        ) from error
    except OperationalError as error:
        raise HomeError(f"{shown(home)}: the database does not answer ({reason_of(error)})") from error
    except SQLAlchemyError as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise HomeError(f"{shown(home)}: the database cannot be used ({reason})".replace("\n", " ")) from error


def shown(home: Home) -> str:
    """The database's address without its passwords."""
    return without_passwords(home.database_url)


def without_passwords(address: str) -> str:
    """A database's address as it may be shown."""
    return make_url(address).difference_update_query(PASSWORDS).render_as_string(hide_password=True)


def _migrate(home: Home, database: Database) -> None:
    with database.reading() as connection:
        found, newest = schema.found(connection), schema.newest()
    if found == newest:
        return
    from storage import migrating

    if found is not None and not migrating.knows(found):
        raise HomeError(f"{shown(home)}: made by a newer version (schema {found}); install that version")
    if found is None:
        print(f"making the database {shown(home)}", file=sys.stderr)
    else:
        print(f"migrating the database {shown(home)} from {found} to {newest}", file=sys.stderr)
    migrating.migrate(database)


def _match_keys(home: Home, database: Database) -> None:
    with database.reading() as connection:
        marks = {row.name: row.mark for row in connection.execute(select(key_marks))}
    lost = [name for name in home.missing_keys() if name in marks]
    if lost:
        files = ", ".join(f"{name}.key" for name in lost)
        raise HomeError(
            f"{home.secrets}: {files} missing, but {shown(home)} holds data made with it; "
            "put the secrets folder back from your backup, or choose another CENTRALA_HOME for a new installation"
        )
    home.make_keys()
    fresh = {name: _mark(home.key(name)) for name in KEY_NAMES}
    for name in sorted(fresh.keys() & marks.keys()):
        if fresh[name] != marks[name]:
            raise HomeError(f"{home.secrets / name}.key is not the key that {shown(home)} was made with")
    new = [{"name": name, "mark": fresh[name]} for name in KEY_NAMES if name not in marks]
    if new:
        with database.writing() as connection:
            connection.execute(insert(key_marks), new)


def _mark(key: bytes) -> str:
    """A fingerprint that tells keys apart and tells nothing of a random 32-byte key."""
    return hashlib.sha256(b"centrala key mark\x00" + key).hexdigest()
