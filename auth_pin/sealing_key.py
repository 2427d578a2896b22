"""Which key seals the hashes of PINs now: the database knows, so that all processes of an installation agree.

Whoever stores a hash shares a lock with others who do; whoever changes the key, or retires one, holds it alone. So
nothing is sealed any more by a key that has been left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from auth_pin.faults import PinKeyMissing
from auth_pin.pin_seal import PinSeal
from storage.installation import key_marks
from storage.key_ring import KeyRing
from storage.upsert import upsert

MARK = "pin-key"
SEALING = int.from_bytes(b"pin keys")  # PostgreSQL's advisory locks are named by 64-bit numbers


def current(connection: Connection) -> str | None:
    """The id of the key that seals; None where none has sealed anything yet."""
    return connection.execute(select(key_marks.c.mark).where(key_marks.c.name == MARK)).scalar()


def to_seal_with(connection: Connection, seal: PinSeal) -> str:
    """The id of the key to seal with until this transaction ends. Raises PinKeyMissing: no key at all was given.

    The first time it is the last one in alphabetical order, unless another process was quicker.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock_shared(SEALING)))
    found = current(connection)
    if found is None:
        if not seal.ring.keys:
            raise PinKeyMissing("there is no key to seal PINs with")
        _keep(connection, seal.ring, seal.ring.current, changing=())
        found = current(connection)
    assert found is not None, "it is kept now"
    return found


def change(connection: Connection, ring: KeyRing, id: str) -> None:
    """From now on this key seals; `pin_sealing.seal_anew` then goes through what others have sealed.

    Raises PinKeyMissing: another key of that name has sealed here.
    """
    alone(connection)
    if impostors(connection, ring, (id,)):
        raise PinKeyMissing(f"another key has sealed PINs by the name {id}; give the new one a name of its own")
    _keep(connection, ring, id, changing=("mark",))


def impostors(connection: Connection, ring: KeyRing, ids: Iterable[str]) -> tuple[str, ...]:
    """Those of these keys that are not the ones of their names that have ever sealed here."""
    known = {row.name: row.mark for row in connection.execute(select(key_marks))}
    return tuple(id for id in ids if known.get(_name(id), ring.mark(id)) != ring.mark(id))


def alone(connection: Connection) -> None:
    """Until this transaction ends nobody else seals a hash. SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(SEALING)))


def _keep(connection: Connection, ring: KeyRing, id: str, changing: tuple[str, ...]) -> None:
    first = upsert(connection, key_marks, key=("name",), changing=())
    connection.execute(first, {"name": _name(id), "mark": ring.mark(id)})
    connection.execute(upsert(connection, key_marks, key=("name",), changing=changing), {"name": MARK, "mark": id})


def _name(id: str) -> str:
    """Of the mark by which the database knows a key; ids have no room there."""
    return f"{MARK} {hashlib.sha256(id.encode()).hexdigest()[:12]}"
