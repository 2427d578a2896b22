"""`centrala audit`: who did what with people's data, and whether that record is whole."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC

import click
from sqlalchemy import Connection
from sqlalchemy.exc import ProgrammingError

from audit import entries, verification
from audit.entries import Trimming, Written
from audit.records import audit_entries, audit_heads, audit_trimmings
from centrala import context
from centrala.context import SERVICE_ZONE
from centrala.forms import Line, print_json, print_table, text
from recordings.records import tombstones
from storage import roles
from storage.chain import Chain
from storage.database import is_sqlite
from storage.roles import owns

BROKEN = 1
# To the first ones the service only adds, the others it only reads: what goes by its term is the job's, as the owner.
GROWING = (audit_entries.name, tombstones.name)
FIXED = (audit_trimmings.name, audit_heads.name)
COLUMNS = ("number", "at", "actor", "action", "object", "details")


@click.group()
def audit() -> None:
    """See who played, exported, held or destroyed what, in a record that can only be added to."""


@audit.command("list")
@click.option("--object", "object_", metavar="KIND:ID", help="Only what was done with this, like recording:ID.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line, pseudonyms and hashes included.")
def list_(object_: str | None, as_json: bool) -> None:
    """List what was done, the oldest first."""
    with _reading() as connection:
        found = entries.of_object(connection, object_) if object_ else entries.everything(connection)
        if as_json:
            print_json(_line(one) for one in found)
        else:
            print_table([COLUMNS, *([_shown(one)[name] for name in COLUMNS] for one in found)])


@audit.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verify(as_json: bool) -> None:
    """Check that no entry was changed, removed, put in or moved.

    Of entries whose term was over only the hash of the last is left, and by which policy they were taken out: compare
    that with `centrala retention terms`. An end that was cut off is missed where the retention job has run since it was
    written. Keep elsewhere the number and hash that this and the job print: whoever owns the database can take away
    both an end and that it was there.

    Exit code 1: it is not whole.
    """
    with _reading() as connection:
        trimmed, found = entries.trimmings(connection), verification.verify(connection)
    if as_json:
        print_json([_checked(found, trimmed)])
    else:
        _tell(found, trimmed)
    sys.exit(0 if found.whole else BROKEN)


@audit.command("grant")
@click.argument("role")
def grant_(role: str) -> None:
    """Let ROLE of PostgreSQL use the database, and only add to the audit.

    For `centrala serve` and all else but the retention job and new versions, which work as the tables' owner. Do it
    again after a new version. In SQLite triggers alone keep the audit: whoever can write the file owns it.
    """
    opened = context.installation()
    with closing(opened.database):
        if is_sqlite(opened.database.engine.url):
            context.fail("SQLite has no roles: there triggers keep the audit; see CENTRALA_DATABASE_URL")
        with _granting(role), opened.database.writing() as connection:
            if not owns(connection, None, audit_entries.name):
                context.fail("only the owner of the tables can do that: see CENTRALA_DATABASE_URL")
            if owns(connection, role, audit_entries.name):
                context.fail(f"{role} owns the audit or is a superuser: give the service a role of its own")
            roles.grant(connection, role, growing=GROWING, fixed=FIXED)
    click.echo(f"{role} uses all tables, and only adds to {' and '.join(GROWING)}")


@contextmanager
def _granting(role: str) -> Iterator[None]:
    try:
        yield
    except ProgrammingError as error:
        # PostgreSQL's own words, about roles and tables alone.
        why = str(error.orig).partition("\n")[0]
        context.fail(f"{role}: {why}; make it with CREATE ROLE")


def _tell(found: Chain, trimmed: Sequence[Trimming]) -> None:
    begin = trimmed[-1].number if trimmed else 0
    if found.whole:
        click.echo(f"whole: entries {begin + 1} to {found.head.number}")
        click.echo(f"head: {found.head.number} {found.head.hash}")
    else:
        click.echo(f"NOT WHOLE: entry {found.broken}: {found.why}; whole up to {found.head.number}")
    if trimmed:
        on = trimmed[-1].at.astimezone(SERVICE_ZONE).date()
        click.echo(f"taken out: entries up to {begin}, lastly on {on} ({trimmed[-1].policy})")


def _checked(found: Chain, trimmed: Sequence[Trimming]) -> Line:
    taken_out = ({"up_to": one.number, "at": one.at.isoformat(), "policy": one.policy} for one in trimmed)
    return {
        "whole": found.whole,
        "taken_out": list(taken_out),
        "number": found.head.number,
        "hash": found.head.hash,
        "broken": found.broken,
        "why": found.why or None,
    }


def _line(one: Written) -> Line:
    return {
        "number": one.number,
        "at": one.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": one.actor,
        "action": one.action,
        "object": one.object,
        "person": one.person,
        "details": one.details or None,
        "previous": one.previous,
        "hash": one.hash,
    }


def _shown(one: Written) -> dict[str, str]:
    at = one.at.astimezone(SERVICE_ZONE).isoformat(sep=" ", timespec="seconds")
    return {name: text(value) for name, value in (_line(one) | {"at": at}).items()}


@contextmanager
def _reading() -> Iterator[Connection]:
    with closing(context.installation().database) as database, database.reading() as connection:
        yield connection
