"""Commands of `centrala recordings` on keeping: holds, withdrawn consent, proof of destruction, what is left over."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, time, timedelta
from uuid import uuid4

import click
from sqlalchemy import Connection

from audit.entries import Action
from centrala import context
from centrala.auditing import Auditor, auditing
from centrala.context import SERVICE_ZONE, Failure, fail, short, who
from centrala.forms import day, print_json, print_table
from centrala.keeping import open_places
from ivr import calls
from recordings import consents, holds, purge, withdrawal
from recordings import orphans as leftovers
from recordings.faults import RecordingFault
from recordings.holds import Hold, Placed
from recordings.proof import Proof
from recordings.proof import prove as proven
from recordings.purge import Places
from recordings.tombstones import Tombstone
from recordings.wanted import Caller, Wanted
from recordings.withdrawal import Find, Meant
from storage.installation import Installation

ROW = "{case:<20}  {state:<9}  {recordings:>6}  {placed_at}  until {until:<10}  {placed_by:<12}  {reason}"
NOT_YET = "{number} to be taken in yet: the intake destroys them instead"
STILL_TALKS = "the call goes on: what is recorded of it now the intake destroys afterwards (*9 stops recording)"
LOG_IN_USE = (
    "another process reads the database for long, and removed rows still stand in its log: end it; the next run of the "
    "retention job empties the log"
)
TOO_LATE = "{id}: is being destroyed; no hold can keep it"


@click.group()
def hold() -> None:
    """Legal holds: what a case needs is not destroyed, whatever retention and withdrawal say."""


@hold.command("place")
@click.option("--case", required=True, help="The case, as it is filed.")
@click.option("--reason", required=True, help="Why, in a few words.")
@click.option("--by", help="Who places it (default: the user of this machine).")
@click.option("--until", metavar="DAY", help="The last day of the hold (default: until it is lifted).")
@click.option("--recording", help="This recording.")
@click.option("--call", "call_id", help="All of this call.")
@click.option("--caller", help="All of the caller with this number.")
@click.option("--consultant", help="All with this consultant.")
@click.option("--day", "on", metavar="DAY", help="Of those, what ended on this day.")
def place(
    case: str,
    reason: str,
    by: str | None,
    until: str | None,
    recording: str | None,
    call_id: str | None,
    caller: str | None,
    consultant: str | None,
    on: str | None,
) -> None:
    """Place a hold on recordings that are there; later ones of the same caller need another.

    Exit code 1 if some of them are being destroyed already: they are named on stderr, and the others are held.
    """
    begin, end = _bounds(on)
    called = Caller(caller, calls.from_number(caller)) if caller else None
    wanted = Wanted(recording, call_id, called, consultant, begin, end)
    made = Hold(str(uuid4()), short(case, 60), short(reason, 200), who(by), context.now(), _last_day(until))
    with (
        _installation() as opened,
        context.explained(ValueError),
        auditing(opened, by) as auditor,
        opened.database.writing() as connection,
    ):
        placed = holds.place(connection, made, wanted)
        for id in holds.recordings_of(connection, made.id):
            auditor.tell_with(connection, Action.HOLD_PLACED, id, f"hold {made.id}")
    _tell_placed(placed, made)


@hold.command("lift")
@click.option("--case", required=True, help="The case, as it was named.")
@click.option("--by", help="Who lifts them (default: the user of this machine).")
def lift(case: str, by: str | None) -> None:
    """Lift all holds of a case. What is due by then is destroyed by the next run of the job."""
    with _installation() as opened, auditing(opened, by) as auditor, opened.database.writing() as connection:
        standing = holds.standing(connection, case)
        lifted = holds.lift(connection, case, who(by), context.now())
        for hold_id, recording_id in ((one, id) for one in standing for id in holds.recordings_of(connection, one)):
            auditor.tell_with(connection, Action.HOLD_LIFTED, recording_id, f"hold {hold_id}")
    if not lifted:
        fail(f"there is no hold for the case {case}")
    click.echo(f"{lifted} lifted")


@hold.command("list")
@click.option("--all", "all_of_them", is_flag=True, help="Those that are over, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_(all_of_them: bool, as_json: bool) -> None:
    """List holds, the oldest first, with how many recordings each was placed on."""
    today = context.today()
    with _installation() as opened, opened.database.reading() as connection:
        found = holds.everything(connection)
    for one, number in found:
        if all_of_them or one.in_force(today):
            told = _hold(one, number, today)
            shown = {name: "-" if value is None else value for name, value in told.items()}
            click.echo(json.dumps(told, ensure_ascii=False) if as_json else ROW.format(**shown))


@click.command()
@click.option("--recording", help="This recording.")
@click.option("--call", "call_id", help="All recordings of this call.")
@click.option("--by", help="Who does it (default: the user of this machine).")
@click.option("--yes", is_flag=True, help="Do not ask.")
def withdraw(recording: str | None, call_id: str | None, by: str | None, yes: bool) -> None:
    """Consent was withdrawn: destroy recordings at once, and what a hold keeps as soon as the hold has ended.

    What is quarantined goes as well. Of a call the intake takes nothing in from then on and destroys what it finds. A
    recording that is being made cannot be stopped from here: the consultant can, by *9.
    """
    if (recording is None) == (call_id is None):
        raise click.UsageError("name one of --recording and --call")
    with _installation() as opened, _places(opened) as places, auditing(opened, by) as auditor:
        meant, goes_on = _meant(places, recording, call_id)
        if not yes:
            _confirm(len(meant.kept) + len(meant.aside) + len(meant.waiting))
        now = context.now()
        find = withdrawal.of_recording(recording or "") if call_id is None else withdrawal.of_call(call_id, now)
        done = withdrawal.withdraw(places, _told(auditor, find, call_id), now, context.today())
        forgotten = purge.forget_rows(opened.database)
    for id in sorted(done.destroyed):
        click.echo(f"{id}  destroyed")
    for id in sorted(done.held):
        click.echo(f"{id}  held; it will be destroyed when no hold keeps it")
    if done.waiting:
        click.echo(NOT_YET.format(number=len(done.waiting)))
    if goes_on:
        click.echo(STILL_TALKS)
    if not forgotten:
        fail(LOG_IN_USE)


@click.command()
@click.argument("recording")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def prove(recording: str, as_json: bool) -> None:
    """Prove that a RECORDING was destroyed: print a deletion certificate, or what is still there (exit code 1).

    Sound, waveform, key, row and spool are looked for, the chain of tombstones is checked from its beginning, the
    bytes of SQLite files are searched, and backups of the keys where the settings have them made. Copies that were made
    elsewhere cannot be seen from here; what was copied from the archive cannot be opened without the key.
    """
    now, backups = context.now(), context.settings().recordings.key_backups.folder
    with _installation() as opened, _places(opened) as places, context.explained(ValueError):
        proof = proven(places, recording, now, backups)
    if as_json:
        print_json([_proof(proof, now)])
    else:
        _print_proof(proof, now)
    sys.exit(0 if proof.holds else 1)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def orphans(as_json: bool) -> None:
    """Tell of files without rows, rows without files or keys, and keys without rows; exit code 1 if there are any.

    Nothing is done about them here; files that nothing names are destroyed by the retention job after their term
    (`centrala retention terms`). It waits for a recording that is being taken in on this machine, which has no row yet.
    """
    with _installation() as opened, _places(opened) as places:
        found = leftovers.orphans(places, context.now())
    if as_json:
        print_json([{"kind": str(one.kind), "name": one.name} for one in found])
    else:
        for one in found:
            click.echo(f"{one.kind:<24}  {one.name}")
    sys.exit(1 if found else 0)


@contextmanager
def _installation() -> Iterator[Installation]:
    opened = context.installation()
    with closing(opened.database):
        yield opened


@contextmanager
def _places(opened: Installation) -> Iterator[Places]:
    with context.explained(RecordingFault), open_places(opened, os.environ) as places:
        yield places


def _meant(places: Places, recording: str | None, call_id: str | None) -> tuple[Meant, bool]:
    """What consent is withdrawn for, and whether their call goes on. Raises Failure where none are."""
    with places.database.reading() as connection:
        if call_id is None:
            meant, goes_on = withdrawal.of_recording(recording or "")(connection), False
        else:
            meant, goes_on = withdrawal.found_of_call(connection, call_id), _is_recorded_now(connection, call_id)
    if not (meant.kept or meant.aside or meant.waiting) and not goes_on:
        fail("there is no such recording")
    return meant, goes_on


def _told(auditor: Auditor, find: Find, call_id: str | None) -> Find:
    """What is found is told to the audit in the transaction that decides: afterwards nobody knows whom it was about."""

    def found(connection: Connection) -> Meant:
        meant = find(connection)
        if call_id is not None:
            auditor.tell_of_call_with(connection, Action.CONSENT_WITHDRAWN, call_id)
        for id in (*(one.id for one in meant.kept), *(one.id for one in meant.aside)):
            auditor.tell_with(connection, Action.CONSENT_WITHDRAWN, id)
        return meant

    return found


def _is_recorded_now(connection: Connection, call_id: str) -> bool:
    """Whether there may be recordings of the call that nobody has told of yet."""
    call = calls.find(connection, call_id)
    goes_on = call is not None and call.ended_at is None
    return goes_on and any(consent.given for consent in consents.of_call(connection, call_id))


def _confirm(number: int) -> None:
    if not context.interactive():
        fail("destroying cannot be undone; say --yes")
    click.confirm(f"Destroy {number} for ever?", abort=True, err=True)


def _tell_placed(placed: Placed, made: Hold) -> None:
    for id in placed.too_late:
        click.echo(TOO_LATE.format(id=id), err=True)
    if not placed.held and not placed.too_late:
        raise Failure("there are no such recordings; no hold was placed")
    click.echo(f"{placed.held} held for the case {made.case}")
    sys.exit(1 if placed.too_late else 0)


def _hold(one: Hold, number: int, today: date) -> dict[str, object]:
    return {
        "case": one.case,
        "reason": one.reason,
        "state": "in force" if one.in_force(today) else "lifted" if one.lifted_at else "over",
        "recordings": number,
        "placed_by": one.placed_by,
        "placed_at": one.placed_at.isoformat(timespec="seconds"),
        "until": one.until and one.until.isoformat(),
        "lifted_by": one.lifted_by,
        "lifted_at": one.lifted_at and one.lifted_at.isoformat(timespec="seconds"),
    }


def _proof(proof: Proof, now: datetime) -> dict[str, object]:
    stone = proof.tombstone
    return {
        "recording": proof.recording_id,
        "destroyed": proof.holds,
        "looked_at": now.isoformat(timespec="seconds"),
        "tombstone": stone and dict(_stone(stone)),
        "chain": {"whole": proof.chain.whole, "number": proof.chain.head.number, "hash": proof.chain.head.hash},
        "findings": [{"subject": one.subject, "good": one.good, "seen": one.seen} for one in proof.findings],
    }


def _stone(stone: Tombstone) -> list[tuple[str, str]]:
    return [
        ("decision", stone.decision),
        ("policy", stone.policy),
        ("ended_at", stone.ended_at.isoformat(timespec="seconds")),
        ("keep_until", stone.keep_until.isoformat()),
        ("destroyed_at", stone.purged_at.isoformat(timespec="seconds")),
        ("sha256", stone.sha256),
        ("number", str(stone.number)),
        ("previous", stone.previous),
        ("hash", stone.hash),
    ]


def _print_proof(proof: Proof, now: datetime) -> None:
    if proof.holds:
        click.echo(f"CERTIFICATE OF DELETION of the recording {proof.recording_id}")
    else:
        click.echo(f"NOT PROVEN TO BE DESTROYED: the recording {proof.recording_id}")
    if proof.tombstone is not None:
        print_table([["", name.replace("_", " "), value] for name, value in _stone(proof.tombstone)])
    click.echo(f"What was found on {now.astimezone(SERVICE_ZONE).isoformat(timespec='seconds')}:")
    print_table([["", "ok" if one.good else "NOT", one.subject, one.seen] for one in proof.findings])


def _bounds(on: str | None) -> tuple[datetime | None, datetime | None]:
    """The beginning and the end of a day of the service's."""
    if on is None:
        return None, None
    first = day(on, "--day")
    midnight = datetime.combine(first, time(), SERVICE_ZONE)
    return midnight, datetime.combine(first + timedelta(days=1), time(), SERVICE_ZONE)


def _last_day(until: str | None) -> date | None:
    if until is None:
        return None
    last = day(until, "--until")
    if last < context.today():
        raise click.BadParameter(f"{last} is over", param_hint="--until")
    return last
