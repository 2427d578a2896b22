"""Which recordings are meant, by what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_

from recordings.catalogue import recordings


@dataclass(frozen=True, slots=True)
class Caller:
    """Who called: the number, and a query for the ids of the calls from it.

    What was recorded in calls is found by these: an index of numbers over all recordings would have the purge write one
    more page for each, as callers are strewn over it. Imported ones have no call, and an index of their own.
    """

    number: str
    calls: Select[tuple[str]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which recordings: all that is named must be so. `begin` and `end` bound when the conversation ended."""

    id: str | None = None
    call_id: str | None = None
    caller: Caller | None = None
    consultant: str | None = None
    begin: datetime | None = None
    end: datetime | None = None
    topic: str | None = None

    @property
    def names_any(self) -> bool:
        """Whether something but time is named."""
        return any(value is not None for value in (self.id, self.call_id, self.caller, self.consultant, self.topic))

    def includes(self, ended_at: datetime | None) -> bool:
        """Whether a conversation that ended then is wanted, of which nothing else is asked."""
        if ended_at is None:
            return self.begin is None and self.end is None
        return (self.begin is None or self.begin <= ended_at) and (self.end is None or ended_at < self.end)


ANY = Wanted()


def conditions(wanted: Wanted) -> tuple[ColumnElement[bool], ...]:
    """What is wanted, as conditions on the catalogue's rows."""
    c = recordings.c
    named = {
        c.id: wanted.id,
        c.call_id: wanted.call_id,
        c.consultant: wanted.consultant,
        c.topic: wanted.topic,
    }
    equal = [column == value for column, value in named.items() if value is not None]
    if wanted.caller is not None:
        imported = c.call_id.is_(None) & (c.caller == wanted.caller.number)
        equal.append(or_(c.call_id.in_(wanted.caller.calls), imported))
    if wanted.begin is not None:
        equal.append(c.ended_at >= wanted.begin)
    if wanted.end is not None:
        equal.append(c.ended_at < wanted.end)
    return tuple(equal)
