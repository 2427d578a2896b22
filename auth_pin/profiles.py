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
    update,
)
from sqlalchemy.exc import IntegrityError

from auth_pin import identifiers, pin_policy, pins, sealing_key
from auth_pin.faults import NoProfile, ProfileExists
from auth_pin.identifier_seal import IdentifierSeal
from auth_pin.keys import Keys
from auth_pin.pin_seal import SealedHash
from storage.database import Database, Instant, metadata
from storage.key_ring import LONGEST_ID
from storage.upsert import upsert

# Days, and times without an offset, are Polish.
ZONE = ZoneInfo("Europe/Warsaw")
_LISTED_AT_ONCE = 1000
NO_PROFILE = "no profile has this identifier; see centrala profiles list"


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
    Column("pin_sealed_by", String(LONGEST_ID), index=True),
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
    pin_hash: SealedHash
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


def add(
    database: Database,
    keys: Keys,
    identifier: str,
    pin: str,
    state: State,
    at: datetime,
    pin_digits: int = pin_policy.PIN_DIGITS,
) -> str:
    """Make a profile and return its subject. Raises IdentifierFault, PinFault, ProfileExists, PinKeyMissing."""
    claim = identifiers.claim(keys.identifier, identifier)
    pin_policy.check(pin, pin_digits)
    entry = Entry(claim, identifier, pins.hashed(keys.pin, pin), state, at)
    try:
        with database.writing() as connection:
            (row,) = _rows(connection, keys, [entry])
            connection.execute(insert(profiles), row)
    except IntegrityError:
        raise ProfileExists("this identifier has a profile already") from None
    return str(row["subject"])


def set_pin(connection: Connection, keys: Keys, claim: str, pin_hash: str) -> str:
    """Give a profile another PIN, by its hash (`pins.hashed`): which profile. Raises NoProfile, PinKeyMissing."""
    sealed = keys.seal.close(sealing_key.to_seal_with(connection, keys.seal), pin_hash, claim)
    return _change(connection, claim, {"pin_hash": sealed.text, "pin_sealed_by": sealed.by})


def set_state(connection: Connection, claim: str, state: State) -> str:
    """Put a profile into a state: which profile. Raises NoProfile."""
    return _change(connection, claim, {"state": state})


def everyone(database: Database, key: bytes) -> Iterator[Profile]:
    """All profiles, the oldest first, without holding them all in memory; `key` is the installation's `identifier` key.

    Raises ProfileUnreadable.
    """
    seal = IdentifierSeal(key)
    query = select(profiles).order_by(profiles.c.created_at, profiles.c.subject)
    with database.reading() as connection:
        for row in connection.execute(query, execution_options={"yield_per": _LISTED_AT_ONCE}):
            identifier = seal.open(row.identifier, row.subject)
            yield Profile(row.subject, identifier, State(row.state), row.created_at)


def identifier_of(database: Database, key: bytes, subject: str) -> str | None:
    """The identifier of a profile that may be used, or None if there is no such profile. Raises ProfileUnreadable."""
    usable = (profiles.c.subject == subject) & (profiles.c.state == State.CONFIRMED)
    with database.reading() as connection:
        sealed = connection.execute(select(profiles.c.identifier).where(usable)).scalar()
    return None if sealed is None else IdentifierSeal(key).open(sealed, subject)


def find(connection: Connection, claim: str) -> Credentials | None:
    """The credentials of the profile that has this claim: one query."""
    return find_all(connection, (claim,)).get(claim)


def find_all(connection: Connection, claims: Collection[str]) -> Mapping[str, Credentials]:
    """The credentials of the profiles that have these claims, by claim: one query."""
    c = profiles.c
    wanted = select(c.claim, c.subject, c.pin_hash, c.pin_sealed_by, c.state, c.created_at).where(c.claim.in_(claims))
    return {
        row.claim: Credentials(
            row.subject, SealedHash(row.pin_hash, row.pin_sealed_by), State(row.state), row.created_at
        )
        for row in connection.execute(wanted)
    }


def claim_of(connection: Connection, subject: str) -> str | None:
    """The claim of the profile with this reference."""
    return connection.execute(select(profiles.c.claim).where(profiles.c.subject == subject)).scalar()


def store(connection: Connection, keys: Keys, entries: Iterable[Entry]) -> None:
    """Make these profiles; where a claim has one already, it keeps its subject and gets the rest.

    Raises PinKeyMissing.
    """
    rows = _rows(connection, keys, entries)
    if rows:
        changing = ("pin_hash", "pin_sealed_by", "state", "created_at")
        connection.execute(upsert(connection, profiles, key=("claim",), changing=changing), rows)


def _change(connection: Connection, claim: str, values: Mapping[str, object]) -> str:
    changed = update(profiles).where(profiles.c.claim == claim).values(values).returning(profiles.c.subject)
    subject = connection.execute(changed).scalar()
    if subject is None:
        raise NoProfile(NO_PROFILE)
    return str(subject)


def _rows(connection: Connection, keys: Keys, entries: Iterable[Entry]) -> list[dict[str, object]]:
    by, seal = sealing_key.to_seal_with(connection, keys.seal), IdentifierSeal(keys.identifier)
    return [_row(seal, entry, keys.seal.close(by, entry.pin_hash, entry.claim)) for entry in entries]


def _row(seal: IdentifierSeal, entry: Entry, sealed: SealedHash) -> dict[str, object]:
    subject = secrets.token_hex(16)
    return {
        "subject": subject,
        "claim": entry.claim,
        "identifier": seal.close(entry.identifier, subject),
        "pin_hash": sealed.text,
        "pin_sealed_by": sealed.by,
        "state": entry.state,
        "created_at": entry.created_at,
    }
