"""Which recordings are meant, by what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement

from recordings.catalogue import recordings


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which recordings: all that is named must be so. `begin` and `end` bound when the conversation ended."""

    id: str | None = None
    call_id: str | None = None
    caller: str | None = None
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
        c.caller: wanted.caller,
        c.consultant: wanted.consultant,
        c.topic: wanted.topic,
    }
    equal = [column == value for column, value in named.items() if value is not None]
    if wanted.begin is not None:
        equal.append(c.ended_at >= wanted.begin)
    if wanted.end is not None:
        equal.append(c.ended_at < wanted.end)
    return tuple(equal)
