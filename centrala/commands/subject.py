"""`centrala subject`: what is held on a person, exported for them, or erased at their wish."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import BinaryIO

import click
from sqlalchemy import select

from audit import entries
from audit.entries import Action, Entry
from auth_pin.faults import IdentifierFault
from centrala import context
from centrala.auditing import auditing, country
from centrala.commands.asking import asked
from centrala.context import SERVICE_ZONE, explained, fail, who
from centrala.forms import print_table
from centrala.keeping import open_archive
from ivr.calls import calls
from ivr.library import Library
from recordings import catalogue, rejected
from recordings.archive import Archive
from recordings.faults import RecordingFault
from recordings.identity import id_of
from recordings.purge import Places
from recordings.records import rejected_recordings
from routing.phone_numbers import normal_form
from storage.installation import Installation
from subjects import decision, erasure, export, people
from subjects.account import Account
from subjects.archive_file import written_whole
from subjects.decision import Busy
from subjects.forecast import Forecast, forecast
from subjects.holdings import Holdings, count
from subjects.people import Person
from subjects.pseudonyms import Pseudonyms

NOT_HERE = (
    "an identifier is not written on the command line, where others on this machine and the shell's history see it; "
    "say --identifier alone and type it when asked, or pipe it in"
)
NOT_YET = "{number} conversations are still to be taken in: run centrala recordings intake, and then this again"
# So that whoever writes an identifier there is told why not.
WITH_VALUES = {"allow_extra_args": True}
NOTHING = "nothing is held on them"


@dataclass(frozen=True, slots=True)
class Opened:
    """An installation with its archive, and what is held in it on a person."""

    installation: Installation
    archive: Archive
    pseudonyms: Pseudonyms
    held: Holdings

    @property
    def places(self) -> Places:
        """Where all that there is of recordings lies."""
        return Places(self.installation.database, self.archive, self.installation.home)


def of_whom(command: Callable[..., None]) -> Callable[..., None]:
    """The options that name a person."""
    by_profile = click.option("--identifier", is_flag=True, help="Of the profile whose identifier is asked for.")
    by_number = click.option("--number", help="Of the telephone with this number.")
    by = click.option("--by", help="Who does it (default: the user of this machine).")
    return by_profile(by_number(by(command)))


@click.group()
def subject() -> None:
    """A person's data: everything that is held on them, and nobody else's.

    A person is named by --identifier, by --number, or by both. A number's are the calls from it in which nobody was
    authenticated: the others are of whoever proved who they are, since a telephone may be shared.
    """


@subject.command("export", context_settings=WITH_VALUES)
@of_whom
@click.option("--output", required=True, metavar="FILE", type=click.Path(path_type=Path), help="The ZIP to be written.")
@click.pass_context
def export_(ctx: click.Context, identifier: bool, number: str | None, by: str | None, output: Path) -> None:
    """Write everything that is held on a person into a ZIP archive, for them to read and hear.

    It holds an index in Polish and English, a JSON file for each kind of data, and the sound of recordings, which is
    decrypted: the file is for its owner alone to read, and yours to hand over safely and to destroy. A file that is
    there is not written over. The audit tells who did it.

    Exit code 1 if some sound could not be opened, or is still to be taken in.
    """
    with _opened(ctx, identifier, number) as opened, explained(RecordingFault):
        _see_that_there_is_something(opened)
        with written_whole(output) as target:
            _tell_exported(opened, who(by))
            exported, waiting = _write(opened, target)
    click.echo(f"{output}: " + ", ".join(f"{number} {name}" for name, number in exported.counts.items() if number))
    for id, why in exported.unheard.items():
        click.echo(f"recording {id} is without its sound: {why}", err=True)
    if waiting:
        click.echo(NOT_YET.format(number=waiting), err=True)
    sys.exit(1 if exported.unheard or waiting else 0)


@subject.command("erase", context_settings=WITH_VALUES)
@of_whom
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def erase(ctx: click.Context, identifier: bool, number: str | None, by: str | None, yes: bool) -> None:
    """Erase everything that is held on a person, for ever; what a legal hold keeps goes when the hold has ended.

    Recordings are destroyed by their keys, rows are overwritten, callbacks cancelled, and at last the key goes by which
    the audit knew them: its entries stay and are nobody's any more. Killed at any moment, run it again. Reports on the
    past lose the person's calls.
    """
    with _opened(ctx, identifier, number) as opened, explained(RecordingFault, Busy):
        found = _see_that_there_is_something(opened)
        _print_forecast(found)
        if not yes:
            _confirm()
        done = erasure.erase(
            erasure.Erasing(opened.places, opened.pseudonyms, opened.held, who(by), context.today(), _unwatched)
        )
    click.echo(f"erased; {done.held} recordings are held and go when the hold has ended" if done.held else "erased")


@contextmanager
def _opened(ctx: click.Context, identifier: bool, number: str | None) -> Iterator[Opened]:
    if ctx.args:
        fail(NOT_HERE if identifier else "more words than are understood; see --help")
    if not identifier and number is None:
        raise click.UsageError("whose? say --identifier, --number or both")
    opened = context.installation()
    with (
        closing(opened.database),
        explained(RecordingFault),
        open_archive(opened, os.environ, context.today()) as archive,
    ):
        person = _person(opened, identifier, number)
        pseudonyms = Pseudonyms(archive.keys, opened.key("identifier"))
        yield Opened(opened, archive, pseudonyms, Holdings(person, context.now()))


def _person(opened: Installation, identifier: bool, number: str | None) -> Person:
    here = country()
    known = None if number is None else normal_form(number, here)
    if number is not None and known is None:
        fail("that is not a telephone number")
    with explained(IdentifierFault), opened.database.reading() as connection:
        typed = asked("Identifier", twice=False) if identifier else None
        return people.found(connection, here, opened.key("identifier"), typed, known)


def _see_that_there_is_something(opened: Opened) -> Forecast:
    with opened.installation.database.reading() as connection:
        found = forecast(connection, opened.held, context.today())
    if found.nothing and not opened.pseudonyms.has(opened.held.person.names):
        fail(f"{NOTHING}{_of_others(found.others)}")
    return found


def _of_others(number: int) -> str:
    return f"; {number} calls from the number are of somebody who was authenticated" if number else ""


def _tell_exported(opened: Opened, actor: str) -> None:
    at, database = context.now(), opened.installation.database
    known_as = [opened.pseudonyms.of(name, at) for name in opened.held.person.names]
    with auditing(opened.installation, actor) as auditor, database.writing() as connection:
        for pseudonym in known_as:
            entries.append(connection, Entry(at, actor, Action.PERSON_EXPORTED, "person", pseudonym))
        for recording in tuple(catalogue.everything(connection, opened.held.recordings)):
            auditor.tell_with(connection, Action.RECORDING_EXPORTED, recording.id)


def _write(opened: Opened, target: BinaryIO) -> tuple[export.Exported, int]:
    """Write the archive; how many conversations are not taken in yet."""
    database, held = opened.installation.database, opened.held
    known_as = tuple(filter(None, map(opened.pseudonyms.known, held.person.names)))
    with database.reading() as connection:
        account = Account(connection, Library(database), held, known_as, context.today())
        number = count(connection, catalogue.recordings, held.recordings)
        others = count(connection, calls, held.others)
        with click.progressbar(
            length=number, label="exporting", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:
            at = held.until.astimezone(SERVICE_ZONE)
            damaged = _damaged(opened)
            done = export.write(target, account, opened.archive, damaged, others, at, lambda: bar.update(1))
        return done, len(decision.waiting_parts(connection, held))


def _damaged(opened: Opened) -> list[Path]:
    """The files in the quarantine of this machine that are theirs."""
    with opened.installation.database.reading() as connection:
        query = select(rejected_recordings.c.origin).where(opened.held.quarantined)
        origins = connection.execute(query).scalars().all()
    folder = opened.installation.home.quarantine
    return [path for origin in origins for path in rejected.files_of(folder, id_of(origin))]


def _print_forecast(found: Forecast) -> None:
    waiting = {"recordings": found.recordings, "not taken in yet": found.waiting, "in the quarantine": found.aside}
    table = [[name.replace("_", " "), str(number)] for name, number in (waiting | dict(found.rows)).items() if number]
    if table:
        print_table([["what", "how many"], *table])
    for case, number in found.held.items():
        click.echo(f"{number} recordings are held for the case {case}: they go when no hold keeps them")
    if found.kept_calls:
        click.echo(
            f"{found.kept_calls} calls stay whole with them: turns, waits, attempts, consents, callbacks, surveys"
        )
    if found.others:
        click.echo(f"{found.others} calls from the number are of somebody who was authenticated, and stay")


def _confirm() -> None:
    if not context.interactive():
        fail("erasing cannot be undone; say --yes")
    click.confirm("Erase all of it for ever?", abort=True, err=True)


def _unwatched(step: IntEnum, number: int) -> None:
    """Nobody watches."""
