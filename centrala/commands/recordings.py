"""`centrala recordings`: conversations that are kept."""

from __future__ import annotations

import click

from centrala.commands.keeping import hold, orphans, prove, withdraw


@click.group()
def recordings() -> None:
    """Recordings: kept as long as they must be, and then provably destroyed."""


for command in (hold, withdraw, prove, orphans):
    recordings.add_command(command)
