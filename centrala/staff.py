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
from storage.files import write_whole


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
    return read_agents(_read(path, "mend agents: in the settings"), flow.queues, flow.languages)


def put_in_place(path: Path, place: Path, flow: Flow) -> tuple[Agent, ...]:
    """Make the table at `path` the one at `place`, all of it at once; its consultants.

    Raises AgentTableError and Failure; what is in place stays then.
    """
    raw = _read(path, "name another file")
    found = read_agents(raw, flow.queues, flow.languages)
    try:
        # What the settings name may be a link into a folder that is kept elsewhere.
        write_whole(place.resolve(), raw)
    except OSError as error:
        raise context.Failure(f"{place}: cannot be written: {error.strerror}; the table there stays") from error
    return found


def _read(path: Path, advice: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise context.Failure(f"{path}: cannot be read: {error.strerror}; {advice}") from error


@contextmanager
def faults_explained(path: Path, out: bool = False) -> Iterator[None]:
    """Print the faults of a table of consultants and end with exit code 1."""
    try:
        yield
    except AgentTableError as error:
        for fault in error.faults:
            click.echo(fault.show(str(path)), err=not out)
        raise SystemExit(1) from error
