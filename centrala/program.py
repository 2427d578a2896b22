"""The command line: every command of `centrala`."""

from __future__ import annotations

from importlib import import_module

import click

from centrala.endings import Guarded
from centrala.logs import configure_logs
from centrala.privacy import keep_private

NAMES = (
    "agents",
    "asterisk",
    "audit",
    "call",
    "callbacks",
    "calls",
    "check",
    "notify",
    "profiles",
    "prompts",
    "queues",
    "recordings",
    "retention",
    "serve",
    "speech",
    "subject",
    "surveys",
)


class Commands(Guarded, click.Group):
    """The group of all commands. Each is loaded when it is asked for: to load them all takes longer than most take."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, as help lists them."""
        return list(NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name: it stands in the module that is called so."""
        if cmd_name not in NAMES:
            return None
        found: click.Command = getattr(import_module(f"centrala.commands.{cmd_name}"), cmd_name)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="centrala")
def centrala() -> None:
    """Centrala: a contact centre's IVR and call routing, for public helplines.

    What callers hear and where they go is in menus.yaml; every setting that is not a secret is in settings.yaml. All
    state lies in CENTRALA_HOME (default var/), the database at CENTRALA_DATABASE_URL (default an SQLite file there).

    Results go to stdout and everything else to stderr; with --json stdout is one JSON object per line, lists included.
    Exit codes: 0 done, 1 faults found in a file, 2 wrong usage or surroundings, 130 interrupted,
    141 nobody reads the output.

    \b
    First steps:
      centrala check                                is menus.yaml fit to be heard?
      centrala call                                 place a call in this terminal
      centrala call --keys "1 2" --json             the same, keyed beforehand
      centrala profiles add                         somebody who may authenticate
      centrala calls list                           what happened
      centrala queues --day 2026-11-23              how many, how soon, how long
      centrala surveys --day 2026-11-23             what callers said of it
      centrala recordings list                      what is kept, and until when
      centrala subject export --number ...          everything that is held on a person
      centrala retention terms                      for how long which data is kept, and who decided so
      centrala audit list                           who played, exported or destroyed what
    \b
    With Asterisk:
      centrala prompts build                        render what callers hear
      centrala asterisk render /etc/asterisk        write Asterisk's configuration
      centrala serve                                carry calls
      centrala speech                               listen for what callers say
    """
    keep_private()
    configure_logs("WARNING")
