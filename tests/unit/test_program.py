"""The command line loads what was asked for, and nothing that it has is left out."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module

import click
import pytest

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


@pytest.mark.parametrize(
    ("module", "command", "words"),
    [("centrala.program", "centrala", ["check", "nowhere.yaml"]), ("retention_job", "main", ["--dry-run"])],
)
def test_no_program_leaves_a_core_file(module: str, command: str, words: list[str]) -> None:
    """Whatever limit whoever starts it has; what it writes is its owner's alone."""
    code = (
        "import os, resource; from click.testing import CliRunner; "
        "most = resource.getrlimit(resource.RLIMIT_CORE)[1]; resource.setrlimit(resource.RLIMIT_CORE, (most, most)); "
        f"from {module} import {command} as program; done = CliRunner().invoke(program, {words}); "
        "print(done.exit_code, resource.getrlimit(resource.RLIMIT_CORE), oct(os.umask(0)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert "2 (0, 0) 0o77" == done.stdout.splitlines()[-1]
