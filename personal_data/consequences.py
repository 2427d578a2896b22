"""What a decision on a term would do, told before it is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import Connection

from personal_data import forecast, last_days
from personal_data.kinds import PROMISED, Kind
from recordings import nameless
from recordings.nameless import FOLDERS, Night
from recordings.purge import Places
from recordings.retention import Term, business_date


@dataclass(frozen=True, slots=True)
class Consequences:
    """How many would be `due_at_once` that are not now, and how many `kept_longer`.

    `stay` have a last day that the decision leaves as it is.
    """

    due_at_once: int = 0
    kept_longer: int = 0
    stay: int = 0


def consequences(
    places: Places,
    connection: Connection,
    kind: Kind,
    terms: tuple[Term, Term],
    *,
    also_kept: bool,
    at: tuple[datetime, tzinfo],
) -> Consequences:
    """What it would do that `terms[1]` came into force instead of `terms[0]`. Only reads."""
    (before, after), (now, zone) = terms, at
    today = business_date(now, zone)
    if kind in PROMISED:
        affected = last_days.affected(connection, kind, after, today, zone)
        if not also_kept:
            return Consequences(stay=affected)
        due = last_days.over(connection, kind, after, today, zone)
        return Consequences(due, affected if after.first_kept(today) < before.first_kept(today) else 0)
    if kind is Kind.ORPHANS:
        now_found, then = (nameless.find(places, Night(term, today, zone), FOLDERS) for term in (before, after))
        due, number = len(then.due) - len(now_found.due), len(now_found.due) + now_found.waiting
    else:
        due = forecast.rows_due(connection, kind, after, (today, zone)) - forecast.rows_due(
            connection, kind, before, (today, zone)
        )
        number = 0 if after.first_kept(today) >= before.first_kept(today) else forecast.number_of(connection, kind)
    shorter = after.first_kept(today) > before.first_kept(today)
    return Consequences(max(0, due), 0 if shorter else number)
