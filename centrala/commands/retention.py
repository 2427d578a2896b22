"""`centrala retention`: for how long each class of personal data is kept, and by whose decision."""

from __future__ import annotations

import os
from contextlib import closing

import click

from centrala import context
from centrala.context import SERVICE_ZONE, explained, fail
from centrala.forms import Line, print_json, print_table, text
from centrala.keeping import open_places
from centrala.terms import terms_of
from personal_data import decisions, last_days
from personal_data.consequences import Consequences, consequences
from personal_data.decisions import Decision
from personal_data.kinds import PROMISED, Kind
from personal_data.records import REASON_LENGTH
from recordings.faults import RecordingFault
from recordings.purge import Places, unwatched
from recordings.retention import Term
from storage.database import Database

COLUMNS = ("class", "in_force", "since", "by", "reason", "settings")


@click.group()
def retention() -> None:
    """Terms of personal data: those on record are in force, whatever settings.yaml says, until somebody decides.

    What is kept is destroyed by retention_job.py, once its last day is over.
    """


@retention.command("terms")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def terms_(as_json: bool) -> None:
    """Show for how long each class is kept: since when, by whose decision and why.

    The last column is what settings.yaml says where that is something else: it waits for `centrala retention decide`.
    What was never put on record yet, the first run of the job takes from settings.yaml.
    """
    wanted = terms_of(context.settings())
    with closing(context.installation().database) as database, database.reading() as connection:
        found = decisions.in_force(connection)
    lines = [_line(kind, found.get(kind), wanted[kind]) for kind in Kind]
    if as_json:
        print_json(lines)
    else:
        print_table([COLUMNS, *([text(line[name]) for name in COLUMNS] for line in lines)])


@retention.command()
@click.argument("kind", metavar="CLASS", type=click.Choice([str(kind) for kind in Kind]))
@click.option("--reason", required=True, help="Why, in a line; it is kept, and goes into the audit.")
@click.option("--also-kept", is_flag=True, help="Recordings and quarantine: give what is kept a new last day, too.")
@click.option("--by", help="Who decides (default: the user of this machine).")
@click.option("--yes", is_flag=True, help="Do not ask.")
def decide(kind: str, reason: str, also_kept: bool, by: str | None, yes: bool) -> None:
    """Take the term that settings.yaml has for a CLASS into force.

    It is told before how many would be due at once, or be kept longer. Recordings that are kept have their last day
    with them, and it stands unless --also-kept is said; what is quarantined likewise. Of every other class the term is
    in force at once for all that is kept. Given again after a kill, it goes on.

    Classes are those that `centrala retention terms` shows.
    """
    chosen = Kind(kind)
    if also_kept and chosen not in PROMISED:
        raise click.UsageError(
            f"--also-kept is for {', '.join(sorted(PROMISED))}: of {chosen} all that is kept follows"
        )
    wanted, opened = terms_of(context.settings()), context.installation()
    why, decider = context.short(reason, REASON_LENGTH), context.who(by)
    with closing(opened.database), explained(RecordingFault), open_places(opened, os.environ) as places:
        before = decisions.settled(places.database, wanted, context.now())[chosen]
        _follow(places.database)
        found = _consequences(places, chosen, (before, wanted[chosen]), also_kept)
        if before == wanted[chosen] and not (also_kept and _changes(places.database, chosen, before)):
            click.echo(f"{chosen}: {before} is in force already, and settings.yaml says so")
            return
        _tell(chosen, (before, wanted[chosen]), found)
        _confirm(yes)
        decision = Decision(chosen, wanted[chosen], context.now(), decider, why, also_kept)
        with places.database.writing() as connection:
            decisions.decide(connection, decision)
        click.echo(f"{chosen}: {wanted[chosen]} is in force")
        _follow(places.database)


def _consequences(places: Places, kind: Kind, terms: tuple[Term, Term], also_kept: bool) -> Consequences:
    at = (context.now(), SERVICE_ZONE)
    with places.database.reading() as connection:
        return consequences(places, connection, kind, terms, also_kept=also_kept, at=at)


def _changes(database: Database, kind: Kind, term: Term) -> bool:
    """Whether anything that is kept has its last day by another term."""
    with database.reading() as connection:
        return last_days.affected(connection, kind, term, context.today(), SERVICE_ZONE) > 0


def _follow(database: Database) -> None:
    """Give new last days where a decision asks for it, this one or one before that was broken off."""
    batch = context.settings().retention.batch
    if changed := last_days.follow(database, SERVICE_ZONE, batch, context.now(), unwatched):
        click.echo(f"{changed} have a new last day")


def _tell(kind: Kind, terms: tuple[Term, Term], found: Consequences) -> None:
    click.echo(f"{kind}: {terms[0]} in force, {terms[1]} in settings.yaml")
    if found.stay:
        click.echo(f"{found.stay} that are kept keep their last day (--also-kept gives them a new one)")
    click.echo(f"due at once: {found.due_at_once}")
    click.echo(f"kept longer: {found.kept_longer}")


def _confirm(yes: bool) -> None:
    if yes:
        return
    if not context.interactive():
        fail("nothing was decided: what goes cannot be brought back; say --yes")
    click.confirm("Decide so?", abort=True, err=True)


def _line(kind: Kind, decision: Decision | None, wanted: Term) -> Line:
    return {
        "class": str(kind),
        "in_force": decision and str(decision.term),
        "since": decision and decision.decided_at.astimezone(SERVICE_ZONE).isoformat(timespec="seconds"),
        "by": decision and decision.decided_by,
        "reason": decision and decision.reason,
        "also_kept": decision and decision.also_kept,
        "settings": str(wanted) if decision is None or decision.term != wanted else None,
    }
