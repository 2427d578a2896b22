"""Another PIN for somebody who has logged in and has keyed the old one."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from auth_pin import pins, profiles
from auth_pin.keys import Keys
from auth_pin.profiles import State
from storage.database import Database

# Makes ready to tell of a change to the profile with that claim, and gives what tells it in a transaction.
Audited = Callable[[str], Callable[[Connection], None]]


def unaudited(_claim: str) -> Callable[[Connection], None]:
    """Nobody is told."""
    return lambda _connection: None


def change(database: Database, keys: Keys, audited: Audited, subject: str, pin: str) -> bool:
    """Store a PIN that the policy has passed, and tell of it with that; False where the profile may be used no more.

    Hashing and whatever the telling needs come first: nobody else writes while a transaction lasts.

    Raises PinKeyMissing.
    """
    with database.reading() as connection:
        claim = profiles.claim_of(connection, subject)
    if claim is None:
        return False
    pin_hash, tell = pins.hashed(keys.pin, pin), audited(claim)
    with database.writing() as connection:
        found = profiles.find(connection, claim)
        if found is None or found.subject != subject or found.state is not State.CONFIRMED:
            return False
        profiles.set_pin(connection, keys, claim, pin_hash)
        tell(connection)
    return True
