"""Which key seals the hashes of PINs now: the database knows, so that all processes of an installation agree.

Whoever stores a hash shares a lock with others who do; whoever changes the key, or retires one, holds it alone. So
nothing is sealed any more by a key that has been left.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from auth_pin.faults import PinKeyMissing
from auth_pin.pin_seal import PinSeal
from storage.installation import key_marks
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
        statement = upsert(connection, key_marks, key=("name",), changing=())
        connection.execute(statement, {"name": MARK, "mark": seal.ring.current})
        found = current(connection)
    assert found is not None, "it is kept now"
    return found


def change(connection: Connection, id: str) -> None:
    """From now on this key seals; `pin_sealing.seal_anew` then goes through what others have sealed."""
    alone(connection)
    statement = upsert(connection, key_marks, key=("name",), changing=("mark",))
    connection.execute(statement, {"name": MARK, "mark": id})


def alone(connection: Connection) -> None:
    """Until this transaction ends nobody else seals a hash. SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(SEALING)))
