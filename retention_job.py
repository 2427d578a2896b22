"""The retention job: recordings and other personal data whose last day is over are destroyed, each night or once.

python retention_job.py                 stays, and runs at start and each night
python retention_job.py --once          runs now, for cron or a systemd timer
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import click
import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy.exc import SQLAlchemyError

from audit.trimming import AuditBroken
from centrala import context
from centrala.context import SERVICE_ZONE
from centrala.endings import Guarded
from centrala.forms import print_table
from centrala.keeping import back_keys_up, open_places
from centrala.logs import configure_logs
from centrala.privacy import keep_private
from centrala.reports import informing_of
from centrala.settings import KeyBackups, Retention
from centrala.terms import log_undecided, terms_of
from ivr.library import Library
from personal_data import job
from personal_data.decisions import Undecided
from personal_data.job import Done, Outlook, Service
from personal_data.kinds import PROMISED, Kind, Terms
from recordings import key_backups, purge, runs, tombstones
from recordings.faults import KeysUnusable, RecordingFault
from recordings.purge import Places, Step
from recordings.retention import business_date
from recordings.runs import Busy, Limits, Refused, TooMany
from storage.database import reason_of
from storage.home import HomeError
from storage.installation import Installation, look_at_installation

log = structlog.get_logger()

CODES: dict[type[Exception], int] = {TooMany: 1, Refused: 3, AuditBroken: 5, Busy: os.EX_TEMPFAIL}
STUCK, UNCOPIED = 4, 6
LONGEST_NODE = 80
NOT_EXPIRED = "old copies of recordings' keys could not be destroyed"
NOT_COPIED = "recordings' keys could not be copied"
LEFT_ALONE = "orphans with keys left alone"
GRACE_SECONDS = 12 * 3600  # a machine that slept through the night runs when it wakes


@click.command(cls=Guarded, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--once", is_flag=True, help="Run now, and end.")
@click.option("--dry-run", is_flag=True, help="With --once: tell what would be done, and write nothing at all.")
@click.option(
    "--now",
    "at",
    metavar="ISO",
    help="With --once: decide as if it were then (Polish time without an offset). Records keep the true time.",
)
@click.option(
    "--allow-share",
    type=click.FloatRange(0, 1, min_open=True),
    help="With --once: how much of all recordings, and of each other class, may go (default: retention: allow_share).",
)
def main(once: bool, dry_run: bool, at: str | None, allow_share: float | None) -> None:
    """Destroy recordings whose last day is over, and prove it; then all other personal data whose term is over.

    Without --once it stays, runs at start and each night at `retention: at` of settings.yaml, and logs to stderr. On
    any number of nodes it runs once for each day of the Polish calendar. What a run left undone, killed or not, the
    next one does. Recordings under a legal hold are passed over and counted, and with them all of their calls. What has
    lain in the quarantine for its term is destroyed as well, and so are files of recordings that nothing names.
    `centrala retention terms` shows for how long what is kept.

    \b
    Exit codes:
      0    done, or nothing to do
      1    stopped: more would go than is allowed at once; nothing was decided
      2    wrong usage or surroundings (settings, folders, databases)
      3    refused: the job has run for a later day, so the clock was set back
      4    done, but files that had to go could not be destroyed: they are named
      5    the audit is broken: nothing was taken out of it; all else is done
      6    done, but recordings' keys could not be copied, or old copies not be destroyed: it is told why
      75   another process or node is running it (EX_TEMPFAIL)
      130  interrupted; the next run goes on
    """
    keep_private()
    if not once and (dry_run or at is not None or allow_share is not None):
        raise click.UsageError("--dry-run, --now and --allow-share need --once")
    said = context.settings()
    settings, terms = said.retention, terms_of(said)
    limits = Limits(settings.allow_share if allow_share is None else allow_share, settings.batch)
    today = context.today() if at is None else business_date(context.moment(at), SERVICE_ZONE)
    configure_logs("WARNING" if once else "INFO")
    with _coded():
        if dry_run:
            _look(terms, today, limits)
        elif once:
            _run_once(terms, today, limits, said.recordings.key_backups)
        else:
            _stay(settings, terms, limits, said.recordings.key_backups)


def _look(terms: Terms, today: date, limits: Limits) -> None:
    """Tell what a run would do."""
    with context.explained(HomeError):
        opened = look_at_installation(os.environ)
    with (
        closing(opened.database),
        open_places(opened, os.environ, make=False) as places,
        opened.database.reading() as connection,
    ):
        runs.check_day(connection, today)
        outlook = job.look(places, connection, _service(places, terms), today, limits)
        chain = tombstones.head(connection)
    print_table(_foreseen(today.isoformat(), outlook, chain.number))
    outlook.check(limits, today)


def _service(places: Places, terms: Terms) -> Service:
    return Service(terms, SERVICE_ZONE, informing_of(Library(places.database)))


def _run_once(terms: Terms, today: date, limits: Limits, backups: KeyBackups) -> None:
    """Run, with a progress bar."""
    if not_expired := _expire_copies(backups):
        click.echo(f"centrala: {NOT_EXPIRED}: {not_expired}", err=True)
    with open_places(context.installation(), os.environ) as places:
        with places.database.reading() as connection:
            foreseen = purge.foresee(connection, today, limits.share)
        length, hidden = foreseen.due + foreseen.pending, not sys.stderr.isatty()
        with click.progressbar(length=length, label="destroying", file=sys.stderr, hidden=hidden) as bar:

            def watch(step: Step, number: int) -> None:
                if step is Step.BURIED:
                    bar.update(number)

            done = job.once(places, _service(places, terms), today, _node(), context.now, limits, watch)
        copied = _copy_keys(places, backups)
    print_table(_done(done, copied.path))
    for one in done.run.stuck:
        click.echo(f"centrala: {one}", err=True)
    if copied.fault:
        click.echo(f"centrala: {NOT_COPIED}: {copied.fault}", err=True)
    if done.run.stuck:
        sys.exit(STUCK)
    if copied.fault or not_expired:
        sys.exit(UNCOPIED)


def _stay(settings: Retention, terms: Terms, limits: Limits, backups: KeyBackups) -> None:
    """Run at start and each night, until SIGTERM or Ctrl-C."""
    opened = context.installation()
    with open_places(opened, os.environ):
        # What is missing is told now, and not in the night.
        pass
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    stopping: list[bool] = []
    scheduler = schedule(settings, partial(_run_logged, opened, terms, limits, backups, stopping))
    log.info("the retention job waits", at=settings.at, zone=str(SERVICE_ZONE))
    try:
        scheduler.start()
    finally:
        # What it does just now it leaves after the step: the next run goes on from there.
        stopping.append(True)
        scheduler.shutdown()


def schedule(settings: Retention, run: Callable[[], None]) -> BlockingScheduler:
    """A scheduler that runs at start and each night; one run at a time, and one for all that were missed."""
    scheduler = BlockingScheduler(
        timezone=SERVICE_ZONE,
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "misfire_grace_time": GRACE_SECONDS, "max_instances": 1},
    )
    scheduler.add_job(run, id="at start")
    scheduler.add_job(run, nightly(settings), id="nightly")
    return scheduler


def nightly(settings: Retention) -> CronTrigger:
    """Each night at that time."""
    hour, _, minute = settings.at.partition(":")
    return CronTrigger(hour=int(hour), minute=int(minute), timezone=SERVICE_ZONE)


class _Stopping(Exception):
    """The process is to end."""


def _run_logged(opened: Installation, terms: Terms, limits: Limits, backups: KeyBackups, stopping: list[bool]) -> None:
    def watch(step: Step, number: int) -> None:
        if stopping:
            raise _Stopping

    if fault := _expire_copies(backups):
        log.error(NOT_EXPIRED, reason=fault)
    try:
        # Anew each night: what was moved away meanwhile is missed.
        with open_places(opened, os.environ) as places:
            service = _service(places, terms)
            done = job.once(places, service, context.today(), _node(), context.now, limits, watch)
            copied = _copy_keys(places, backups)
    except KeysUnusable as error:
        log.error("the retention job was cut short; the next run goes on", reason=str(error))
    except (RecordingFault, AuditBroken) as error:
        log.error("the retention job did not run", reason=str(error), code=CODES.get(type(error), 2))
    except (SQLAlchemyError, OSError) as error:
        reason = reason_of(error) if isinstance(error, SQLAlchemyError) else str(error)
        log.error("the retention job was cut short; the next run goes on", reason=reason)
    except _Stopping:
        log.info("the retention job is stopped; the next run goes on")
    else:
        _log(done, copied)


def _log(done: Done, copied: Copied) -> None:
    table = {name.replace(" ", "_"): value for name, value in _done(done, copied.path)}
    log.info("the retention job has run", **table)
    log_undecided(done.undecided)
    for one in done.run.stuck:
        log.error("a file that had to go could not be destroyed", file=one.place, reason=one.reason)
    if copied.fault:
        log.error(NOT_COPIED, reason=copied.fault)


@dataclass(frozen=True, slots=True)
class Copied:
    """To which file recordings' keys were copied, or why they could not be."""

    path: Path | None = None
    fault: str = ""


def _copy_keys(places: Places, backups: KeyBackups) -> Copied:
    """Copy recordings' keys as they are now, where the settings have that done."""
    if backups.folder is None:
        return Copied()
    try:
        return Copied(back_keys_up(places.archive.keys, backups.folder, backups.days, context.now())[0].path)
    except (RecordingFault, OSError) as error:
        return Copied(fault=str(error))


def _expire_copies(backups: KeyBackups) -> str:
    """Destroy old copies, whatever becomes of the run: why it could not be done."""
    try:
        if backups.folder is not None:
            key_backups.expire(backups.folder, backups.days, context.now())
    except OSError as error:
        return str(error)
    return ""


def _node() -> str:
    """The name of this machine."""
    return socket.gethostname()[:LONGEST_NODE]


@contextmanager
def _coded() -> Iterator[None]:
    """End with the fault's own exit code."""
    try:
        yield
    except (RecordingFault, AuditBroken) as fault:
        click.echo(f"centrala: {fault}", err=True)
        sys.exit(CODES.get(type(fault), 2))


def _foreseen(today: str, outlook: Outlook, chain: int) -> list[list[str]]:
    foreseen = outlook.recordings
    return [
        ["day", today],
        ["recordings", str(foreseen.recordings)],
        ["due", str(foreseen.due)],
        *([f"  {policy}", str(number)] for policy, number in foreseen.policies),
        ["held", str(foreseen.held)],
        ["decided before", str(foreseen.pending)],
        ["quarantine ended", str(foreseen.quarantined)],
        *([f"{one.kind} due", str(one.due)] for one in outlook.others),
        *([f"{one.kind} kept back", str(one.kept_back)] for one in outlook.others if one.kept_back),
        ["orphans due", str(len(outlook.nameless.due))],
        [LEFT_ALONE, str(outlook.nameless.with_keys)],
        *_undecided(outlook.undecided),
        ["tombstones", str(chain)],
        ["written", "nothing: a dry run"],
    ]


def _done(done: Done, copied: Path | None) -> list[list[str]]:
    run = done.run
    return [
        ["day", run.business_date.isoformat()],
        ["destroyed", str(run.purged)],
        ["held", str(run.held)],
        ["quarantine ended", str(run.unquarantined)],
        *([f"{kind} gone", str(done.gone.get(kind, 0))] for kind in Kind if kind not in PROMISED),
        [LEFT_ALONE, str(done.left_alone)],
        ["could not be destroyed", str(len(run.stuck))],
        ["keys copied to", str(copied) if copied else "-"],
        *_undecided(done.undecided),
        ["tombstones", str(run.chain.number)],
        ["chain", run.chain.hash],
        ["audit entries", str(done.audit.number)],
        ["audit head", done.audit.hash],
        ["run", "had ended before; what was decided since is done" if run.was_done else "ended"],
    ]


def _undecided(found: Iterable[Undecided]) -> list[list[str]]:
    """Where the settings say something else than what is in force."""
    return [[f"undecided {one.kind}", f"{one.in_force} in force, settings.yaml: {one.wanted}"] for one in found]


if __name__ == "__main__":
    main(prog_name="retention_job.py")
