"""The keys that seal hashes of PINs: where they lie, and the one way to open them.

The first is made where nothing was ever sealed; anywhere else it is a fault that a key is missing. What an older
version stored is sealed once, when the keys are opened for the first time.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from auth_pin import pin_sealing, sealing_key
from auth_pin.faults import PinKeyMissing
from auth_pin.keys import Keys
from auth_pin.pin_seal import VARIABLE, PinSeal
from auth_pin.pin_sealing import Portion
from storage.database import write_log_back
from storage.home import Home
from storage.installation import Installation, shown
from storage.key_ring import LONGEST_ID, KeyFault, KeyRing, make_key, read_ring

BATCH = 500


def key_folder(home: Home) -> Path:
    """Where they lie, unless the environment has them."""
    return home.secrets / "pin-keys"


def read_pin_keys(home: Home, environ: Mapping[str, str]) -> KeyRing:
    """The keys that are given, be there any or none. Raises PinKeyMissing: unusable."""
    try:
        return read_ring(key_folder(home), environ, VARIABLE) or KeyRing({})
    except KeyFault as fault:
        raise PinKeyMissing(str(fault)) from fault


def open_profile_keys(opened: Installation, environ: Mapping[str, str], now: datetime) -> Keys:
    """All keys that profiles need; a first one is made where there has never been any, and said so on stderr.

    Raises PinKeyMissing: one that seals PINs is missing, unusable or another one; OSError.
    """
    seal = PinSeal(partial(read_pin_keys, opened.home, environ))
    with opened.database.reading() as connection:
        now_seals, sealing = sealing_key.current(connection), pin_sealing.sealing(connection)
    needed = {*sealing, *({now_seals} if now_seals else ())}
    if not needed and not seal.ring.keys:
        make_new_key(opened.home, next_id(now, ""))
        seal = PinSeal(partial(read_pin_keys, opened.home, environ))
    where = VARIABLE if environ.get(VARIABLE) else str(key_folder(opened.home))
    _see_that_all_are_there(opened, seal, needed, where)
    _seal_what_is_not(opened, seal)
    return Keys(identifier=opened.key("identifier"), pin=opened.key("pin"), seal=seal)


def sealed_anew(opened: Installation, seal: PinSeal) -> Iterator[Portion]:
    """Seal everything with the present key that it has not sealed yet, portion by portion. Raises PinKeyMissing."""
    after = ""
    while True:
        portion = pin_sealing.seal_anew(opened.database, seal, BATCH, after)
        if portion.last is None:
            break
        after = portion.last
        yield portion
    if opened.database.engine.dialect.name == "sqlite":
        # What was there before stands in the log until then.
        with opened.database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            write_log_back(connection)


def make_new_key(home: Home, id: str) -> None:
    """Make a key, and say so on stderr. Raises OSError."""
    path = make_key(key_folder(home), id)
    print(f"made the key {path}, which seals PINs; keep a copy of it apart from the database", file=sys.stderr)


def next_id(now: datetime, last: str) -> str:
    """The id of a new key: behind `last` in the alphabet, and not what another machine would call its own."""
    chance = secrets.token_hex(2)
    id = f"{now.astimezone(UTC):%Y-%m-%d-%H%M%S}-{chance}"
    return id if id > last else f"{last[: LONGEST_ID - 1]}z"


def _seal_what_is_not(opened: Installation, seal: PinSeal) -> None:
    if pin_sealing.everything_is_sealed(opened.database):
        return
    if number := sum(portion.sealed for portion in sealed_anew(opened, seal)):
        print(f"sealed {number} PINs that an older version had stored", file=sys.stderr)
    pin_sealing.keep_that_everything_is_sealed(opened.database)


def _see_that_all_are_there(opened: Installation, seal: PinSeal, needed: set[str], where: str) -> None:
    if missing := sorted(needed - seal.ring.keys.keys()):
        raise PinKeyMissing(
            f"{', '.join(missing)}: missing, but PINs in {shown(opened.home)} are sealed with it; put it back from "
            f"your backup, or another machine of this installation, into {key_folder(opened.home)} or {VARIABLE}"
        )
    with opened.database.reading() as connection:
        if wrong := sealing_key.impostors(connection, seal.ring, sorted(needed)):
            raise PinKeyMissing(
                f"{where}: {', '.join(wrong)} is not the key of that name that seals PINs in {shown(opened.home)}; "
                "put the right one back from your backup"
            )
