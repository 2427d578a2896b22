"""`centrala check`: is a menu file fit to be heard?"""

from __future__ import annotations

from pathlib import Path

import click

from centrala import context
from ivr.menus.loading import load_menus


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
def check(file: Path | None) -> None:
    """Check a menu file (default: the one in the settings).

    Prints one line per fault, path:line:column: message, all of them at once, and exits with 1; warnings alone exit
    with 0.
    """
    settings = context.settings()
    path = file or settings.menus
    with context.menus_explained(out=True):
        for warning in load_menus(path, settings.authentication.pin_digits).warnings:
            click.echo(warning.show(str(path)))
