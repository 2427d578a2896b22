"""Entries of the audit, in a chain of hashes.

People are in it by a pseudonym under a key of their own: when that key is destroyed nobody can tell any more whose
entries those were, and the chain stays whole. No number, name or identifier of a caller is in any of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Connection, Select, func, insert, select

from audit.records import ACTOR_LENGTH, DETAILS_LENGTH, OBJECT_LENGTH, audit_entries, audit_trimmings
from storage import chain
from storage.chain import NOTHING, Head

CALLER = "caller"
"""Who has done what callers do by telephone."""

AUDIT = int.from_bytes(b"audit")  # PostgreSQL's advisory locks are named by 64-bit numbers
_KIND = "centrala audit 1"


class Action(StrEnum):
    """What was done."""

    RECORDING_SHOWN = "recording shown"
    RECORDING_PLAYED = "recording played"
    RECORDING_EXPORTED = "recording exported"
    RECORDING_REFUSED = "recording refused"
    RECORDING_SCORED = "recording scored"
    TRANSCRIPT_READ = "transcript read"
    HOLD_PLACED = "hold placed"
    HOLD_LIFTED = "hold lifted"
    CONSENT_WITHDRAWN = "consent withdrawn"
    KEYS_ROTATED = "keys rotated"
    KEY_RETIRED = "key retired"
    LOGIN_ASKED_FOR = "login asked for"
    LOGIN_ACCEPTED = "login accepted"
    LOGIN_REFUSED = "login refused"
    LOGIN_DELAYED = "login delayed"
    LEVEL_RAISED = "level raised"
    LEVEL_SHOWN = "level shown"
    CALLER_AUTHORISED = "caller authorised"
    AUTHORISATION_REFUSED = "authorisation refused"
    PIN_SET = "PIN set"
    PROFILE_STATE_SET = "profile state set"
    TERM_DECIDED = "term decided"
    PERSON_EXPORTED = "person exported"
    PERSON_ERASED = "person erased"


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what with what, and whom it was about.

    `actor` is who did it (a login name, or what they call themselves). `object` says to what: a kind and an id, as
    "recording:<id>". `person` is a pseudonym, or None where it was about nobody. `details` is a line without personal
    data.
    """

    at: datetime
    actor: str
    action: Action
    object: str
    person: str | None = None
    details: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for what has no room."""
        for text, most in ((self.actor, ACTOR_LENGTH), (self.object, OBJECT_LENGTH), (self.details, DETAILS_LENGTH)):
            if len(text) > most:
                raise ValueError(f"longer than {most} characters: {text[:20]}...")


@dataclass(frozen=True, slots=True)
class Written:
    """An entry as it stands in the chain."""

    number: int
    at: datetime
    actor: str
    action: str
    object: str
    person: str | None
    details: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Trimming:
    """Entries up to `number` that were taken out, by which policy and when."""

    number: int
    policy: str
    at: datetime


def append(connection: Connection, entry: Entry) -> Written:
    """Lengthen the chain, in the caller's transaction: what is done, is done together with its entry."""
    one_at_a_time(connection)
    last = head(connection)
    values = asdict(entry) | {
        "action": str(entry.action),
        "at": entry.at.astimezone(UTC),
        "number": last.number + 1,
        "previous": last.hash,
    }
    made = Written(**values, hash=hash_of(Written(**values, hash="")))
    connection.execute(insert(audit_entries), asdict(made))
    return made


def head(connection: Connection) -> Head:
    """The number and hash of the newest entry, or of the last one that was taken out where none is left."""
    c = audit_entries.c
    row = connection.execute(select(c.number, c.hash).order_by(c.number.desc()).limit(1)).one_or_none()
    return beginning(connection) if row is None else Head(row.number, row.hash)


def beginning(connection: Connection) -> Head:
    """Where the chain begins: the last entry that was taken out."""
    c = audit_trimmings.c
    row = connection.execute(select(c.number, c.hash).order_by(c.number.desc()).limit(1)).one_or_none()
    return NOTHING if row is None else Head(row.number, row.hash)


def trimmings(connection: Connection) -> tuple[Trimming, ...]:
    """When entries were taken out, the first time first."""
    rows = connection.execute(select(audit_trimmings).order_by(audit_trimmings.c.number))
    return tuple(Trimming(row.number, row.policy, row.at) for row in rows)


def everything(connection: Connection) -> Iterator[Written]:
    """All entries, the oldest first, read as they are needed."""
    return _read(connection, _all())


def of_person(connection: Connection, pseudonym: str) -> Iterator[Written]:
    """The entries about a person, the oldest first."""
    return _read(connection, _all().where(audit_entries.c.person == pseudonym))


def is_about(connection: Connection, pseudonym: str) -> bool:
    """Whether anything was done about a person."""
    c = audit_entries.c
    return connection.execute(select(c.number).where(c.person == pseudonym).limit(1)).first() is not None


def is_told(connection: Connection, pseudonym: str, action: Action) -> bool:
    """Whether that was ever done about a person."""
    c = audit_entries.c
    query = select(c.number).where(c.person == pseudonym, c.action == str(action)).limit(1)
    return connection.execute(query).first() is not None


def of_object(connection: Connection, object: str) -> Iterator[Written]:
    """The entries about a thing, the oldest first."""
    return _read(connection, _all().where(audit_entries.c.object == object))


def one_at_a_time(connection: Connection) -> None:
    """Until this transaction ends nobody else lengthens or trims the chain. SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(AUDIT)))


def hash_of(entry: Written) -> str:
    """SHA-256 over every field but the hash itself; no person is another text than an empty one."""
    fields = (
        _KIND,
        str(entry.number),
        chain.moment(entry.at),
        entry.actor,
        entry.action,
        entry.object,
        "nobody" if entry.person is None else f"person {entry.person}",
        entry.details,
        entry.previous,
    )
    return chain.digest(fields)


def _all() -> Select[tuple[object, ...]]:
    return select(audit_entries).order_by(audit_entries.c.number)


def _read(connection: Connection, query: Select[tuple[object, ...]]) -> Iterator[Written]:
    for row in connection.execute(query.execution_options(yield_per=1000)):
        yield Written(**row._mapping)
