"""`centrala agents`: who answers, and what they can do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from centrala import context
from centrala.settings import Settings
from centrala.staff import faults_explained, staff, staff_of
from ivr.definition import Flow
from routing.agents import BEST, Agent, memberships

COLUMNS = ("extension", "name", "site", "queues", "languages", "member")
FROM_THE_START = "always"
BY_LOGGING_IN = "logs in"


@dataclass(frozen=True, slots=True)
class _Listed:
    """A consultant as listed: penalties by queue, levels by language."""

    extension: str
    name: str
    site: str
    queues: dict[str, int]
    languages: dict[str, int]
    member: str


@click.group()
def agents() -> None:
    """Consultants, their skills and languages.

    \b
    Those who stand in menus.yaml under agents: are always members of their queue. Those of the table that the settings
    name (agents: agents.csv) log in by keying a code on their telephone:
      *11   log in                 *14   end a break
      *12   log out                *15   end the wrap-up early
      *13R  begin a break; R is a key of breaks: in the settings
    """


@agents.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
def check(file: Path | None) -> None:
    """Check a table of consultants (default: the one in the settings) against menus.yaml.

    Prints one line per fault, path:line: message, all of them at once, and exits with 1. Groups that nobody answers for
    are told as warnings, and exit with 0.
    """
    settings = context.settings()
    flow = context.menus(settings.menus).flow
    path = file or settings.agents
    if path is None:
        context.fail("the settings name no table of consultants; name a file, or add agents: agents.csv")
    with faults_explained(path, out=True):
        found = staff_of(path, flow)
    for name, queue in flow.queues.items():
        if not queue.agents and not any(name in agent.skills for agent in found):
            click.echo(f'{path}:1: warning: nobody answers for the queue "{name}"')


@agents.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_agents(as_json: bool) -> None:
    """List the consultants: their queues with penalties (0 is called first) and their languages with levels."""
    settings = context.settings()
    found = list(_listed(settings, context.menus(settings.menus).flow))
    if as_json:
        for agent in found:
            click.echo(json.dumps({column: getattr(agent, column) for column in COLUMNS}, ensure_ascii=False))
        return
    table = [COLUMNS, *(tuple(_cell(getattr(agent, column)) for column in COLUMNS) for agent in found)]
    widths = [max(len(row[index]) for row in table) for index in range(len(COLUMNS))]
    for row in table:
        click.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _listed(settings: Settings, flow: Flow) -> Iterator[_Listed]:
    first = flow.languages[0]
    always: dict[str, dict[str, int]] = {}
    for queue in flow.queues.values():
        for extension in queue.agents:
            always.setdefault(extension, {})[queue.name] = 0
    by_table = {agent.extension: agent for agent in staff(settings, flow)}
    for extension in sorted(always.keys() | by_table.keys()):
        queues = always.get(extension, {})
        match by_table.get(extension):
            case Agent(name=name, site=site, languages=languages) as agent:
                queues = queues | {one.queue: one.penalty for one in memberships(agent, first)}
                yield _Listed(extension, name, site, queues, dict(languages), BY_LOGGING_IN)
            case None:
                yield _Listed(extension, "", "", queues, {first: BEST}, FROM_THE_START)


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}:{level}" for name, level in value.items())
    return str(value) or "-"
