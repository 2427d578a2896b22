"""`centrala recordings keys`: the keys that wrap recordings' keys."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from audit import entries
from audit.entries import Action, Entry
from centrala import context, keeping
from centrala.context import explained, installation, today, who
from recordings import key_backups
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
        done = f"{wrapped} were wrapped"
        entry = Entry(context.now(), who(None), Action.KEYS_ROTATED, f"keys:{given.current}", details=done)
        entries.append(connection, entry)
    click.echo(f"{wrapped} keys are wrapped with {given.current} now")
    if old := ", ".join(sorted(given.keys.keys() - {given.current})):
        click.echo(f"{old}: may be retired, once every running centrala was started anew and keys list says 0")


@keys.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), required=False)
def backup(folder: Path | None) -> None:
    """Copy the keys into FOLDER (default: the settings'), and destroy copies there that are too old.

    How long a copy lives is a setting, `recordings: key_backups: days:` (7). That long a recording that was destroyed
    could still be heard by who has the archive of that time, the copy and the key that wraps: so a few days only. The
    retention job does this each night where `folder:` is set.
    """
    settings = context.settings().recordings.key_backups
    where = folder or settings.folder
    if where is None:
        context.fail("where to? Name a FOLDER, or recordings: key_backups: folder: in the settings")
    with explained(RecordingFault), keeping.open_keys(installation(), os.environ, KeyEncryption({})) as store:
        made, over = keeping.back_keys_up(store, where, settings.days, context.now())
    click.echo(f"{made.path}: made; {len(over)} older destroyed")


@keys.command()
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
def restore(file: Path) -> None:
    """Put keys back that were lost, from a copy that `backup` made.

    Keys of recordings that were destroyed since, and of people who were erased, stay destroyed; so does every key of
    no recording in the catalogue. Where the catalogue is lost as well, put its database back first.
    """
    opened = installation()
    with explained(RecordingFault), keeping.open_lost_keys(opened, os.environ, _given(opened.home)) as store:
        gone = keeping.not_kept(opened.database), keeping.erased(opened.database, store.people)
        restored = key_backups.restore(file, store, *gone)
    click.echo(f"{restored.put_back} keys put back; {restored.left_out} of what is not kept left out")


def _given(home: Home) -> KeyEncryption:
    found = read_keys(keeping.key_folder(home), os.environ)
    if found is None:
        raise KeyMissing(f"{keeping.key_folder(home)}: the keys are gone")
    return found
