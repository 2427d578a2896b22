"""`centrala recordings keys`: the keys that wrap recordings' keys."""

from __future__ import annotations

import json
import os

import click

from audit import entries
from audit.entries import Action, Entry
from centrala import keeping
from centrala.context import explained, installation, now, today
from centrala.forms import who
from recordings.faults import KeyMissing, RecordingFault
from recordings.key_encryption import VARIABLE, KeyEncryption, read_keys
from storage.home import Home

BATCH = 500
ROW = "{id:<24}  {wraps:>8}  {state}"


@click.group()
def keys() -> None:
    """The keys that wrap recordings' keys: the last one in alphabetical order wraps, the others only unwrap."""


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_(as_json: bool) -> None:
    """List them, and how many recordings' keys each wraps."""
    opened = installation()
    with explained(RecordingFault):
        given = read_keys(keeping.key_folder(opened.home), os.environ) or KeyEncryption({})
        with keeping.open_keys(opened, os.environ, given) as store:
            wraps = store.wrapped_by()
    for id in sorted(wraps.keys() | given.keys.keys()):
        state = "missing" if id not in given.keys else "current" if id == given.current else "old"
        told = {"id": id, "wraps": wraps.get(id, 0), "state": state}
        click.echo(json.dumps(told) if as_json else ROW.format(**told))


@keys.command("rotate")
def rotate() -> None:
    """Make a new key and wrap everything with it; no recording is encrypted again. Safe to repeat.

    Where the keys are in CENTRALA_RECORDING_KEYS no key is made: add one there whose name is the last in alphabetical
    order, and run this.
    """
    opened = installation()
    with explained(RecordingFault):
        with keeping.open_archive(opened, os.environ, today()):
            given = _given(opened.home)
        if not os.environ.get(VARIABLE):
            keeping.make_new_key(opened.home, keeping.next_key_id(today(), given.current))
            given = _given(opened.home)
        with keeping.open_keys(opened, os.environ, given) as store:
            wrapped = sum(iter(lambda: store.rewrap(BATCH), 0))
            store.forget_traces()
    with opened.database.writing() as connection:
        done = Entry(now(), who(None), Action.KEYS_ROTATED, f"keys:{given.current}", details=f"{wrapped} were wrapped")
        entries.append(connection, done)
    click.echo(f"{wrapped} keys are wrapped with {given.current} now")
    if old := ", ".join(sorted(given.keys.keys() - {given.current})):
        click.echo(f"{old}: may be retired, once every running centrala was started anew and keys list says 0")


def _given(home: Home) -> KeyEncryption:
    found = read_keys(keeping.key_folder(home), os.environ)
    if found is None:
        raise KeyMissing(f"{keeping.key_folder(home)}: the keys are gone")
    return found
