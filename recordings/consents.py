"""Consents to be recorded: who agreed to what, when, and to which wording."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Column, Connection, Index, String, Table, delete, insert, select, update

from storage.database import Instant, metadata

consents = Table(
    "consents",
    metadata,
    Column("call_id", String(36), primary_key=True),
    Column("purpose", String(20), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("given", Boolean(name="given_is_boolean"), nullable=False),
    Column("wording", String(20), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("withdrawn_at", Instant, index=True),
    Index("ix_consents_at", "at"),
)


@dataclass(frozen=True, slots=True)
class Consent:
    """A caller's decision on one purpose. `wording` is the version of the notice, heard in the language `lang`.

    What was `given` ends at `withdrawn_at`, for what was recorded before as well.
    """

    call_id: str
    purpose: str
    at: datetime
    given: bool
    wording: str
    lang: str
    withdrawn_at: datetime | None = None

    @property
    def in_force(self) -> bool:
        """Whether the caller agrees."""
        return self.given and self.withdrawn_at is None


def store(connection: Connection, consent: Consent) -> None:
    """Keep a decision; a call decides once for each purpose."""
    connection.execute(
        insert(consents),
        {
            "call_id": consent.call_id,
            "purpose": consent.purpose,
            "at": consent.at,
            "given": consent.given,
            "wording": consent.wording,
            "lang": consent.lang,
        },
    )


def remove(connection: Connection, call_id: str) -> None:
    """Take a call's decisions out: nothing is left that was recorded with them."""
    connection.execute(delete(consents).where(consents.c.call_id == call_id))


def withdraw(connection: Connection, call_id: str, at: datetime) -> bool:
    """The call's consents end, for every purpose; whether there were any. Of one that has ended the moment stays."""
    c = consents.c
    ended = update(consents).where(c.call_id == call_id, c.given, c.withdrawn_at.is_(None)).values(withdrawn_at=at)
    return connection.execute(ended).rowcount > 0


def withdrawn_at(connection: Connection, call_id: str) -> datetime | None:
    """When consent to anything of the call was withdrawn."""
    return next((one.withdrawn_at for one in of_call(connection, call_id) if one.withdrawn_at), None)


def of_call(connection: Connection, call_id: str) -> tuple[Consent, ...]:
    """The decisions of a call."""
    rows = connection.execute(select(consents).where(consents.c.call_id == call_id).order_by(consents.c.at))
    return tuple(Consent(**row._mapping) for row in rows)
