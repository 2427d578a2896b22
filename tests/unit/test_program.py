"""The command line loads what was asked for, and nothing that it has is left out."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module

import click

from centrala.program import NAMES, centrala
from tests.menu_files import SHIPPED

ROOT = SHIPPED.parent


def test_every_command_is_listed() -> None:
    """A module that is called as the command in it is one of them, or of a command's own ones."""
    stems = sorted(path.stem for path in (ROOT / "centrala" / "commands").glob("[a-z]*.py"))
    found = {stem: getattr(import_module(f"centrala.commands.{stem}"), stem, None) for stem in stems}
    inner = [own for one in found.values() if isinstance(one, click.Group) for own in one.commands.values()]
    outer = [name for name, one in found.items() if isinstance(one, click.Command) and one not in inner]
    assert tuple(outer) == NAMES
    assert list(NAMES) == centrala.list_commands(click.Context(centrala))


def test_what_was_not_asked_for_is_not_loaded() -> None:
    """A list of calls needs neither what carries them nor what migrates the database."""
    code = "import sys; from centrala.program import centrala; centrala(['calls', '--help'], standalone_mode=False); "
    shown = "print([name for name in ('alembic', 'asterisk', 'jinja2', 'prometheus_client') if name in sys.modules])"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code + shown], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert "[]" == done.stdout.splitlines()[-1]
