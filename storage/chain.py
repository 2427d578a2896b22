"""Logs in which each row holds the hash of the one before, so that whoever changes them is found out.

A row's own hash covers all of it. One that is changed, removed, put in or moved breaks the chain there. A chain that
was cut off at its end looks whole: whoever keeps a head (a number and its hash) can tell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar


@dataclass(frozen=True, slots=True)
class Head:
    """Up to where a chain was whole: the number of a row and its hash."""

    number: int
    hash: str


NOTHING = Head(0, "0" * 64)
"""The head of an empty chain."""


class Link(Protocol):
    """A row of a chain: its number, the hash of the one before it, and its own."""

    @property
    def number(self) -> int:
        """From 1 on, without a gap."""

    @property
    def previous(self) -> str:
        """The hash of the row before it."""

    @property
    def hash(self) -> str:
        """The hash of all of it."""


L = TypeVar("L", bound=Link)


@dataclass(frozen=True, slots=True)
class Chain:
    """What became of checking a chain. `broken` is the first number at which it is not whole, and `why` says how."""

    head: Head
    broken: int | None = None
    why: str = ""

    @property
    def whole(self) -> bool:
        """Whether nothing was changed, removed or moved."""
        return self.broken is None


def check(links: Iterable[L], hash_of: Callable[[L], str], known: Iterable[Head] = (), begin: Head = NOTHING) -> Chain:
    """Check rows in the order of their numbers, which go on from `begin`, and that heads that are `known` are there.

    Known heads of rows up to `begin` are left out, but for `begin` itself.
    """
    expected = {one.number: one.hash for one in known if one.number >= begin.number}
    if why := _unexpected(begin, expected):
        return Chain(begin, begin.number, why)
    last = begin
    for link in links:
        found = Head(link.number, link.hash)
        if (why := _fault(link, hash_of(link), last)) or (why := _unexpected(found, expected)):
            return Chain(last, min(link.number, last.number + 1), why)
        last = found
    missing = min((number for number in expected if number > last.number), default=None)
    if missing is not None:
        return Chain(last, last.number + 1, f"missing: the chain has reached {missing} before")
    return Chain(last)


def digest(fields: Iterable[str]) -> str:
    """SHA-256 over texts, each with its length before it, so that none can run into another."""
    # Lists, as there are many: generators take half as long again.
    encoded = [field.encode() for field in fields]
    return hashlib.sha256(b"".join([b"%d:%b\n" % (len(one), one) for one in encoded])).hexdigest()


def moment(at: datetime) -> str:
    """A moment as it is hashed: in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _fault(link: Link, expected: str, last: Head) -> str:
    if link.number != last.number + 1:
        return "missing"
    if link.previous != last.hash:
        return "does not follow the one before it"
    return "" if link.hash == expected else "changed"


def _unexpected(found: Head, expected: dict[int, str]) -> str:
    return "" if expected.get(found.number, found.hash) == found.hash else "another one than was there before"
