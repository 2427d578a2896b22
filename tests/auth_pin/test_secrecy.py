from __future__ import annotations

import io
import logging
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import MetaData, select
from sqlalchemy.exc import DBAPIError

from auth_pin import mandate_rows, mandates, profiles
from auth_pin.authentication import Authenticator
from auth_pin.faults import ProfileFault
from auth_pin.identifiers import claim
from auth_pin.mandate_import import import_mandates
from auth_pin.mandates import Entry
from auth_pin.profile_import import BadRow, Listeners, import_profiles
from auth_pin.profile_rows import read_header, read_row
from auth_pin.profiles import State
from auth_pin.tables import Line
from storage.database import Database
from storage.installation import Installation
from tests.auth_pin.conftest import KEYS, NOON
from tests.auth_pin.people import EVERYBODY, EWA, STRANGER, Person

PAYERS = ("9261847390", "7010364836")
SECRETS = (*(digits for person in EVERYBODY for digits in (person.identifier, person.pin)), *PAYERS)
DIGITS = re.compile("|".join(SECRETS))


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Everything that any library logs, the database's statements and parameters among it."""
    loud = logging.getLogger("sqlalchemy.engine")
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="sqlalchemy.engine")
    assert loud.isEnabledFor(logging.DEBUG)
    return caplog


def test_no_row_holds_a_digit_of_a_secret(installation: Installation, log: pytest.LogCaptureFixture) -> None:
    """Profiles and mandates imported, logins, payers chosen: every table is read, and every log line."""
    # A connection that is open already tells no more than it did.
    installation.database.close()
    _use_everything(installation.database)
    rows = _every_row(installation.database)
    assert {"profiles", "auth_attempts", "mandates", "key_marks"} <= rows.keys()
    assert (6, 18, 2) == tuple(len(rows[name]) for name in ("profiles", "auth_attempts", "mandates"))
    assert not DIGITS.search(str(rows))
    sealed = [*(row["identifier"] for row in rows["profiles"]), *(row["payer"] for row in rows["mandates"])]
    assert not any(isinstance(one, bytes) and DIGITS.search(one.decode("latin-1")) for one in sealed)
    assert "INSERT INTO profiles" in log.text
    assert "INSERT INTO mandates" in log.text
    assert not DIGITS.search(log.text)


def test_no_file_holds_a_digit_of_a_secret(installation: Installation, tmp_path: Path) -> None:
    """The bytes of the database, of its write-ahead log, and of whatever else lies in the installation's folder."""
    _use_everything(installation.database)
    contents = {path: path.read_bytes() for path in _files(tmp_path)}
    if installation.database.engine.dialect.name == "sqlite":
        everything = b"".join(contents.values())
        assert claim(KEYS.identifier, EWA.identifier).encode() in everything
        assert {"centrala.db", "centrala.db-wal"} <= {path.name for path in contents}
    assert [] == [path for path, content in contents.items() if DIGITS.search(content.decode("latin-1"))]


def test_the_search_would_find_digits(tmp_path: Path) -> None:
    """A database that did keep an identifier, a PIN or a payer's number would be caught."""
    for digits in (EWA.identifier, EWA.pin, PAYERS[0]):
        path = tmp_path / f"{len(digits)}.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE leaks (leak TEXT)")
            connection.execute("INSERT INTO leaks VALUES (?)", (digits,))
            connection.commit()
        assert DIGITS.search(path.read_bytes().decode("latin-1"))


def test_no_object_shows_a_digit_of_a_secret(populated: Database) -> None:
    """What is printed of profiles, credentials, keys and rows by a careless line of code."""
    header = read_header(Line(1, 0, "identifier,pin,state"))
    line = Line(2, 0, f"{EWA.identifier},{EWA.pin},confirmed")
    with populated.reading() as connection:
        credentials = profiles.find(connection, claim(KEYS.identifier, EWA.identifier))
    assert credentials is not None
    entry = Entry(credentials.subject, PAYERS[0], 1, None)
    with populated.writing() as connection:
        mandates.store(connection, KEYS.identifier, [entry])
    listed = (*profiles.everyone(populated, KEYS.identifier), *mandates.everything(populated, KEYS.identifier))
    mandate = mandate_rows.Row(EWA.identifier, PAYERS[0], None)
    shown = repr([*listed, entry, mandate, credentials, header, line, read_row(header, line), KEYS])
    assert "confirmed" in shown
    assert not DIGITS.search(shown)
    assert credentials.pin_hash.text not in shown
    assert repr(KEYS.pin) not in shown


@pytest.mark.parametrize(
    ("identifier", "pin"),
    [
        (EWA.identifier, STRANGER.pin),
        (EWA.identifier + "7", EWA.pin),
        (STRANGER.identifier, EWA.pin + "7"),
        (STRANGER.identifier, "7" + EWA.pin),
    ],
)
def test_no_fault_repeats_a_digit_of_a_secret(populated: Database, identifier: str, pin: str) -> None:
    """An identifier that is taken, one that is too long, and a mistyped PIN, with every cause that is chained."""
    with pytest.raises(ProfileFault) as refused:
        profiles.add(populated, KEYS, identifier, pin, State.CONFIRMED, NOON)
    assert not DIGITS.search(_with_causes(refused.value))


def test_a_failing_database_repeats_no_digit(authenticator: Authenticator, populated: Database) -> None:
    """The statement and its parameters are in the error that the driver raises."""
    with populated.writing() as connection:
        connection.exec_driver_sql("DROP TABLE mandates")
        connection.exec_driver_sql("DROP TABLE profiles")
    with pytest.raises(DBAPIError) as failed:
        _log_in(authenticator, EWA, EWA.pin, 1)
    assert "profiles" in str(failed.value)
    assert not DIGITS.search(_with_causes(failed.value))


def _use_everything(database: Database) -> None:
    """Add, import (again, changed, badly) and log in, rightly and wrongly."""
    ewa, *others = EVERYBODY
    profiles.add(database, KEYS, ewa.identifier, ewa.pin, State.CONFIRMED, NOON)
    rows = "".join(f"{person.identifier},{person.pin},confirmed,{person.pin}\n" for person in others)
    swapped = f"{EWA.pin},{EWA.identifier},confirmed,\n{EWA.identifier},{EWA.pin}\n"
    told: list[BadRow] = []
    listeners = Listeners(told.append, lambda _: None, lambda _: None)
    for table in (rows, rows, rows.replace("confirmed", "blocked"), rows + swapped):
        source = io.BytesIO(f"identifier,pin,state,note\n{table}".encode())
        import_profiles(database, KEYS, source, NOON, listeners)
    assert 2 == len(told)
    assert not DIGITS.search(repr(told))
    _use_mandates(database)
    authenticator = Authenticator(database, KEYS, pytest.fail)
    for number, person in enumerate(EVERYBODY):
        for place, pin in enumerate((person.pin, STRANGER.pin[::-1], person.identifier)):
            _log_in(authenticator, person, pin, 3 * number + place)


def _use_mandates(database: Database) -> None:
    """Import (again, badly), offer, find and show."""
    told: list[BadRow] = []
    good = "".join(f"{EWA.identifier},{payer},2100-01-01\n" for payer in PAYERS)
    swapped, too_long = f"{PAYERS[0]},{EWA.identifier},\n", f"{EWA.identifier},{PAYERS[0]}7,{PAYERS[1]}\n"
    bad = f"{swapped}{too_long}{STRANGER.identifier}1,{PAYERS[0]},\n"
    for table in (good, good + bad):
        source = io.BytesIO(f"identifier,payer,valid_until\n{table}".encode())
        import_mandates(database, KEYS.identifier, source, Listeners(told.append, lambda _: None, lambda _: None))
    assert 3 == len(told)
    assert not DIGITS.search(repr(told))
    with database.reading() as connection:
        ewa = profiles.find(connection, claim(KEYS.identifier, EWA.identifier))
    assert ewa is not None
    offered = mandates.Mandates(database, KEYS.identifier, lambda _: None)
    assert {offered.find(ewa.subject, payer, NOON) for payer in PAYERS} == {*offered.endings(ewa.subject, NOON, 9)}
    assert set(PAYERS) == {offered.number_of(ewa.subject, one, NOON) for one in offered.endings(ewa.subject, NOON, 9)}


def _log_in(authenticator: Authenticator, person: Person, pin: str, seq: int) -> None:
    authenticator.verify(authenticator.claim(person.identifier), pin, call_id="call", seq=seq, at=NOON, caller="")


def _every_row(database: Database) -> dict[str, list[dict[str, object]]]:
    found = MetaData()
    found.reflect(database.engine)
    with database.reading() as connection:
        return {
            table.name: [dict(row._mapping) for row in connection.execute(select(table))]
            for table in found.sorted_tables
        }


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.parent.name != "secrets"]


def _with_causes(error: BaseException | None) -> str:
    shown = ""
    while error is not None:
        shown += f"{error}\n{error!r}\n"
        error = error.__cause__ or error.__context__
    return shown
