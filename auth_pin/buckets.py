"""Token buckets: of each caller's number, by its pseudonym, and of the whole service."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Column, Connection, Index, String, Table

from storage.database import Instant, metadata
from storage.upsert import upsert

SERVICE = "service"

_PURPOSE = b"centrala: callers' numbers"

auth_buckets = Table(
    "auth_buckets",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("full_at", Instant, nullable=False),
    Index("ix_auth_buckets_full_at", "full_at"),
)


def caller_name(key: bytes, number: str) -> str:
    """The pseudonym of a caller's number, under a key derived (HKDF, RFC 5869) from that of identifiers.

    Numbers that are withheld are one: who hides has no bucket of their own.
    """
    derived = HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(key)
    return hmac.new(derived, number.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def find(connection: Connection, caller: str, now: datetime) -> tuple[datetime, datetime]:
    """When the caller's bucket and that of the service are full; nobody else changes them until the transaction ends.

    All attempts take turns at the service's. One that is not there is made, and full.
    """
    # An upsert, since a row that is not there cannot be locked.
    statement = upsert(connection, auth_buckets, key=("name",), changing=("name",))
    rows = [{"name": name, "full_at": now} for name in (SERVICE, caller)]
    wanted = auth_buckets.c.name, auth_buckets.c.full_at
    full_at = {row.name: row.full_at for row in connection.execute(statement.values(rows).returning(*wanted))}
    return full_at[caller], full_at[SERVICE]


def store(connection: Connection, caller: str, full_at: datetime, service_full_at: datetime) -> None:
    """Keep when they are full."""
    statement = upsert(connection, auth_buckets, key=("name",), changing=("full_at",))
    rows = [{"name": SERVICE, "full_at": service_full_at}, {"name": caller, "full_at": full_at}]
    connection.execute(statement.values(rows))
