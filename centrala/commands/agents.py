"""`centrala agents`: who answers, and what they can do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import click

from centrala import context
from centrala.settings import Settings
from centrala.staff import faults_explained, put_in_place, staff, staff_of
from ivr.definition import Flow
from routing import agent_states
from routing.agent_states import Change
from routing.agents import BEST, Agent, memberships
from routing.members import LOGGED_OUT
from routing.reporting.standing import UNKNOWN

FROM_THE_START = "always"
BY_LOGGING_IN = "logs in"


@dataclass(frozen=True, slots=True)
class _Listed:
    """A consultant as listed: penalties by queue, levels by language; what they do, and since when that is known."""

    agent: str
    name: str
    site: str
    queues: dict[str, int]
    languages: dict[str, int]
    member: str
    state: str
    reason: str
    since: str | None
    telephone: str


COLUMNS = tuple(field.name for field in fields(_Listed))


@click.group()
def agents() -> None:
    """Consultants, their skills and languages.

    \b
    Those who stand in menus.yaml under agents: are always members of their queue. Those of the table that the settings
    name (agents: agents.csv) log in by keying a code on any telephone of sip: extensions:.
      *11N  log in as consultant N; *11 alone as the one whose number the telephone has
      *12   log out                *14   end a break
      *13R  begin a break; R is a key of breaks: in the settings
      *15   end the wrap-up early
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
    if found and not settings.sip.extensions:
        click.echo(f"{path}:1: warning: nobody can log in: the settings name no telephones (sip: extensions)")
    for name, queue in flow.queues.items():
        if not queue.agents and not any(name in agent.skills for agent in found):
            click.echo(f'{path}:1: warning: nobody answers for the queue "{name}"')


@agents.command("import")
@click.argument("file", type=click.Path(path_type=Path))
def import_file(file: Path) -> None:
    """Put a table of consultants in the place of the one that the settings name.

    It is checked first: one with faults is told of as by `check`, and changes nothing.
    """
    settings = context.settings()
    flow = context.menus(settings.menus).flow
    if settings.agents is None:
        context.fail("the settings name no place for a table of consultants; add agents: agents.csv")
    with faults_explained(file, out=True):
        found = put_in_place(file, settings.agents, flow)
    click.echo(f"{settings.agents}: {len(found)} consultants; give it to Asterisk by centrala asterisk render")


@agents.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_agents(as_json: bool) -> None:
    """List the consultants: what they can do, what each does now, since when, and at which telephone.

    Queues stand with penalties (0 is called first), languages with levels. A state is unknown where nobody has followed
    it: without the manager interface, or before Asterisk was first seen.
    """
    settings = context.settings()
    found = list(_listed(settings, context.menus(settings.menus).flow))
    if as_json:
        for agent in found:
            click.echo(json.dumps(asdict(agent), ensure_ascii=False))
        return
    table = [COLUMNS, *(tuple(_cell(getattr(agent, column)) for column in COLUMNS) for agent in found)]
    widths = [max(len(row[index]) for row in table) for index in range(len(COLUMNS))]
    for row in table:
        click.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _listed(settings: Settings, flow: Flow) -> Iterator[_Listed]:
    first = flow.languages[0]
    always: dict[str, dict[str, int]] = {}
    for queue in flow.queues.values():
        for number in queue.agents:
            always.setdefault(number, {})[queue.name] = 0
    by_table = {agent.number: agent for agent in staff(settings, flow)}
    states = _states()
    for number in sorted(always.keys() | by_table.keys()):
        doing = _doing(states.get(number), settings.asterisk.ami is not None and number not in always)
        queues = always.get(number, {})
        match by_table.get(number):
            case Agent(name=name, site=site, languages=languages) as agent:
                queues = queues | {one.queue: one.penalty for one in memberships(agent, first)}
                yield _Listed(number, name, site, queues, dict(languages), BY_LOGGING_IN, *doing)
            case None:
                yield _Listed(number, "", "", queues, {first: BEST}, FROM_THE_START, *doing)


def _states() -> dict[str, Change]:
    with context.installation().database.reading() as connection:
        return {change.agent: change for change in agent_states.current(connection)}


def _doing(known: Change | None, would_be_seen: bool) -> tuple[str, str, str | None, str]:
    """State, reason, since when, telephone. Who logs in and was never seen in a queue has not logged in."""
    if known is None:
        return LOGGED_OUT if would_be_seen else UNKNOWN, "", None, ""
    return known.state, known.reason, known.at.isoformat(timespec="seconds"), known.telephone


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}:{level}" for name, level in value.items())
    return str(value or "-")
