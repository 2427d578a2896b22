"""The operator's table of mandates."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from auth_pin import mandates, profile_import
from auth_pin.faults import ImportFault
from auth_pin.mandate_import import import_mandates
from auth_pin.mandates import everything
from auth_pin.profile_import import Summary
from centrala.commands.profiles import profiles
from storage.database import Database
from tests.auth_pin.conftest import KEYS
from tests.auth_pin.people import BLOCKED, EWA, STRANGER
from tests.auth_pin.test_mandates import BAKERY, GARAGE, SCHOOL
from tests.auth_pin.test_profile_import import Heard

TABLE = f"""payer;identifier;valid_until;office
926-184-73-90;{EWA.identifier};;Łódź
{GARAGE};{EWA.identifier};2027-06-30;Łódź

{GARAGE};{STRANGER.identifier};;Łódź
{GARAGE[:-1]}7;{EWA.identifier};;Łódź
{SCHOOL};{EWA.identifier};soon;Łódź
{SCHOOL};12345;;Łódź
{SCHOOL};{BLOCKED.identifier};;Łódź
""".encode()


def test_good_rows_are_imported_and_bad_ones_named(populated: Database) -> None:
    """Whatever is wrong in one line, the others count, in their order; no cell is repeated."""
    heard = Heard()
    assert Summary(added=3, changed=0, unchanged=0, bad=4) == _import(populated, TABLE, heard)
    assert {
        5: "no profile has this identifier; import the profiles first",
        6: "this is no NIP: its check digit is wrong",
        7: "valid_until is not a day like 2027-06-30",
        8: "an identifier is 6 to 12 digits",
    } == {bad.line: bad.message for bad in heard.bad}
    assert ([("office",)], len(TABLE)) == (heard.unknown, sum(heard.progress))
    assert {(BAKERY, 1, None), (GARAGE, 2, date(2027, 6, 30)), (SCHOOL, 1, None)} == _kept(populated)


def test_importing_again_changes_nothing(populated: Database) -> None:
    """Not one byte of a row: references are known to calls."""
    _import(populated, TABLE)
    before = _rows(populated)
    assert Summary(added=0, changed=0, unchanged=3, bad=4) == _import(populated, TABLE)
    assert before == _rows(populated)


def test_a_last_day_that_is_over_revokes(populated: Database) -> None:
    """The row stays, and so do its place and the places of the others."""
    _import(populated, TABLE)
    revoked = f"identifier,payer,valid_until\n{EWA.identifier},{BAKERY},2020-01-01\n".encode()
    assert Summary(added=0, changed=1, unchanged=0, bad=0) == _import(populated, revoked)
    assert (BAKERY, 1, date(2020, 1, 1)) in _kept(populated)
    assert (GARAGE, 2, date(2027, 6, 30)) in _kept(populated)


def test_the_last_row_of_a_payer_wins(populated: Database) -> None:
    """However far apart the two are."""
    rows = f"{EWA.identifier},{BAKERY},2027-01-01\n{EWA.identifier},926-184-73-90,2028-01-01\n"
    assert 1 == _import(populated, f"identifier,payer,valid_until\n{rows}".encode()).changed
    assert {(BAKERY, 1, date(2028, 1, 1))} == _kept(populated)


def test_an_accountant_has_more_mandates_than_fit_a_batch(populated: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Places go on from batch to batch, and from table to table."""
    monkeypatch.setattr("auth_pin.mandate_import.BATCH_ROWS", 3)
    assert profile_import.BATCH_ROWS > 3
    for begin in (0, 10):
        rows = "".join(f"{EWA.identifier},{100_000 + number}\n" for number in range(begin, begin + 10))
        assert 10 == _import(populated, f"identifier,payer\n{rows}".encode()).added
    assert {(f"{100_000 + number}", number + 1, None) for number in range(20)} == _kept(populated)


@pytest.mark.parametrize(
    ("first", "message"),
    [
        ("", "the first line must name the columns; it lacks identifier, payer"),
        ("identifier,valid_until", "the first line must name the columns; it lacks payer"),
        ("identifier,payer,payer", "the column payer is there twice"),
    ],
)
def test_a_table_without_its_columns_is_refused(populated: Database, first: str, message: str) -> None:
    """Nothing is imported."""
    with pytest.raises(ImportFault) as refused:
        _import(populated, f"{first}\n{EWA.identifier},{BAKERY}\n".encode())
    assert message == str(refused.value)
    assert set() == _kept(populated)


def test_the_command_imports_and_lists(populated: Database, environment: dict[str, str], tmp_path: Path) -> None:
    """Bad rows on stderr by file and line, the exit code says that there were some; numbers are masked."""
    assert populated
    path = tmp_path / "mandates.csv"
    path.write_bytes(TABLE)
    imported = _run(environment, "import", str(path))
    assert (1, "7 rows: 3 added, 0 changed, 0 unchanged, 4 bad\n") == (imported.exit_code, imported.stdout)
    assert f"{path}:6: this is no NIP: its check digit is wrong" in imported.stderr.splitlines()
    listed = _run(environment, "list").stdout
    assert ("*******390" in listed, "2027-06-30" in listed, BAKERY in listed) == (True, True, False)
    revealed = [json.loads(line) for line in _run(environment, "list", "--json", "--reveal").stdout.splitlines()]
    assert {BAKERY, GARAGE, SCHOOL} == {one["payer"] for one in revealed}


def _import(database: Database, table: bytes, heard: Heard | None = None) -> Summary:
    return import_mandates(database, KEYS.identifier, io.BytesIO(table), (heard or Heard()).listeners)


def _kept(database: Database) -> set[tuple[str, int, date | None]]:
    return {(one.payer, one.place, one.valid_until) for one in everything(database, KEYS.identifier)}


def _rows(database: Database) -> list[dict[str, object]]:
    query = select(mandates.mandates).order_by(mandates.mandates.c.reference)
    with database.reading() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


def _run(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner(env=environment).invoke(profiles, ["mandates", *arguments])
