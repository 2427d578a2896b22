"""How a command ends when something around it fails: with a line for people and an exit code, never a traceback."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

import click
from sqlalchemy.exc import SQLAlchemyError

from centrala.context import Failure
from storage.database import reason_of
from storage.home import Home, HomeError
from storage.installation import shown

INTERRUPTED = 130  # as shells say of a program that Ctrl-C ended
UNREAD = 141  # as shells say of a program that wrote to a closed pipe


class Guarded(click.Command):
    """A command around which faults of the machine, of its disk and database are told."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command."""
        try:
            _prepare_streams()
            return super().main(*args, **options)
        except OSError as error:
            _end(_told(error))
        except HomeError as error:
            _end(str(error))
        except SQLAlchemyError as error:
            address = shown(Home.from_environment(os.environ))
            _end(f"{address}: the database cannot be used: {reason_of(error)}")

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """Read the command line; help is printed here."""
        with _ending_unread():
            return super().make_context(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            with _ending_unread():
                return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            click.echo("\ncentrala: interrupted", err=True)
            ctx.exit(INTERRUPTED)


@contextlib.contextmanager
def _ending_unread() -> Iterator[None]:
    """End with a code of its own where nobody reads what is printed: click's would be the one for faults found."""
    try:
        yield
    except BrokenPipeError:
        _discard_output()
        sys.exit(UNREAD)


def _prepare_streams() -> None:
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            # The next file that is opened would take a closed stream's number, and with it what is printed.
            setattr(sys, name, open(os.devnull, "w" if number else "r"))  # noqa: SIM115
        elif number and isinstance(stream, io.TextIOWrapper):
            # A file's name may be no text at all.
            stream.reconfigure(errors="backslashreplace")
    try:
        os.getcwd()
    except FileNotFoundError:
        _end("the folder that this was started in is gone; change to another one")


def _told(error: OSError) -> str:
    try:
        sys.stdout.flush()
    except OSError as unwritten:
        _discard_output()
        return f"standard output cannot be written: {unwritten.strerror}"
    reason = error.strerror or str(error)
    return f"{error.filename or 'standard output, or the disk'}: {reason}"


def _discard_output() -> None:
    """What could not be written would be tried, and complained about, once more at the end."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end(message: str) -> NoReturn:
    failure = Failure(message)
    with contextlib.suppress(OSError):
        failure.show()
    sys.exit(failure.exit_code)
