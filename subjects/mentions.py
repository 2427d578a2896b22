"""A person in others' calls: a number that somebody keyed to be called back at, an identifier that was not theirs.

The turns stay, since they are others'; what tells of the person is blotted out in them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Column, Connection, func, or_, select, tuple_, update

from ivr import codec
from ivr.calls import calls, turns
from ivr.prompts import digit_name
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
    blots = _blots(held)
    if not blots:
        return Mentions((), ())
    stands_there = or_(*(blot.text.contains(blot.word, autoescape=True) for blot in blots))
    elsewhere = turns.c.call_id.not_in(held.call_ids) & turns.c.call_id.not_in(select(calls.c.id).where(held.others))
    found = connection.execute(select(turns.c.call_id, turns.c.seq).where(stands_there, elsewhere)).all()
    pairs = tuple((row.call_id, row.seq) for row in found)
    return Mentions(pairs, _running(connection, {call_id for call_id, _ in pairs}))


def blot_out(connection: Connection, held: Holdings, found: Collection[Turn]) -> None:
    """Have nothing of the person stand in these turns."""
    pairs = sorted(found)
    for begin in range(0, len(pairs), _AT_ONCE):
        some = tuple_(turns.c.call_id, turns.c.seq).in_(pairs[begin : begin + _AT_ONCE])
        for blot in _blots(held):
            blotted = func.replace(blot.text, blot.word, blot.instead)
            connection.execute(update(turns).where(some).values({blot.text.name: blotted}))


@dataclass(frozen=True, slots=True)
class _Blot:
    """What tells of the person in one of a turn's texts, and what comes in its place."""

    text: Column[str]
    word: str
    instead: str


def _blots(held: Holdings) -> tuple[_Blot, ...]:
    person = held.person
    digits = national_digits(person.number) if person.number else ""
    written = tuple(_Blot(text, word, BLOT * len(word)) for word in (digits, person.claim) if word for text in _TEXTS)
    read_back = _Blot(turns.c.prompts, _said(digits), _said(BLOT * len(digits)))
    return (*written, read_back) if digits else written


def _said(digits: str) -> str:
    """A number read back to whoever keyed it: digit by digit, by the same names in every language."""
    return codec.encode(tuple(map(digit_name, digits))).removeprefix("[").removesuffix("]")


def _running(connection: Connection, ids: Collection[str]) -> tuple[str, ...]:
    pages = [sorted(ids)[begin : begin + _AT_ONCE] for begin in range(0, len(ids), _AT_ONCE)]
    queries = (select(calls.c.id).where(calls.c.id.in_(page), calls.c.ended_at.is_(None)) for page in pages)
    return tuple(id for query in queries for id in connection.execute(query).scalars())
