from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from auth_pin import profiles
from auth_pin.authentication import Authenticator
from auth_pin.keys import Keys
from auth_pin.pin_seal import PinSeal
from auth_pin.profiles import State
from storage.database import Database
from storage.key_ring import KeyRing
from tests.auth_pin.people import BLOCKED, CLOSED, EWA, SUSPENDED, UNCONFIRMED, Person

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
SEALING = {"2026": bytes(range(64, 96))}
KEYS = Keys(identifier=bytes(range(32)), pin=bytes(range(32, 64)), seal=PinSeal(lambda: KeyRing(SEALING)))


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a new installation, whose keys are the same in each test."""
    secrets = tmp_path / "home" / "secrets"
    secrets.mkdir(parents=True)
    (secrets / "identifier.key").write_text(KEYS.identifier.hex())
    (secrets / "pin.key").write_text(KEYS.pin.hex())
    sealing = ",".join(f"{id}:{key.hex()}" for id, key in SEALING.items())
    return {
        "CENTRALA_HOME": str(tmp_path / "home"),
        "CENTRALA_DATABASE_URL": database_url,
        "CENTRALA_PIN_KEYS": sealing,
    }


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
    return Authenticator(populated, KEYS, pytest.fail)
