"""`centrala profiles`: who may authenticate by telephone."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

import click
from sqlalchemy.exc import OperationalError

from auth_pin.faults import ProfileFault
from auth_pin.identifiers import masked
from auth_pin.keys import Keys
from auth_pin.profile_import import BadRow, Listeners, Summary, import_profiles
from auth_pin.profiles import Profile, State, everyone
from auth_pin.profiles import add as add_profile
from centrala.context import fail, installation, now
from storage.installation import Installation

CLEAR_LINE = "\r\x1b[K"
LONGEST_PIN_LINE = 1024

States = click.Choice([str(state) for state in State])


@click.group()
def profiles() -> None:
    """Profiles of callers: an identifier, a PIN and a state.

    Only a confirmed profile leads to the level full. Identifiers are kept encrypted and PINs hashed, both under keys
    in CENTRALA_HOME/secrets.
    """


@profiles.command("add")
@click.argument("identifier")
@click.option("--state", type=States, default=State.CONFIRMED.value, show_default=True, help="The profile's state.")
def add(identifier: str, state: str) -> None:
    """Make a profile for IDENTIFIER (6 to 12 digits).

    The PIN (6 digits, nothing easily guessed) is asked for twice and not shown; without a terminal it is the first
    line of standard input.
    """
    opened = installation()
    with _explained():
        subject = add_profile(opened.database, _keys(opened), identifier, _asked_pin(), State(state), now())
    click.echo(f"profile {subject} added, {state}")


@profiles.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array of objects.")
@click.option("--reveal", is_flag=True, help="Show identifiers in full instead of their last three digits.")
def list_profiles(as_json: bool, reveal: bool) -> None:
    """List the profiles, the oldest first."""
    opened = installation()
    with _explained():
        found = everyone(opened.database, _keys(opened))
        shown = (_shown(profile, reveal) for profile in found)
        _print_json(shown) if as_json else _print_table(shown)


@profiles.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_file(file: Path) -> None:
    """Import profiles from a CSV FILE; safe to repeat.

    \b
    Columns, named in the first line, in any order:
      identifier   6 to 12 digits
      pin          6 digits, or else
      pin_hash     Argon2id (m=19456,t=2,p=1) of HMAC-SHA256(pin.key, PIN);
                   in quotes, since it holds commas
      state        unconfirmed, confirmed, suspended, blocked or closed
      created_at   optional; ISO 8601, Polish time without an offset

    A row whose identifier has a profile already changes it. Bad rows are named by their line and left out; the exit
    code is then 1.
    """
    opened = installation()
    with _explained(str(file)), file.open("rb") as source:
        summary = _import_with_progress(opened, source, file)
    rows = summary.added + summary.changed + summary.unchanged + summary.bad
    counts = f"{summary.added} added, {summary.changed} changed, {summary.unchanged} unchanged, {summary.bad} bad"
    click.echo(f"{rows} rows: {counts}")
    sys.exit(1 if summary.bad else 0)


def _import_with_progress(opened: Installation, source: BinaryIO, file: Path) -> Summary:
    size = os.fstat(source.fileno()).st_size
    with click.progressbar(length=size, label="importing", file=sys.stderr) as bar:
        listeners = Listeners(partial(_tell_bad_row, file), partial(_tell_unknown, file), bar.update)
        return import_profiles(opened.database, _keys(opened), source, now(), listeners)


def _tell_bad_row(file: Path, bad: BadRow) -> None:
    _tell(f"{file}:{bad.line}: {bad.message}")


def _tell_unknown(file: Path, columns: tuple[str, ...]) -> None:
    _tell(f"{file}:1: warning: columns that are not read: {', '.join(columns)}")


def _tell(message: str) -> None:
    """Write a line where the progress bar stands; the bar draws itself again below."""
    click.echo((CLEAR_LINE if sys.stderr.isatty() else "") + message, err=True)


def _asked_pin() -> str:
    if sys.stdin.isatty():
        return click.prompt("PIN", hide_input=True, confirmation_prompt="PIN again", err=True)
    return sys.stdin.buffer.readline(LONGEST_PIN_LINE).decode("ascii", "replace").strip()


def _keys(opened: Installation) -> Keys:
    return Keys(identifier=opened.key("identifier"), pin=opened.key("pin"))


def _shown(profile: Profile, reveal: bool) -> dict[str, str]:
    return {
        "identifier": profile.identifier if reveal else masked(profile.identifier),
        "state": str(profile.state),
        "created_at": profile.created_at.isoformat(timespec="seconds"),
        "subject": profile.subject,
    }


def _print_table(shown: Iterator[dict[str, str]]) -> None:
    for profile in shown:
        click.echo("{identifier:<12}  {state:<11}  {created_at}  {subject}".format(**profile))


def _print_json(shown: Iterator[dict[str, str]]) -> None:
    """One array, an object a line, written as it is read."""
    before = "["
    for profile in shown:
        click.echo(f"{before}\n{json.dumps(profile)}", nl=False)
        before = ","
    click.echo("[]" if before == "[" else "\n]")


@contextmanager
def _explained(subject: str | None = None) -> Iterator[None]:
    """End with a message for people where something can be put right."""
    try:
        yield
    except ProfileFault as fault:
        fail(f"{subject}: {fault}" if subject else str(fault))
    except OperationalError as error:
        fail(f"the database does not answer ({error.orig})")
    except OSError as error:
        fail(f"{error.filename or subject}: {error.strerror}")
