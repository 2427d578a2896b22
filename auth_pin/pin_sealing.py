"""Sealing all hashes of PINs anew under another key, in portions, while people log in; and retiring the old one.

Killed at any moment, it is run again: what is done is found done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, update

from auth_pin import sealing_key
from auth_pin.faults import KeyInUse, PinUnreadable
from auth_pin.pin_seal import PinSeal, SealedHash
from auth_pin.profiles import profiles
from storage.database import Database, overwrite_what_is_deleted
from storage.distinct import distinct
from storage.installation import find_mark, keep_mark

ALL_SEALED = "pins-sealed"


@dataclass(frozen=True, slots=True)
class Portion:
    """What came of some rows: how many were sealed anew, the profiles that could not be read, and the last claim."""

    sealed: int
    unreadable: tuple[str, ...]
    last: str | None


def seal_anew(database: Database, seal: PinSeal, most: int, after: str = "") -> Portion:
    """Seal so many hashes anew that another key than the present one has sealed, or none, from this claim on.

    One transaction. Raises PinKeyMissing.
    """
    plain_counts = not everything_is_sealed(database)
    with database.writing() as connection:
        overwrite_what_is_deleted(connection)
        sealing_key.alone(connection)
        by = sealing_key.to_seal_with(connection, seal)
        c = profiles.c
        others = or_(c.pin_sealed_by.is_(None), c.pin_sealed_by != by)
        rows = connection.execute(select(profiles).where(others, c.claim > after).order_by(c.claim).limit(most)).all()
        unreadable = tuple(row.subject for row in rows if not _seal(connection, seal, by, row, plain_counts))
    return Portion(len(rows) - len(unreadable), unreadable, rows[-1].claim if rows else None)


def everything_is_sealed(database: Database) -> bool:
    """Whether what an older version had stored was sealed: from then on a hash that is not sealed does not count.

    Otherwise one out of an old copy of the database could be put into any row.
    """
    return find_mark(database, ALL_SEALED) is not None


def keep_that_everything_is_sealed(database: Database) -> None:
    """Have the database know it."""
    keep_mark(database, ALL_SEALED, "yes")


def sealed_by(connection: Connection) -> dict[str | None, int]:
    """How many hashes each key seals; None: those that no key does."""
    c = profiles.c.pin_sealed_by
    return {row[0]: row[1] for row in connection.execute(select(c, func.count()).group_by(c))}


def sealing(connection: Connection) -> tuple[str, ...]:
    """The ids of the keys that seal any."""
    return distinct(connection, profiles.c.pin_sealed_by)


def see_that_it_may_go(connection: Connection, id: str) -> None:
    """Raises KeyInUse: it seals something, or is the one to seal with. Until this transaction ends that stays so."""
    sealing_key.alone(connection)
    if id == sealing_key.current(connection):
        raise KeyInUse(f"the key {id} seals PINs now; run centrala profiles keys rotate first")
    number = connection.execute(select(func.count()).where(profiles.c.pin_sealed_by == id)).scalar_one()
    if number:
        raise KeyInUse(f"the key {id} still seals {number} PINs; run centrala profiles keys rotate first")


def _seal(connection: Connection, seal: PinSeal, by: str, row: Row[Any], plain_counts: bool) -> bool:
    """Seal one anew; False: it cannot be read, and stays as it is."""
    pin_hash = row.pin_hash if row.pin_sealed_by is None and plain_counts else _opened(seal, row)
    try:
        sealed = None if pin_hash is None else seal.close(by, pin_hash, row.claim)
    except ValueError:
        sealed = None
    if sealed is None:
        return False
    values = {"pin_hash": sealed.text, "pin_sealed_by": sealed.by}
    connection.execute(update(profiles).where(profiles.c.claim == row.claim).values(values))
    return True


def _opened(seal: PinSeal, row: Row[Any]) -> str | None:
    try:
        return seal.open(SealedHash(row.pin_hash, row.pin_sealed_by), row.claim)
    except PinUnreadable:
        return None
