"""The consultants of an installation: its table, checked against its menus."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from centrala import context
from centrala.settings import Settings
from ivr.definition import Flow
from routing.agents import Agent, AgentTableError, read_agents


def staff(settings: Settings, flow: Flow) -> tuple[Agent, ...]:
    """The consultants who log in; none where the settings name no table.

    Faults of the table go to stderr and end the command with exit code 1. Raises Failure.
    """
    if settings.agents is None:
        return ()
    with faults_explained(settings.agents):
        return staff_of(settings.agents, flow)


def staff_of(path: Path, flow: Flow) -> tuple[Agent, ...]:
    """The consultants of a table. Raises AgentTableError and Failure."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise context.Failure(f"{path}: cannot be read: {error.strerror}; mend agents: in the settings") from error
    return read_agents(raw, flow.queues, flow.languages)


@contextmanager
def faults_explained(path: Path, out: bool = False) -> Iterator[None]:
    """Print the faults of a table of consultants and end with exit code 1."""
    try:
        yield
    except AgentTableError as error:
        for fault in error.faults:
            click.echo(fault.show(str(path)), err=not out)
        raise SystemExit(1) from error
