"""Mandates: powers of attorney, by which the person of a profile speaks for payers.

A payer's number is kept as an identifier is: sealed, and named everywhere else by a random reference. What finds it
again is a pseudonym that is the person's own, so that the database does not tell who else speaks for the same payer.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Date,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    UniqueConstraint,
    or_,
    select,
)

from auth_pin import identifiers, payer_numbers
from auth_pin.faults import ProfileUnreadable
from auth_pin.identifier_seal import IdentifierSeal
from auth_pin.profiles import ZONE, State, profiles
from storage.database import Database, metadata
from storage.upsert import upsert

_LISTED_AT_ONCE = 1000

mandates = Table(
    "mandates",
    metadata,
    Column("reference", String(32), primary_key=True),
    Column("subject", String(32), ForeignKey("profiles.subject"), nullable=False),
    Column("claim", String(64), nullable=False),
    Column("payer", LargeBinary, nullable=False),
    Column("place", Integer, nullable=False),
    Column("valid_until", Date),
    UniqueConstraint("subject", "claim"),
    CheckConstraint("place >= 1", name="place"),
)


@dataclass(frozen=True, slots=True)
class Mandate:
    """A mandate as the operator sees it; it holds through the whole of `valid_until`, in Poland."""

    reference: str
    subject: str
    payer: str = field(repr=False)
    place: int
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A mandate to be stored: new, or in place of the one that its profile has for the same payer.

    `place` counts from 1 in the order in which callers hear their payers; one that is there already keeps its own.
    """

    subject: str
    payer: str = field(repr=False)
    place: int
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept of a profile's mandates: their ends by the pseudonyms of payers, and the last place."""

    valid_until: Mapping[str, date | None]
    last_place: int


NOTHING_KNOWN = Known({}, 0)


class Mandates:
    """What callers may choose among, and what consultants see of it. Safe to share between threads.

    Everything is asked of profiles that may be used and of mandates that hold at a time: who has lost one has none.
    `tell` hears of mandates that cannot be read; they are left out.
    """

    def __init__(self, database: Database, identifier_key: bytes, tell: Callable[[str], None]) -> None:
        self._database = database
        self._key = identifier_key
        self._seal = IdentifierSeal(identifier_key)
        self._tell = tell

    def endings(self, subject: str, at: datetime, most: int) -> Mapping[str, str]:
        """The payers of a profile, as many as `most`, as they are said: reference and last digits, in order."""
        query = _holding(subject, at).order_by(mandates.c.place, mandates.c.reference).limit(most)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        numbers = {row.reference: number for row in rows if (number := self._number(row)) is not None}
        return dict(zip(numbers, payer_numbers.endings(tuple(numbers.values())), strict=True))

    def find(self, subject: str, keyed: str, at: datetime) -> str | None:
        """The reference of the payer whose number was keyed, if the profile speaks for it."""
        wanted = mandates.c.claim == claim(self._key, subject, keyed)
        with self._database.reading() as connection:
            row = connection.execute(_holding(subject, at).where(wanted)).one_or_none()
        return None if row is None else str(row.reference)

    def number_of(self, subject: str, reference: str, at: datetime) -> str | None:
        """The number of a payer that the profile speaks for, by its reference."""
        with self._database.reading() as connection:
            row = connection.execute(_holding(subject, at).where(mandates.c.reference == reference)).one_or_none()
        return None if row is None else self._number(row)

    def _number(self, row: Row[tuple[str, bytes]]) -> str | None:
        try:
            return _opened(self._seal, row.payer, row.reference)
        except ProfileUnreadable as fault:
            self._tell(str(fault))
            return None


def claim(key: bytes, subject: str, payer: str) -> str:
    """The pseudonym of a payer among those of one profile."""
    return identifiers.pseudonym(key, f"payer of {subject}: {payer}")


def everything(database: Database, identifier_key: bytes) -> Iterator[Mandate]:
    """All mandates by profile, in their order, without holding them all in memory. Raises ProfileUnreadable."""
    seal = IdentifierSeal(identifier_key)
    query = select(mandates).order_by(mandates.c.subject, mandates.c.place, mandates.c.reference)
    with database.reading() as connection:
        for row in connection.execute(query, execution_options={"yield_per": _LISTED_AT_ONCE}):
            payer = _opened(seal, row.payer, row.reference)
            yield Mandate(row.reference, row.subject, payer, row.place, row.valid_until)


def known_of(connection: Connection, subjects: Collection[str]) -> Mapping[str, Known]:
    """What is kept of these profiles' mandates, by subject."""
    wanted = mandates.c.subject, mandates.c.claim, mandates.c.place, mandates.c.valid_until
    found: dict[str, Known] = {}
    for row in connection.execute(select(*wanted).where(mandates.c.subject.in_(subjects))):
        before = found.get(row.subject, NOTHING_KNOWN)
        ends = {**before.valid_until, row.claim: row.valid_until}
        found[row.subject] = Known(ends, max(before.last_place, row.place))
    return found


def store(connection: Connection, key: bytes, entries: Iterable[Entry]) -> None:
    """Keep these mandates; one that is there keeps its reference and its place."""
    seal = IdentifierSeal(key)
    if rows := [_row(key, seal, entry) for entry in entries]:
        statement = upsert(connection, mandates, key=("subject", "claim"), changing=("valid_until",))
        connection.execute(statement, rows)


def _row(key: bytes, seal: IdentifierSeal, entry: Entry) -> dict[str, object]:
    reference = secrets.token_hex(16)
    return {
        "reference": reference,
        "subject": entry.subject,
        "claim": claim(key, entry.subject, entry.payer),
        "payer": seal.close(entry.payer, reference),
        "place": entry.place,
        "valid_until": entry.valid_until,
    }


def _holding(subject: str, at: datetime) -> Select[tuple[str, bytes]]:
    """The mandates of a profile that may be used which hold at that time."""
    day = at.astimezone(ZONE).date()
    usable = (profiles.c.subject == subject) & (profiles.c.state == State.CONFIRMED)
    holds = or_(mandates.c.valid_until.is_(None), mandates.c.valid_until >= day)
    query = select(mandates.c.reference, mandates.c.payer)
    return query.join(profiles, profiles.c.subject == mandates.c.subject).where(usable, holds)


def _opened(seal: IdentifierSeal, sealed: bytes, reference: str) -> str:
    """A payer's number, which is sealed for the reference as an identifier is for its subject."""
    try:
        return seal.open(sealed, reference)
    except ProfileUnreadable:
        raise ProfileUnreadable(
            f"mandate {reference}: its payer's number cannot be read; the row is damaged or made with another key"
        ) from None
