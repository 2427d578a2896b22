"""Terms in force: those on record, whatever the settings say, until somebody decides otherwise and says why.

The first who needs them puts the settings on record. Rows are only ever added; the newest of a class is in force.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from audit import entries
from audit.entries import Action, Entry
from personal_data.kinds import Kind, Terms
from personal_data.records import retention_terms
from recordings.retention import Term, parse_term
from recordings.serial import one_at_a_time
from storage.database import Database

SETTINGS = "settings.yaml"
AS_FIRST_SET = "as first set"


@dataclass(frozen=True, slots=True)
class Decision:
    """The term of a class: since when, by whom and why. `also_kept`: what had a last day by then gets another one."""

    kind: Kind
    term: Term
    decided_at: datetime
    decided_by: str
    reason: str
    also_kept: bool = False
    number: int = 0


@dataclass(frozen=True, slots=True)
class Undecided:
    """The settings say something else than what is in force."""

    kind: Kind
    in_force: Term
    wanted: Term

    def __str__(self) -> str:
        return (
            f"{self.kind}: {self.in_force} in force, settings.yaml says {self.wanted}; nothing changes until it is "
            f"decided: centrala retention decide {self.kind} --reason ..."
        )


def in_force(connection: Connection) -> Mapping[Kind, Decision]:
    """The newest decision of each class that has one."""
    c = retention_terms.c
    rows = connection.execute(select(retention_terms).order_by(c.number)).mappings()
    decided = (
        Decision(
            kind=Kind(row["class"]),
            term=parse_term(row["term"]),
            decided_at=row["decided_at"],
            decided_by=row["decided_by"],
            reason=row["reason"],
            also_kept=row["also_kept"],
            number=row["number"],
        )
        for row in rows
    )
    return {one.kind: one for one in decided}


def terms(connection: Connection, settings: Terms) -> Terms:
    """The terms in force; where nothing is on record yet, those of the settings. Only reads."""
    return dict(settings) | {kind: one.term for kind, one in in_force(connection).items()}


def settled(database: Database, settings: Terms, at: datetime) -> Terms:
    """The terms in force; what is not on record is put there as the settings have it."""
    with database.reading() as connection:
        found = in_force(connection)
    if found.keys() < settings.keys():
        with database.writing() as connection:
            one_at_a_time(connection)
            # Another process may have been quicker.
            for kind in sorted(settings.keys() - in_force(connection).keys()):
                _write(connection, Decision(kind, settings[kind], at, SETTINGS, AS_FIRST_SET))
            found = in_force(connection)
    return {kind: one.term for kind, one in found.items()}


def undecided(in_force: Terms, settings: Terms) -> tuple[Undecided, ...]:
    """Where the settings say something else."""
    return tuple(Undecided(kind, in_force[kind], term) for kind, term in settings.items() if in_force[kind] != term)


def decide(connection: Connection, decision: Decision) -> None:
    """Put a decision on record, and into the audit, in the caller's transaction."""
    one_at_a_time(connection)
    before = in_force(connection).get(decision.kind)
    _write(connection, decision)
    kept = ", also of what is kept" if decision.also_kept else ""
    details = f"{before.term if before else 'none'} -> {decision.term}{kept}: {decision.reason}"
    entry = Entry(decision.decided_at, decision.decided_by, Action.TERM_DECIDED, f"term:{decision.kind}", None, details)
    entries.append(connection, entry)


def _write(connection: Connection, decision: Decision) -> None:
    values = {
        "class": str(decision.kind),
        "term": str(decision.term),
        "decided_at": decision.decided_at,
        "decided_by": decision.decided_by,
        "reason": decision.reason,
        "also_kept": decision.also_kept,
    }
    connection.execute(insert(retention_terms), values)
