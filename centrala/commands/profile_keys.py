"""`centrala profiles keys`: the keys that seal PINs."""

from __future__ import annotations

import json
import os

import click

from audit import entries
from audit.entries import Action, Entry
from auth_pin import pin_sealing, sealing_key
from auth_pin.faults import PinKeyMissing
from auth_pin.pin_seal import VARIABLE, PinSeal
from auth_pin.pin_sealing import Portion
from centrala.context import fail, installation, now, who
from centrala.importing import explained
from centrala.pin_keys import key_folder, make_new_key, next_id, read_pin_keys, sealed_anew
from centrala.service import profile_keys
from storage.installation import Installation
from storage.key_ring import KeyRing

ROW = "{id:<24}  {seals:>8}  {state}"
UNSEALED = "(none)"


@click.group()
def keys() -> None:
    """The keys that seal PINs: files in CENTRALA_HOME/secrets/pin-keys, or CENTRALA_PIN_KEYS=id:hex,id:hex.

    The database knows which one seals; the others only open what they have sealed.
    """


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_(as_json: bool) -> None:
    """List them, and how many PINs each seals."""
    opened = installation()
    with explained():
        given = read_pin_keys(opened.home, os.environ)
    with opened.database.reading() as connection:
        current, seals = sealing_key.current(connection), pin_sealing.sealed_by(connection)
    for id in sorted({id or UNSEALED for id in seals} | given.keys.keys() | ({current} if current else set())):
        told = {"id": id, "seals": seals.get(None if id == UNSEALED else id, 0), "state": _state(id, given, current)}
        click.echo(json.dumps(told) if as_json else ROW.format(**told))


@keys.command("rotate")
def rotate() -> None:
    """Make a new key and seal all PINs anew with it, while callers log in. Safe to repeat, also after it was killed.

    Where several machines share a database put the new key on all of them first: 64 hexadecimal digits in
    secrets/pin-keys/NAME.key, or in CENTRALA_PIN_KEYS, with a name behind the others in the alphabet. No other key is
    made then. With CENTRALA_PIN_KEYS, start every running centrala anew before this.
    """
    opened = installation()
    with explained():
        seal = profile_keys(opened).seal
        done = _rotated(opened, seal)
        with opened.database.reading() as connection:
            id, still = sealing_key.current(connection), pin_sealing.sealing(connection)
    click.echo(f"{sum(portion.sealed for portion in done)} PINs are sealed with {id} now")
    for subject in (subject for portion in done for subject in portion.unreadable):
        click.echo(f"profile {subject}: its PIN cannot be read; set it anew: centrala profiles set-pin", err=True)
    if old := ", ".join(sorted(seal.ring.keys.keys() - {id, *still})):
        click.echo(f"{old}: may be retired: centrala profiles keys retire ID")


@keys.command("retire")
@click.argument("id")
def retire(id: str) -> None:
    """Destroy the key ID, once it seals nothing any more.

    Destroy copies of it as well, on other machines and in backups. PINs in a backup of the database that was made
    before the key was rotated then open no more.
    """
    opened = installation()
    with explained():
        given = read_pin_keys(opened.home, os.environ)
        if id not in given.keys:
            fail(f"there is no key {id}; see centrala profiles keys list")
        if os.environ.get(VARIABLE):
            fail(f"the keys are in {VARIABLE}: take {id} out of it there, once centrala profiles keys list says 0")
        with opened.database.writing() as connection:
            pin_sealing.see_that_it_may_go(connection, id)
            entries.append(connection, Entry(now(), who(None), Action.KEY_RETIRED, f"pin key:{id}"))
    (key_folder(opened.home) / f"{id}.key").unlink(missing_ok=True)
    click.echo(f"{id} is destroyed here; destroy copies of it as well")


def _rotated(opened: Installation, seal: PinSeal) -> tuple[Portion, ...]:
    """Finish what was begun, or else begin with the next key: what was sealed anew. Raises PinKeyMissing."""
    with opened.database.reading() as connection:
        current = sealing_key.current(connection) or ""
    given = seal.ring
    if given.current <= current:
        done = tuple(sealed_anew(opened, seal))
        if any(portion.sealed for portion in done):
            return done
        if os.environ.get(VARIABLE):
            raise PinKeyMissing(f"{VARIABLE}: add a key there whose name comes behind {current} in the alphabet")
        make_new_key(opened.home, next_id(now(), current))
        given = read_pin_keys(opened.home, os.environ)
    with opened.database.writing() as connection:
        sealing_key.change(connection, given, given.current)
        entries.append(connection, Entry(now(), who(None), Action.KEYS_ROTATED, f"pin key:{given.current}"))
    return tuple(sealed_anew(opened, seal))


def _state(id: str, given: KeyRing, current: str | None) -> str:
    if id == UNSEALED:
        return "not sealed"
    if id not in given.keys:
        return "missing"
    return "current" if id == current else "old" if id < (current or "") else "next"
