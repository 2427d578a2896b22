"""What would go on a day, class by class, and whether so much may go at once.

Of each class at most the allowed share goes in a run, or what becomes due by itself within a fortnight where that is
more: of what is kept for ninety days a ninetieth falls due each day, so that a job that stood still for a week must not
stop at it. Nor does it stop where the share would be less than one: it says nothing of a handful. A clock that is a
year ahead, or a term that lost a digit, makes more due than that. No file loses its name by itself: of the archive's
files that a night looks at no more than the share may go.

Nothing is counted further than needed: whether a share is too large shows by as many rows as are due, times the share.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from math import ceil

from sqlalchemy import Connection, func, literal, select

from audit import trimming
from personal_data.kinds import Kind, Terms
from personal_data.rules import RULES, Keepers
from recordings.nameless import Found
from recordings.retention import Term, due_before
from recordings.runs import too_many

FORTNIGHT = 14
# They end together, at the end of a year, and an import brings them back.
TOGETHER = frozenset({Kind.MANDATES})
WORDS = {
    Kind.CALLS: "calls",
    Kind.TURNS: "calls' turn logs",
    Kind.CONSENTS: "consents",
    Kind.AUTH_ATTEMPTS: "authentication attempts",
    Kind.AUTH_LIMITS: "limits of authentication attempts",
    Kind.CALLBACKS: "callbacks",
    Kind.MESSAGES: "text messages",
    Kind.SURVEYS: "surveys",
    Kind.AGENT_CHANGES: "changes of consultants' states",
    Kind.HOLDS: "legal holds",
    Kind.MANDATES: "mandates",
    Kind.UNCONFIRMED_PROFILES: "unconfirmed profiles",
    Kind.SCORES: "scores of conversations and samples",
    Kind.AUDIT: "entries of the audit",
    Kind.ORPHANS: "files of the archive",
}


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would go of a class: `due`, and `kept_back` whose term is over, too.

    `at_least` is how many there are in all; counted only so far as the share needs it.
    """

    kind: Kind
    due: int
    kept_back: int
    at_least: int

    def check(self, term: Term, allowed: float, today: date) -> None:
        """Raises TooMany where more would go than is allowed."""
        if self.kind in TOGETHER:
            return
        most = allowed if self.kind is Kind.ORPHANS else max(allowed, self.by_itself(term, today))
        # Rounded, since 0.7 times 2,580 is a little less than 1,806 for a computer.
        fits = self.due <= round(most * self.at_least, 6)
        # Written so that a limit that is no number (NaN) allows nothing.
        if self.due and not self.at_least * allowed <= 1 and not fits:
            raise too_many(WORDS[self.kind], self.due, self.at_least, most)

    @staticmethod
    def by_itself(term: Term, today: date) -> float:
        """The share that falls due within a fortnight where as much comes as goes."""
        return min(1.0, FORTNIGHT / (today - term.first_kept(today)).days)


def foresee(connection: Connection, kind: Kind, term: Term, day: tuple[date, tzinfo], share: float) -> Foreseen:
    """What would go of a class of rows on a day in that calendar. Only reads."""
    today, zone = day
    before = due_before(term, today, zone)
    if kind is Kind.AUDIT:
        due, number = trimming.reach(connection, before)
        return Foreseen(kind, due, 0, number)
    due, past = _due(connection, kind, before, today)
    return Foreseen(kind, due, past - due, _at_least(connection, kind, due, share))


def of_files(found: Found) -> Foreseen:
    """What would go of the archive's files that a night looked at."""
    return Foreseen(Kind.ORPHANS, found.archived_due, 0, found.archived)


def rows_due(connection: Connection, kind: Kind, term: Term, day: tuple[date, tzinfo]) -> int:
    """How many rows would go by such a term."""
    before = due_before(term, day[0], day[1])
    return trimming.reach(connection, before)[0] if kind is Kind.AUDIT else _due(connection, kind, before, day[0])[0]


def foresee_all(connection: Connection, terms: Terms, day: tuple[date, tzinfo], share: float) -> tuple[Foreseen, ...]:
    """What would go of every class of rows."""
    return tuple(foresee(connection, kind, terms[kind], day, share) for kind in (*RULES, Kind.AUDIT))


def number_of(connection: Connection, kind: Kind) -> int:
    """How many rows there are of a class."""
    if kind is Kind.AUDIT:
        return trimming.reach(connection, datetime.max.replace(tzinfo=UTC))[1]
    return sum(
        connection.execute(select(func.count()).select_from(rule.key.table).where(rule.are)).scalar_one()
        for rule in RULES[kind]
    )


def _due(connection: Connection, kind: Kind, before: datetime, today: date) -> tuple[int, int]:
    """How many go, and of how many the term is over."""
    due = past = 0
    for rule in RULES[kind]:
        free = rule.free(Keepers(today, foreseen=True))
        numbers = select(func.count().filter(free), func.count()).select_from(rule.key.table).where(rule.past(before))
        free_ones, all_of_them = connection.execute(numbers).one()
        due, past = due + free_ones, past + all_of_them
    return due, past


def _at_least(connection: Connection, kind: Kind, due: int, share: float) -> int:
    """How many rows there are, counted until there are enough."""
    if not due:
        return 0
    enough, number = ceil(due / share) + 1 if share > 0 else None, 0
    for rule in RULES[kind]:
        some = select(literal(1)).select_from(rule.key.table).where(rule.are).limit(enough)
        number += connection.execute(select(func.count()).select_from(some.subquery())).scalar_one()
    return number
