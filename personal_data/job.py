"""The retention job over every class of personal data: recordings first, then all that may go once they are gone.

Terms are those on record. What would stop a run (a share that is too large, a clock that was set back) stops it before
anything is decided, of whatever class. Files that nothing names are each machine's own, as the quarantine is: every run
destroys them on its machine, also where another has run, or runs, for that day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

import structlog
from sqlalchemy import Connection

from audit import heads
from ivr.history.contacts import Informing
from personal_data import decisions, expiry, forecast, last_days, ledger, people
from personal_data.decisions import Undecided
from personal_data.expiry import Day
from personal_data.forecast import Foreseen
from personal_data.kinds import Kind, Terms
from personal_data.rules import RULES
from recordings import nameless, purge, runs
from recordings.nameless import Found, Night
from recordings.purge import Places, Step, Watch
from recordings.quarantine import Stuck
from recordings.runs import Limits, Run
from storage.chain import Head

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Service:
    """What the job needs of the service: terms as the settings have them, its time zone, and what its prompts tell."""

    settings: Terms
    zone: tzinfo
    informing: Informing


@dataclass(frozen=True, slots=True)
class Done:
    """What a run did: with recordings, and of every other class how many went.

    `left_alone` is of how many files only the key was found: a lost row explains them. `undecided` is where the
    settings say something else than what is in force. `audit` is how far the audit has reached.
    """

    run: Run
    gone: Mapping[Kind, int]
    left_alone: int
    audit: Head
    undecided: tuple[Undecided, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a run would do."""

    recordings: purge.Foreseen
    others: tuple[Foreseen, ...]
    nameless: Found
    undecided: tuple[Undecided, ...]
    terms: Terms

    def check(self, limits: Limits, today: date) -> None:
        """Raises TooMany."""
        runs.check(self.recordings, limits)
        _check((*self.others, forecast.of_files(self.nameless)), self.terms, limits, today)


def once(
    places: Places, service: Service, today: date, node: str, now: Callable[[], datetime], limits: Limits, watch: Watch
) -> Done:
    """Keep every class to its term on that day, and finish what was begun.

    Raises Busy, Refused, TooMany, AuditBroken, SQLAlchemyError, OSError; what was done by then is done, and the next
    run goes on.
    """
    terms = decisions.settled(places.database, service.settings, now())
    last_days.follow(places.database, service.zone, limits.batch, now(), watch)
    night = Night(terms[Kind.ORPHANS], today, service.zone)
    found = nameless.find(places, night)
    # Also where another machine has run for the day: it did not see this one's.
    _check((forecast.of_files(found),), terms, limits, today)
    others = _Others(places, terms, service, limits, now, night, found)
    run = runs.once(places, today, node, now, limits, watch, others)
    with places.database.writing() as connection:
        audit = heads.keep(connection, now())
        gone = ledger.counted(connection, today)
    return Done(run, gone, found.with_keys, audit, decisions.undecided(terms, service.settings))


def look(places: Places, connection: Connection, service: Service, today: date, limits: Limits) -> Outlook:
    """What a run would do on that day. Only reads."""
    terms = decisions.terms(connection, service.settings)
    return Outlook(
        purge.foresee(connection, today),
        forecast.foresee_all(connection, terms, (today, service.zone), limits.share),
        nameless.find(places, Night(terms[Kind.ORPHANS], today, service.zone)),
        decisions.undecided(terms, service.settings),
        terms,
    )


def _check(foreseen: Iterable[Foreseen], terms: Terms, limits: Limits, today: date) -> None:
    for one in foreseen:
        one.check(terms[one.kind], limits.share, today)


@dataclass(frozen=True, slots=True)
class _Others:
    """What is not recordings."""

    places: Places
    terms: Terms
    service: Service
    limits: Limits
    now: Callable[[], datetime]
    night: Night
    found: Found

    def check(self, connection: Connection, today: date) -> None:
        """Raises TooMany."""
        rows = forecast.foresee_all(connection, self.terms, (today, self.service.zone), self.limits.share)
        _check(rows, self.terms, self.limits, today)

    def clear(self, today: date, watch: Watch) -> tuple[Stuck, ...]:
        """Destroy what is this machine's own."""

        def count(connection: Connection) -> None:
            ledger.count(connection, today, Kind.ORPHANS, 1)

        return nameless.destroy(self.places, self.found.due, self.night, self.now, watch, count)

    def expire(self, today: date, watch: Watch) -> None:
        """Remove the rows whose term is over."""
        database = self.places.database
        day = Day(today, self.service.zone, self.limits.batch, self.service.informing)
        expiry.expire_erased(database, day, self.now(), watch)
        for kind in RULES:
            expiry.expire(database, kind, self.terms[kind], day, watch)
        expiry.trim_audit(database, self.terms[Kind.AUDIT], day, self.now(), watch)
        people.forget_people(self.places, self.now(), watch)
        if not purge.forget_rows(database):
            log.warning("removed rows are in the log of the database until a run finds nobody reading it for long")
        watch(Step.ROWS_FORGOTTEN, 0)
