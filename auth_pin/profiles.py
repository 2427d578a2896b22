"""Profiles: who may authenticate, kept so that the database alone names nobody.

Everything else asks this module and knows nothing of where profiles come from; another source of profiles would stand
here, behind the same functions.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

from auth_pin import identifiers, pin_policy, pins
from auth_pin.faults import ProfileExists
from auth_pin.identifier_seal import IdentifierSeal
from auth_pin.keys import Keys
from storage.database import Database, Instant, metadata
from storage.upsert import upsert

# Days, and times without an offset, are Polish.
ZONE = ZoneInfo("Europe/Warsaw")
_LISTED_AT_ONCE = 1000


class State(StrEnum):
    """What has become of a profile. Only a confirmed one can lead to the level full."""

    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    SUSPENDED = "suspended"
    BLOCKED = "blocked"
    CLOSED = "closed"


_STATES = ", ".join(f"'{state}'" for state in State)

profiles = Table(
    "profiles",
    metadata,
    Column("subject", String(32), primary_key=True),
    Column("claim", String(64), nullable=False),
    Column("identifier", LargeBinary, nullable=False),
    Column("pin_hash", String(128), nullable=False),
    Column("state", String(12), nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("claim"),
    CheckConstraint(f"state IN ({_STATES})", name="state"),
    Index("ix_profiles_state", "state", "created_at"),
)


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as the operator sees it. `subject` is its random reference, which says nothing of the person."""

    subject: str
    identifier: str = field(repr=False)
    state: State
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Credentials:
    """What authentication needs of a profile."""

    subject: str
    pin_hash: str = field(repr=False)
    state: State
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A profile to be stored: new, or in place of the one that has its claim."""

    claim: str
    identifier: str = field(repr=False)
    pin_hash: str = field(repr=False)
    state: State
    created_at: datetime


def add(database: Database, keys: Keys, identifier: str, pin: str, state: State, at: datetime) -> str:
    """Make a profile and return its subject. Raises IdentifierFault, PinFault, ProfileExists."""
    claim = identifiers.claim(keys.identifier, identifier)
    pin_policy.check(pin)
    entry = Entry(claim, identifier, pins.hashed(keys.pin, pin), state, at)
    row = _row(IdentifierSeal(keys.identifier), entry)
    try:
        with database.writing() as connection:
            connection.execute(insert(profiles), row)
    except IntegrityError:
        raise ProfileExists("this identifier has a profile already") from None
    return str(row["subject"])


def everyone(database: Database, keys: Keys) -> Iterator[Profile]:
    """All profiles, the oldest first, without holding them all in memory. Raises ProfileUnreadable."""
    seal = IdentifierSeal(keys.identifier)
    query = select(profiles).order_by(profiles.c.created_at, profiles.c.subject)
    with database.reading() as connection:
        for row in connection.execute(query, execution_options={"yield_per": _LISTED_AT_ONCE}):
            identifier = seal.open(row.identifier, row.subject)
            yield Profile(row.subject, identifier, State(row.state), row.created_at)


def identifier_of(database: Database, keys: Keys, subject: str) -> str | None:
    """The identifier of a profile that may be used, or None if there is no such profile. Raises ProfileUnreadable."""
    usable = (profiles.c.subject == subject) & (profiles.c.state == State.CONFIRMED)
    with database.reading() as connection:
        sealed = connection.execute(select(profiles.c.identifier).where(usable)).scalar()
    return None if sealed is None else IdentifierSeal(keys.identifier).open(sealed, subject)


def find(connection: Connection, claim: str) -> Credentials | None:
    """The credentials of the profile that has this claim: one query."""
    return find_all(connection, (claim,)).get(claim)


def find_all(connection: Connection, claims: Collection[str]) -> Mapping[str, Credentials]:
    """The credentials of the profiles that have these claims, by claim: one query."""
    wanted = profiles.c.claim, profiles.c.subject, profiles.c.pin_hash, profiles.c.state, profiles.c.created_at
    rows = connection.execute(select(*wanted).where(profiles.c.claim.in_(claims)))
    return {row.claim: Credentials(row.subject, row.pin_hash, State(row.state), row.created_at) for row in rows}


def claim_of(connection: Connection, subject: str) -> str | None:
    """The claim of the profile with this reference."""
    return connection.execute(select(profiles.c.claim).where(profiles.c.subject == subject)).scalar()


def store(connection: Connection, seal: IdentifierSeal, entries: Iterable[Entry]) -> None:
    """Make these profiles; where a claim has one already, it keeps its subject and gets the rest."""
    rows = [_row(seal, entry) for entry in entries]
    if rows:
        statement = upsert(connection, profiles, key=("claim",), changing=("pin_hash", "state", "created_at"))
        connection.execute(statement, rows)


def _row(seal: IdentifierSeal, entry: Entry) -> dict[str, object]:
    subject = secrets.token_hex(16)
    return {
        "subject": subject,
        "claim": entry.claim,
        "identifier": seal.close(entry.identifier, subject),
        "pin_hash": entry.pin_hash,
        "state": entry.state,
        "created_at": entry.created_at,
    }
