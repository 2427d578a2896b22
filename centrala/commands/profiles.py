"""`centrala profiles`: who may authenticate by telephone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import BinaryIO

import click

from auth_pin import identifiers, pins
from auth_pin.profile_import import Listeners, Summary, import_profiles
from auth_pin.profiles import Profile, State, everyone
from auth_pin.profiles import add as add_profile
from centrala.commands.asking import NOT_HERE, States, asked
from centrala.commands.mandates import mandates
from centrala.commands.profile_changes import set_pin, set_state, tune
from centrala.commands.profile_keys import keys
from centrala.context import fail, installation, now, settings
from centrala.importing import explained, import_table
from centrala.service import profile_keys

ROW = "{identifier:<12}  {state:<11}  {created_at}  {subject}"


@click.group()
def profiles() -> None:
    """Profiles of callers: an identifier, a PIN and a state.

    Only a confirmed profile leads to the level full. Identifiers are kept encrypted, and PINs hashed and encrypted,
    under keys in CENTRALA_HOME/secrets. How many digits a PIN has is a setting, `authentication: pin_digits:` (6).
    """


@profiles.command("add", context_settings={"allow_extra_args": True})
@click.option("--state", type=States, default=State.CONFIRMED.value, show_default=True, help="The profile's state.")
@click.pass_context
def add(context: click.Context, state: str) -> None:
    """Make a profile: an identifier (6 to 12 digits) and a PIN (nothing easily guessed, no date).

    Both are asked for twice and not shown. Without a terminal they are read from standard input: the identifier is
    its first line, the PIN its second.
    """
    if context.args:
        fail(NOT_HERE.format(command="add", lines="two lines, the identifier and the PIN"))
    opened = installation()
    with explained():
        identifier = asked("Identifier")
        identifiers.check(identifier)
        digits = settings().authentication.pin_digits
        subject = add_profile(
            opened.database, profile_keys(opened), identifier, asked("PIN"), State(state), now(), digits
        )
    click.echo(f"profile {subject} added, {state}")


@profiles.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.option("--reveal", is_flag=True, help="Show identifiers in full instead of their last three digits.")
def list_profiles(as_json: bool, reveal: bool) -> None:
    """List the profiles, the oldest first."""
    opened = installation()
    with explained():
        found = everyone(opened.database, opened.key("identifier"))
        shown = (_shown(profile, reveal) for profile in found)
        for profile in shown:
            click.echo(json.dumps(profile) if as_json else ROW.format(**profile))


@profiles.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_file(file: Path) -> None:
    """Import profiles from a CSV FILE; safe to repeat.

    \b
    Columns, named in the first line, in any order:
      identifier   6 to 12 digits
      pin          as many digits as the settings say, or else
      pin_hash     Argon2id (m=19456,t=2,p=1) of HMAC-SHA256(pin.key, PIN);
                   in quotes, since it holds commas
      state        unconfirmed, confirmed, suspended, blocked or closed
      created_at   optional; ISO 8601, Polish time without an offset

    A row whose identifier has a profile already changes it. Bad rows are named by their line and left out; the exit
    code is then 1.
    """
    opened, found = installation(), settings().authentication
    secret = profile_keys(opened)
    pins.allow(found.hashes_at_once)

    def run(source: BinaryIO, listeners: Listeners) -> Summary:
        return import_profiles(opened.database, secret, source, now(), listeners, found.pin_digits)

    import_table(file, run)


def _shown(profile: Profile, reveal: bool) -> dict[str, str]:
    return {
        "identifier": profile.identifier if reveal else identifiers.masked(profile.identifier),
        "state": str(profile.state),
        "created_at": profile.created_at.isoformat(timespec="seconds"),
        "subject": profile.subject,
    }


for command in (set_pin, set_state, mandates, keys, tune):
    profiles.add_command(command)
