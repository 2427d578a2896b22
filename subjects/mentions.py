"""A person in others' calls: a number that somebody keyed to be called back at, an identifier that was not theirs.

The turns stay, since they are others'; what tells of the person is blotted out in them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select, tuple_, update

from ivr.calls import calls, turns
from routing.phone_numbers import national_digits
from subjects.holdings import Holdings

BLOT = "*"
_TEXTS = (turns.c.events, turns.c.state, turns.c.wait)
_AT_ONCE = 200

Turn = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Mentions:
    """The turns of others' calls in which a person stands, and the ids of those calls that are not over."""

    turns: tuple[Turn, ...]
    running: tuple[str, ...]


def find(connection: Connection, held: Holdings) -> Mentions:
    """Look for a person in every turn that there is: it takes long where calls are kept for years, and only reads."""
    words = _words(held)
    if not words:
        return Mentions((), ())
    stands_there = or_(*(text.contains(word, autoescape=True) for text in _TEXTS for word in words))
    elsewhere = turns.c.call_id.not_in(held.call_ids) & turns.c.call_id.not_in(select(calls.c.id).where(held.others))
    found = connection.execute(select(turns.c.call_id, turns.c.seq).where(stands_there, elsewhere)).all()
    pairs = tuple((row.call_id, row.seq) for row in found)
    return Mentions(pairs, _running(connection, {call_id for call_id, _ in pairs}))


def blot_out(connection: Connection, held: Holdings, found: Collection[Turn]) -> None:
    """Have nothing of the person stand in these turns."""
    pairs = sorted(found)
    for begin in range(0, len(pairs), _AT_ONCE):
        some = tuple_(turns.c.call_id, turns.c.seq).in_(pairs[begin : begin + _AT_ONCE])
        for word in _words(held):
            values = {text.name: func.replace(text, word, BLOT * len(word)) for text in _TEXTS}
            connection.execute(update(turns).where(some).values(values))


def _words(held: Holdings) -> tuple[str, ...]:
    person = held.person
    digits = national_digits(person.number) if person.number else None
    return tuple(word for word in (digits, person.claim) if word)


def _running(connection: Connection, ids: Collection[str]) -> tuple[str, ...]:
    pages = [sorted(ids)[begin : begin + _AT_ONCE] for begin in range(0, len(ids), _AT_ONCE)]
    queries = (select(calls.c.id).where(calls.c.id.in_(page), calls.c.ended_at.is_(None)) for page in pages)
    return tuple(id for query in queries for id in connection.execute(query).scalars())
