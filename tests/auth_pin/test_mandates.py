"""For which payers a profile may speak: what is kept, found, and over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from auth_pin import mandates, profiles
from auth_pin.faults import ProfileUnreadable
from auth_pin.identifiers import claim
from auth_pin.mandates import Entry, Mandates, everything
from auth_pin.profiles import State
from storage.database import Database
from tests.auth_pin.conftest import KEYS, NOON
from tests.auth_pin.people import EWA, SUSPENDED, Person

BAKERY, GARAGE, SCHOOL = "9261847390", "7010364836", "5380172648"
TODAY = date(2026, 11, 23)
MOST = 9


@pytest.fixture
def told() -> list[str]:
    """What is said of mandates that cannot be read."""
    return []


@pytest.fixture
def offered(populated: Database, told: list[str]) -> Mandates:
    """What callers may choose among."""
    return Mandates(populated, KEYS.identifier, told.append)


@pytest.fixture
def ewa(populated: Database) -> str:
    """Ewa, who may speak for a bakery and a garage."""
    subject = _subject(populated, EWA)
    _keep(populated, Entry(subject, BAKERY, 1, None), Entry(subject, GARAGE, 2, TODAY))
    return subject


def test_payers_are_told_by_their_last_digits_in_their_order(offered: Mandates, ewa: str) -> None:
    """As many as are asked for."""
    assert ["390", "836"] == list(offered.endings(ewa, NOON, MOST).values())
    assert ["390"] == list(offered.endings(ewa, NOON, 1).values())


def test_a_payer_is_found_by_its_reference_and_by_its_number(offered: Mandates, ewa: str) -> None:
    """The reference says nothing of the number."""
    for number, reference in zip((BAKERY, GARAGE), offered.endings(ewa, NOON, MOST), strict=True):
        assert reference == offered.find(ewa, number, NOON)
        assert number == offered.number_of(ewa, reference, NOON)
    assert offered.find(ewa, SCHOOL, NOON) is None


def test_nobody_speaks_for_the_payers_of_others(offered: Mandates, populated: Database, ewa: str) -> None:
    """Not by reference, not by number; and who speaks for the same payer cannot be seen."""
    other = profiles.add(populated, KEYS, "60152837", "528364", State.CONFIRMED, NOON)
    (reference, _) = offered.endings(ewa, NOON, MOST)
    assert {} == offered.endings(other, NOON, MOST)
    assert (None, None) == (offered.find(other, BAKERY, NOON), offered.number_of(other, reference, NOON))
    _keep(populated, Entry(other, BAKERY, 1, None))
    assert {BAKERY, GARAGE} == {mandate.payer for mandate in everything(populated, KEYS.identifier)}
    with populated.reading() as connection:
        claims = connection.execute(select(mandates.mandates.c.claim)).scalars().all()
    assert 3 == len(claims) == len(set(claims))


def test_a_mandate_holds_through_the_whole_of_its_last_day(offered: Mandates, ewa: str) -> None:
    """In Poland, whatever the day is elsewhere."""
    _, garage = offered.endings(ewa, NOON, MOST)
    end = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    assert GARAGE == offered.number_of(ewa, garage, end - timedelta(seconds=1))
    assert offered.number_of(ewa, garage, end) is None
    assert offered.find(ewa, GARAGE, end) is None
    assert ["390"] == list(offered.endings(ewa, end, MOST).values())


def test_a_profile_that_may_not_be_used_speaks_for_nobody(offered: Mandates, populated: Database, ewa: str) -> None:
    """Blocked since the login, or never fit for it."""
    bakery, _ = offered.endings(ewa, NOON, MOST)
    suspended = _subject(populated, SUSPENDED)
    _keep(populated, Entry(suspended, SCHOOL, 1, None))
    with populated.writing() as connection:
        blocked = update(profiles.profiles).where(profiles.profiles.c.subject == ewa).values(state=State.BLOCKED)
        connection.execute(blocked)
    for subject, number in ((ewa, BAKERY), (suspended, SCHOOL)):
        assert {} == offered.endings(subject, NOON, MOST)
        assert offered.find(subject, number, NOON) is None
    assert offered.number_of(ewa, bakery, NOON) is None


def test_a_mandate_that_is_kept_again_keeps_its_reference_and_place(
    offered: Mandates, populated: Database, ewa: str
) -> None:
    """Calls that are under way know it by that; only its end changes."""
    before = offered.endings(ewa, NOON, MOST)
    _keep(populated, Entry(ewa, BAKERY, 7, TODAY))
    assert before == offered.endings(ewa, NOON, MOST)
    assert [TODAY, TODAY] == [mandate.valid_until for mandate in everything(populated, KEYS.identifier)]


def test_a_number_that_was_moved_to_another_mandate_does_not_open(
    offered: Mandates, populated: Database, ewa: str, told: list[str]
) -> None:
    """It is left out and told of, by its reference; the others are offered."""
    bakery, garage = offered.endings(ewa, NOON, MOST)
    table = mandates.mandates
    with populated.writing() as connection:
        sealed = connection.execute(select(table.c.payer).where(table.c.reference == garage)).scalar_one()
        connection.execute(update(table).where(table.c.reference == bakery).values(payer=sealed))
    assert [garage] == list(offered.endings(ewa, NOON, MOST))
    assert offered.number_of(ewa, bakery, NOON) is None
    reason = f"mandate {bakery}: its payer's number cannot be read; the row is damaged or made with another key"
    assert [reason, reason] == told
    with pytest.raises(ProfileUnreadable, match=bakery):
        list(everything(populated, KEYS.identifier))


@pytest.mark.parametrize("change", ["subject = 'nobody'", "claim = 'the same'", "place = 0"])
def test_the_database_itself_refuses_nonsense(populated: Database, ewa: str, change: str) -> None:
    """A mandate of no profile, two for one payer, and a place before the first."""
    assert ewa
    with pytest.raises(IntegrityError), populated.writing() as connection:
        connection.exec_driver_sql(f"UPDATE mandates SET {change}")


def _subject(database: Database, person: Person) -> str:
    with database.reading() as connection:
        found = profiles.find(connection, claim(KEYS.identifier, person.identifier))
    assert found is not None
    return found.subject


def _keep(database: Database, *entries: Entry) -> None:
    with database.writing() as connection:
        mandates.store(connection, KEYS.identifier, entries)
