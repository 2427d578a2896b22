"""`centrala profiles mandates`: for which payers callers may speak."""

from __future__ import annotations

import json
from pathlib import Path
from typing import BinaryIO

import click

from auth_pin import identifiers
from auth_pin.mandate_import import import_mandates
from auth_pin.mandates import Mandate, everything
from auth_pin.profile_import import Listeners, Summary
from centrala.context import installation, now, settings
from centrala.importing import explained, import_table
from centrala.payer_shown import take_away

ROW = "{subject}  {place:>4}  {payer:<12}  {valid_until}"


@click.group()
def mandates() -> None:
    """Powers of attorney: the payers that a profile may speak for.

    Payers' numbers are kept encrypted, as identifiers are.
    """


@mandates.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.option("--reveal", is_flag=True, help="Show payers' numbers in full instead of their last three digits.")
def list_mandates(as_json: bool, reveal: bool) -> None:
    """List the mandates by profile, in the order in which callers hear their payers."""
    opened = installation()
    with explained():
        for mandate in everything(opened.database, opened.key("identifier")):
            shown = _shown(mandate, reveal)
            click.echo(json.dumps(shown) if as_json else ROW.format(**{**shown, "valid_until": _until(mandate)}))


@mandates.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_file(file: Path) -> None:
    """Import mandates from a CSV FILE; safe to repeat.

    \b
    Columns, named in the first line, in any order:
      identifier   of a profile that is there
      payer        whom it speaks for: a NIP, or 6 to 12 other digits
      valid_until  optional; the last day, such as 2027-06-30

    Callers hear their payers in the order of the rows. A row whose identifier and payer are there already changes the
    last day: one that is over revokes the mandate, at once, also for calls that are under way: a telephone that rings a
    second later does not show the payer. Bad rows are named by their line and left out; the exit code is then 1.
    """
    opened = installation()

    def run(source: BinaryIO, listeners: Listeners) -> Summary:
        summary = import_mandates(opened.database, opened.key("identifier"), source, listeners)
        if settings().asterisk.ami is not None:
            take_away(opened, now())
        return summary

    import_table(file, run)


def _shown(mandate: Mandate, reveal: bool) -> dict[str, object]:
    return {
        "subject": mandate.subject,
        "place": mandate.place,
        "payer": mandate.payer if reveal else identifiers.masked(mandate.payer),
        "valid_until": None if mandate.valid_until is None else mandate.valid_until.isoformat(),
        "reference": mandate.reference,
    }


def _until(mandate: Mandate) -> str:
    return "-" if mandate.valid_until is None else mandate.valid_until.isoformat()
