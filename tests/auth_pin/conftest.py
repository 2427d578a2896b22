from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import provision
from auth_pin import profiles
from auth_pin.authentication import Authenticator
from auth_pin.keys import Keys
from auth_pin.profiles import State
from storage.database import Database
from storage.installation import Installation, open_installation
from tests.auth_pin.people import BLOCKED, CLOSED, EWA, SUSPENDED, UNCONFIRMED, Person

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
KEYS = Keys(identifier=bytes(range(32)), pin=bytes(range(32, 64)))

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[provision.Server]:
    """A PostgreSQL server for all tests of a run."""
    with provision.postgresql().server(tmp_path_factory.mktemp("postgresql")) as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database: once SQLite, once PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'centrala.db'}"
    server: provision.Server = request.getfixturevalue("postgresql_server")
    return server.create_database(f"auth_pin_{next(_numbers)}")


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a new installation, whose keys are the same in each test."""
    secrets = tmp_path / "home" / "secrets"
    secrets.mkdir(parents=True)
    (secrets / "identifier.key").write_text(KEYS.identifier.hex())
    (secrets / "pin.key").write_text(KEYS.pin.hex())
    return {"CENTRALA_HOME": str(tmp_path / "home"), "CENTRALA_DATABASE_URL": database_url}


@pytest.fixture
def installation(environment: dict[str, str]) -> Iterator[Installation]:
    """A new installation."""
    opened = open_installation(environment)
    yield opened
    opened.database.close()


@pytest.fixture
def database(installation: Installation) -> Database:
    """The installation's database, without profiles."""
    return installation.database


@pytest.fixture
def populated(database: Database) -> Database:
    """The database with Ewa, who is confirmed, and one person in each of the other states."""
    people: dict[Person, State] = {
        EWA: State.CONFIRMED,
        UNCONFIRMED: State.UNCONFIRMED,
        SUSPENDED: State.SUSPENDED,
        BLOCKED: State.BLOCKED,
        CLOSED: State.CLOSED,
    }
    for person, state in people.items():
        profiles.add(database, KEYS, person.identifier, person.pin, state, NOON)
    return database


@pytest.fixture
def authenticator(populated: Database) -> Authenticator:
    """Authenticates against the populated database."""
    return Authenticator(populated, KEYS.identifier, KEYS.pin)
