"""Importing the operator's table of mandates: as that of profiles (`auth_pin.profile_import`), which comes first.

A mandate is of one profile and one payer; the last row of both wins. What is not in the table stays as it is: one that
was revoked is given a last day that is over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import BinaryIO

from sqlalchemy import Connection

from auth_pin import identifiers, mandates, profiles
from auth_pin.faults import ProfileFault
from auth_pin.mandate_rows import Row, read_header, read_row
from auth_pin.mandates import NOTHING_KNOWN, Entry, Known
from auth_pin.profile_import import BATCH_ROWS, BadRow, Fate, Listeners, Summary, begin
from auth_pin.tables import Header, Line
from storage.database import Database

NO_PROFILE = "no profile has this identifier; import the profiles first"

# By identifier and payer: each once.
_Batch = Mapping[tuple[str, str], tuple[Line, Row]]


def import_mandates(database: Database, key: bytes, source: BinaryIO, listeners: Listeners) -> Summary:
    """Import a table under the installation's `identifier` key.

    Raises ImportFault: the first line is not one, and nothing was imported.
    """
    header, numbered = begin(source, read_header, listeners)
    return _Import(database, key, listeners).run(header, numbered)


class _Import:
    """One run of an import."""

    def __init__(self, database: Database, key: bytes, listeners: Listeners) -> None:
        self._database = database
        self._key = key
        self._listeners = listeners
        self._fates: Counter[Fate] = Counter()

    def run(self, header: Header, numbered: Iterator[Line]) -> Summary:
        for batch in self._batches(header, numbered):
            with self._database.writing() as connection:
                fates = self._store(connection, batch)
            self._fates.update(fates)
            for line, _ in batch.values():
                self._listeners.progress(line.size)
        return Summary(*(self._fates[fate] for fate in Fate))

    def _batches(self, header: Header, numbered: Iterator[Line]) -> Iterator[_Batch]:
        """Rows, few enough for one transaction."""
        batch: dict[tuple[str, str], tuple[Line, Row]] = {}
        for line in numbered:
            row = self._read(header, line)
            if row is None:
                self._listeners.progress(line.size)
                continue
            if (row.identifier, row.payer) in batch or len(batch) == BATCH_ROWS:
                yield batch
                batch = {}
            batch[row.identifier, row.payer] = line, row
        yield batch

    def _read(self, header: Header, line: Line) -> Row | None:
        try:
            return read_row(header, line)
        except ProfileFault as fault:
            self._leave_out(line, str(fault))
            return None

    def _leave_out(self, line: Line, reason: str) -> None:
        self._fates[Fate.BAD] += 1
        self._listeners.bad_row(BadRow(line.number, reason))

    def _store(self, connection: Connection, batch: _Batch) -> Counter[Fate]:
        """Keep what is new in a batch; what became of its rows."""
        claims = {identifier: identifiers.claim(self._key, identifier) for identifier, _ in batch}
        found = profiles.find_all(connection, claims.values())
        subjects = {name: found[claim].subject for name, claim in claims.items() if claim in found}
        known = dict(mandates.known_of(connection, subjects.values()))
        fates: Counter[Fate] = Counter()
        entries = []
        for line, row in batch.values():
            subject = subjects.get(row.identifier)
            if subject is None:
                self._leave_out(line, NO_PROFILE)
                continue
            fate, entry, known[subject] = self._decided(row, subject, known.get(subject, NOTHING_KNOWN))
            fates[fate] += 1
            if fate is not Fate.UNCHANGED:
                entries.append(entry)
        mandates.store(connection, self._key, entries)
        return fates

    def _decided(self, row: Row, subject: str, known: Known) -> tuple[Fate, Entry, Known]:
        """What becomes of a row, and what is known of its profile then."""
        claim = mandates.claim(self._key, subject, row.payer)
        if claim not in known.valid_until:
            entry = Entry(subject, row.payer, known.last_place + 1, row.valid_until)
            ends: dict[str, date | None] = {**known.valid_until, claim: row.valid_until}
            return Fate.ADDED, entry, Known(ends, entry.place)
        fate = Fate.UNCHANGED if known.valid_until[claim] == row.valid_until else Fate.CHANGED
        return fate, Entry(subject, row.payer, known.last_place, row.valid_until), known
