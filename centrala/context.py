"""What commands share: the settings, the installation, and errors told to people."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import click

from centrala.settings import Settings, SettingsError, read_settings
from ivr.menus.faults import MenuError, UnreadableMenus
from ivr.menus.loading import Loaded, load_menus
from recordings.retention import business_date
from storage.home import HomeError
from storage.installation import Installation, open_installation

SERVICE_ZONE = ZoneInfo("Europe/Warsaw")
YEARS = range(2000, 2101)


class Failure(click.ClickException):
    """An error that a person can mend: `centrala: message` on stderr, exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """Print the message, a line of stderr per line."""
        for line in self.message.splitlines():
            click.echo(f"centrala: {line}", err=True, file=file)


def settings() -> Settings:
    """The settings. Raises Failure."""
    try:
        return read_settings(os.environ)
    except SettingsError as error:
        raise Failure(str(error)) from error


def installation() -> Installation:
    """The opened installation. Raises Failure."""
    try:
        return open_installation(os.environ)
    except HomeError as error:
        raise Failure(str(error)) from error


def menus(path: Path) -> Loaded:
    """A usable menu file. Its faults go to stderr and end the command with exit code 1. Raises Failure."""
    with menus_explained():
        return load_menus(path, settings().authentication.pin_digits)


@contextmanager
def menus_explained(out: bool = False) -> Iterator[None]:
    """Print the faults of a menu file and end with exit code 1; one that cannot be read at all is a Failure."""
    try:
        yield
    except UnreadableMenus as error:
        fail(f"{error}; name the menu file, or start centrala in the folder that holds it")
    except MenuError as error:
        for fault in error.faults:
            click.echo(fault.show(error.path), err=not out)
        raise SystemExit(1) from error


@contextmanager
def explained(*kinds: type[Exception]) -> Iterator[None]:
    """Turn errors of these kinds, whose texts are meant for people, into a Failure."""
    try:
        yield
    except kinds as error:
        raise Failure(str(error)) from error


def moment(text: str) -> datetime:
    """An ISO 8601 time; without an offset it is Europe/Warsaw. Raises click.BadParameter."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f'"{text}" is not a time; write it like 2026-11-23T10:00') from error
    if at.year not in YEARS:
        raise click.BadParameter(f"{at.year} is out of reach; the years {YEARS.start}-{YEARS.stop - 1} are known")
    return at if at.tzinfo else at.replace(tzinfo=SERVICE_ZONE)


def now() -> datetime:
    """Now, by the machine's clock."""
    return datetime.now(UTC)


def today() -> date:
    """The day that it is now in the service's calendar."""
    return business_date(now(), SERVICE_ZONE)


def who(by: str | None) -> str:
    """Who does something: the name that is given, or the user of this machine. Raises click.UsageError."""
    return short(by or getpass.getuser(), 60)


def short(text: str, most: int) -> str:
    """The text, if it is a line of at most so many characters that can be seen. Raises click.UsageError."""
    if not text.strip() or len(text) > most or not text.isprintable():
        raise click.UsageError(f'"{text[:most]}": a line of 1 to {most} characters is wanted')
    return text


def fail(message: str) -> NoReturn:
    """End with a message for people."""
    raise Failure(message)


def interactive() -> bool:
    """Whether a person sits at the terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()
