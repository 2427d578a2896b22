from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO

import pytest
from sqlalchemy import select

from auth_pin import pins, profile_import, profiles
from auth_pin.authentication import Authenticator
from auth_pin.faults import ImportFault
from auth_pin.profile_import import BadRow, Listeners, Summary, import_profiles
from auth_pin.profiles import State
from auth_pin.verdicts import Accepted
from storage.database import Database
from tests.auth_pin.conftest import KEYS, NOON
from tests.auth_pin.counting import Watched
from tests.auth_pin.people import BLOCKED, EWA, STRANGER, Person

HASH = pins.hashed(KEYS.pin, EWA.pin)
TABLE = f"""identifier,pin,pin_hash,state,created_at,office
{EWA.identifier},{EWA.pin},,confirmed,2026-03-01T08:00:00+01:00,Łódź

{BLOCKED.identifier},,"{pins.hashed(KEYS.pin, BLOCKED.pin)}",blocked,,Łódź
12345,{EWA.pin},,confirmed,,Łódź
{STRANGER.identifier},{STRANGER.pin},,confirmed,,"Łódź
""".encode()


@dataclass
class Heard:
    """What an import told while it ran."""

    bad: list[BadRow] = field(default_factory=list)
    unknown: list[tuple[str, ...]] = field(default_factory=list)
    progress: list[int] = field(default_factory=list)

    @property
    def listeners(self) -> Listeners:
        """What an import tells all this to."""
        return Listeners(self.bad.append, self.unknown.append, self.progress.append)


def test_good_rows_are_imported_and_bad_ones_named(database: Database) -> None:
    """Whatever is wrong in one line, the others count; the summary adds up."""
    heard = Heard()
    assert Summary(added=2, changed=0, unchanged=0, bad=2) == _import(database, TABLE, heard)
    assert [5, 6] == [bad.line for bad in heard.bad]
    assert ["an identifier is 6 to 12 digits", "quotes that do not match"] == [bad.message for bad in heard.bad]
    assert {
        (EWA.identifier, State.CONFIRMED, datetime(2026, 3, 1, 7, 0, tzinfo=UTC)),
        (BLOCKED.identifier, State.BLOCKED, NOON),
    } == {(found.identifier, found.state, found.created_at) for found in profiles.everyone(database, KEYS.identifier)}


def test_unknown_columns_are_named_once(database: Database) -> None:
    """However many rows have them."""
    heard = Heard()
    _import(database, TABLE, heard)
    assert [("office",)] == heard.unknown


def test_progress_reaches_the_end_of_the_file(database: Database) -> None:
    """Good, bad and blank lines are all counted, in bytes."""
    heard = Heard()
    _import(database, TABLE, heard)
    assert len(TABLE) == sum(heard.progress)


def test_an_imported_person_logs_in(database: Database) -> None:
    """With a PIN that was imported plain, and with one that was imported as a hash."""
    plain, hashed = f"{EWA.identifier},{EWA.pin},,confirmed", f'{STRANGER.identifier},,"{HASH}",confirmed'
    _import(database, f"identifier,pin,pin_hash,state\n{plain}\n{hashed}\n".encode())
    authenticator = Authenticator(database, KEYS, pytest.fail)
    assert _logs_in(authenticator, EWA, EWA.pin)
    assert _logs_in(authenticator, STRANGER, EWA.pin)
    assert not _logs_in(authenticator, STRANGER, STRANGER.pin)


def test_importing_again_changes_nothing(database: Database) -> None:
    """Not one byte of a row: no new subject, no new salt, no later moment."""
    _import(database, TABLE)
    before = _rows(database)
    assert Summary(added=0, changed=0, unchanged=2, bad=2) == _import(database, TABLE, at=datetime.now(UTC))
    assert before == _rows(database)


@pytest.mark.parametrize(
    "changed",
    [
        f"identifier,pin,state\n{EWA.identifier},{EWA.pin},suspended\n",
        f"identifier,pin,state\n{EWA.identifier},926600,confirmed\n",
        f'identifier,pin_hash,state\n{EWA.identifier},"{HASH}",confirmed\n',
        f"identifier,pin,state,created_at\n{EWA.identifier},{EWA.pin},confirmed,2026-03-02\n",
    ],
)
def test_a_row_changes_the_profile_that_is_there(populated: Database, changed: str) -> None:
    """Its state, its PIN or its moment; the person keeps the subject that calls know, and others stay untouched."""
    before = {row["subject"]: row for row in _rows(populated)}
    assert Summary(added=0, changed=1, unchanged=0, bad=0) == _import(populated, changed.encode())
    after = {row["subject"]: row for row in _rows(populated)}
    assert before.keys() == after.keys()
    assert 1 == sum(before[subject] != after[subject] for subject in before)


def test_a_person_blocked_on_the_portal_is_blocked_on_the_phone(populated: Database) -> None:
    """The next import says so, and the right PIN does no longer help."""
    authenticator = Authenticator(populated, KEYS, pytest.fail)
    assert _logs_in(authenticator, EWA, EWA.pin)
    _import(populated, f"identifier,pin,state\n{EWA.identifier},{EWA.pin},blocked\n".encode())
    assert not _logs_in(authenticator, EWA, EWA.pin)


def test_the_last_row_of_an_identifier_wins(database: Database) -> None:
    """As if each row had been imported by itself."""
    table = f"identifier,pin,state\n{EWA.identifier},{EWA.pin},confirmed\n{EWA.identifier},{EWA.pin},closed\n"
    assert Summary(added=1, changed=1, unchanged=0, bad=0) == _import(database, table.encode())
    assert [State.CLOSED] == [profile.state for profile in profiles.everyone(database, KEYS.identifier)]


def test_a_table_without_column_names_imports_nothing(database: Database) -> None:
    """The fault comes before the first row."""
    with pytest.raises(ImportFault):
        _import(database, f"{EWA.identifier},{EWA.pin},confirmed\n".encode())
    assert [] == _rows(database)


def test_broken_text_spoils_its_own_row_at_most(database: Database) -> None:
    """Bytes of another encoding in a column that is not read, NULs and control characters."""
    good = f"{EWA.identifier},{EWA.pin},confirmed,\xb3\xf3d\x9f\n".encode("latin-1")
    nul = f"{BLOCKED.identifier},{BLOCKED.pin},closed,\0\x1b\n".encode()
    bad = f"{STRANGER.identifier},{STRANGER.pin},confirm\xeed,\n".encode("latin-1")
    assert 2 == _import(database, b"identifier,pin,state,city\n" + good + bad + nul).added


def test_a_large_table_is_never_held_in_memory(database: Database) -> None:
    """However many rows there are, no more than one batch is read ahead of what is done."""
    source = _Endless(rows=5 * profile_import.BATCH_ROWS)
    ahead: list[int] = []
    done: list[int] = []

    def progress(size: int) -> None:
        done.append(size)
        ahead.append(source.served - len(done))

    listeners = Listeners(lambda _: None, lambda _: None, progress)
    summary = import_profiles(database, KEYS, source.open(), NOON, listeners)
    assert 5 * profile_import.BATCH_ROWS == summary.added
    assert profile_import.BATCH_ROWS + 1 >= max(ahead)


def test_an_import_that_is_broken_off_keeps_what_was_stored(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole batches stay; the next run does the rest."""
    rows = [f"{number:06},471155,confirmed" for number in range(100_000, 100_004)]
    table = "\n".join(["identifier,pin,state", *rows]).encode()
    monkeypatch.setattr(profile_import, "BATCH_PINS", 2)
    three_lines = iter(range(3))

    def progress(_: int) -> None:
        if next(three_lines, None) is None:
            raise KeyboardInterrupt

    listeners = Listeners(lambda _: None, lambda _: None, progress)

    with pytest.raises(KeyboardInterrupt):
        import_profiles(database, KEYS, io.BytesIO(table), NOON, listeners)
    assert ["100000", "100001"] == _identifiers(database)
    assert Summary(added=2, changed=0, unchanged=2, bad=0) == _import(database, table)
    assert ["100000", "100001", "100002", "100003"] == _identifiers(database)


def test_hashes_are_imported_without_hashing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A million profiles with hashes cost no Argon2 at all."""
    watched = Watched()
    monkeypatch.setattr(pins, "ARGON2ID", watched)
    _import(database, _Endless(rows=1000).open().read())
    assert (0, []) == (watched.hashed, watched.verified)


class _Endless:
    """A table whose rows come into being as they are read."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self.served = 0

    def open(self) -> BinaryIO:
        return io.BufferedReader(_Rows(self), buffer_size=1)

    def line(self) -> bytes:
        if self.served > self._rows:
            return b""
        self.served += 1
        if self.served == 1:
            return b"identifier,pin_hash,state\n"
        return f'{self.served:06},"{HASH}",confirmed\n'.encode()


class _Rows(io.RawIOBase):
    def __init__(self, table: _Endless) -> None:
        self._table = table
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._rest = self._rest or self._table.line()
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def _import(database: Database, table: bytes, heard: Heard | None = None, at: datetime = NOON) -> Summary:
    return import_profiles(database, KEYS, io.BytesIO(table), at, (heard or Heard()).listeners)


def _rows(database: Database) -> list[dict[str, Any]]:
    with database.reading() as connection:
        query = select(profiles.profiles).order_by(profiles.profiles.c.subject)
        return [dict(row._mapping) for row in connection.execute(query)]


def _identifiers(database: Database) -> list[str]:
    return sorted(profile.identifier for profile in profiles.everyone(database, KEYS.identifier))


def _logs_in(authenticator: Authenticator, person: Person, pin: str) -> bool:
    claim = authenticator.claim(person.identifier)
    verdict = authenticator.verify(claim, pin, call_id="call", seq=1, at=NOON, caller="")
    return isinstance(verdict, Accepted)
