"""Importing the operator's table of profiles: streaming, repeatable, and never stopped by a bad row.

Rows are stored in batches, so that an import that was broken off is simply run again. The last row of an identifier
wins. A row that says what is known already changes nothing, not even the salt of its PIN.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import BinaryIO

from auth_pin import identifiers, pin_policy, pins, profiles
from auth_pin.faults import PinUnreadable, ProfileFault
from auth_pin.keys import Keys
from auth_pin.profile_rows import Row, read_header, read_row
from auth_pin.profiles import Credentials, Entry
from auth_pin.tables import Header, Line, lines
from storage.database import Database

BATCH_ROWS = 500
BATCH_PINS = 50


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out: the number of its line and what is wrong with it."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Summary:
    """How many rows were there, by what came of them."""

    added: int
    changed: int
    unchanged: int
    bad: int


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told while an import runs: of each bad row, of columns that mean nothing, of bytes done with."""

    bad_row: Callable[[BadRow], None]
    unknown_columns: Callable[[tuple[str, ...]], None]
    progress: Callable[[int], None]


class Fate(Enum):
    """What came of a row, in the order of `Summary`."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    BAD = "bad"


_Batch = Mapping[str, tuple[Line, Row]]
_Decision = tuple[Fate, Entry]


def begin(
    source: BinaryIO, read: Callable[[Line | None], Header], listeners: Listeners
) -> tuple[Header, Iterator[Line]]:
    """Read the first line of a table, and tell of it: what it says, and the lines behind it. Raises ImportFault."""
    numbered = lines(source)
    first = next(numbered, None)
    header = read(first)
    if header.unknown:
        listeners.unknown_columns(header.unknown)
    listeners.progress(first.size if first else 0)
    return header, numbered


def import_profiles(
    database: Database,
    keys: Keys,
    source: BinaryIO,
    at: datetime,
    listeners: Listeners,
    pin_digits: int = pin_policy.PIN_DIGITS,
) -> Summary:
    """Import a table; `at` is when a new profile was made whose row does not say so.

    Raises ImportFault: the first line is not one, and nothing was imported; PinKeyMissing.
    """
    header, numbered = begin(source, read_header, listeners)
    return _Import(database, keys, at, listeners, pin_digits).run(header, numbered)


class _Import:
    """One run of an import."""

    def __init__(self, database: Database, keys: Keys, at: datetime, listeners: Listeners, pin_digits: int) -> None:
        self._database = database
        self._keys = keys
        self._at = at
        self._listeners = listeners
        self._pin_digits = pin_digits
        self._fates: Counter[Fate] = Counter()

    def run(self, header: Header, numbered: Iterator[Line]) -> Summary:
        with ThreadPoolExecutor(pins.at_once()) as hashers:
            for batch in self._batches(header, numbered):
                self._store(self._decide(batch, hashers))
        return Summary(*(self._fates[fate] for fate in Fate))

    def _batches(self, header: Header, numbered: Iterator[Line]) -> Iterator[_Batch]:
        """Rows by claim, few enough for one transaction; no claim is twice in a batch."""
        batch: dict[str, tuple[Line, Row]] = {}
        unhashed = 0
        for line in numbered:
            row = self._read(header, line)
            if row is None:
                self._listeners.progress(line.size)
                continue
            claim = identifiers.claim(self._keys.identifier, row.identifier)
            if claim in batch or len(batch) == BATCH_ROWS or unhashed == BATCH_PINS:
                yield batch
                batch, unhashed = {}, 0
            batch[claim] = line, row
            unhashed += row.pin is not None
        yield batch

    def _read(self, header: Header, line: Line) -> Row | None:
        try:
            return read_row(header, line, self._pin_digits)
        except ProfileFault as fault:
            self._fates[Fate.BAD] += 1
            self._listeners.bad_row(BadRow(line.number, str(fault)))
            return None

    def _decide(self, batch: _Batch, hashers: ThreadPoolExecutor) -> list[_Decision]:
        with self._database.reading() as connection:
            known = profiles.find_all(connection, batch.keys())

        def one(claim: str) -> _Decision:
            return self._decided(claim, batch[claim][1], known.get(claim))

        # Threads are worth their cost only where something is hashed.
        hashing = any(row.pin is not None for _, row in batch.values())
        decisions = []
        for (line, _), decision in zip(
            batch.values(), hashers.map(one, batch) if hashing else map(one, batch), strict=True
        ):
            self._listeners.progress(line.size)
            decisions.append(decision)
        return decisions

    def _decided(self, claim: str, row: Row, found: Credentials | None) -> _Decision:
        known = self._known_hash(claim, found)
        pin_hash = self._pin_hash(row, known)
        created_at = row.created_at or (found.created_at if found else self._at)
        entry = Entry(claim, row.identifier, pin_hash, row.state, created_at)
        if found is None:
            return Fate.ADDED, entry
        same = (known, found.state, found.created_at) == (pin_hash, row.state, created_at)
        return Fate.UNCHANGED if same else Fate.CHANGED, entry

    def _known_hash(self, claim: str, found: Credentials | None) -> str | None:
        """The hash that is there; one that cannot be read is replaced."""
        try:
            return None if found is None else self._keys.seal.open(found.pin_hash, claim)
        except PinUnreadable:
            return None

    def _pin_hash(self, row: Row, known: str | None) -> str:
        if row.pin is None:
            assert row.pin_hash is not None, "a row has a PIN or its hash"
            return row.pin_hash
        if known is not None and pins.matches(self._keys.pin, known, row.pin):
            return known
        return pins.hashed(self._keys.pin, row.pin)

    def _store(self, decisions: list[_Decision]) -> None:
        with self._database.writing() as connection:
            profiles.store(connection, self._keys, [entry for fate, entry in decisions if fate is not Fate.UNCHANGED])
        self._fates.update(fate for fate, _ in decisions)
