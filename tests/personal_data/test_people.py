"""The audit's keys of people go with its last entry about them, and no sooner."""

from __future__ import annotations

from datetime import datetime

from audit import entries
from audit.entries import Action, Entry
from audit.pseudonyms import pseudonym
from personal_data import expiry
from personal_data.expiry import Day
from personal_data.people import FRESH, forget_people
from recordings.key_encryption import KeyEncryption
from recordings.key_store import KeyStore
from recordings.purge import Places, unwatched
from recordings.retention import parse_term
from tests.personal_data.made import NIGHT, TODAY, days
from tests.recordings.kept import WARSAW

LONG_AGO = NIGHT - days(2400)


def known(places: Places, name: str, *told: datetime) -> None:
    """Somebody has a key, and entries are about them."""
    person = pseudonym(places.archive.keys.people.make(name, LONG_AGO))
    with places.database.writing() as connection:
        for at in told:
            entries.append(connection, Entry(at, "anna", Action.RECORDING_SHOWN, "recording:1", person))


def test_a_person_is_known_as_long_as_an_entry_is_about_them(places: Places) -> None:
    """Which ends when the audit is trimmed; a key that was just made waits for its first entry."""
    keys = places.archive.keys.people
    known(places, "once", LONG_AGO)
    known(places, "twice", LONG_AGO, NIGHT)
    keys.make("now", NIGHT)
    assert 0 == forget_people(places, NIGHT, unwatched)
    expiry.trim_audit(
        places.database, parse_term("6 years"), Day(TODAY, WARSAW, 9, lambda _: frozenset()), NIGHT, unwatched
    )
    assert 1 == forget_people(places, NIGHT, unwatched)
    assert {"twice", "now"} == set(keys.ids())
    assert 1 == forget_people(places, NIGHT + 2 * FRESH, unwatched)
    assert ["twice"] == list(keys.ids())


def test_a_key_that_cannot_be_opened_stays(places: Places) -> None:
    """Whether the audit tells of its person is not known then."""
    other = KeyStore(places.archive.keys.url, KeyEncryption({"2020": bytes(32)}))
    other.people.make("lost", LONG_AGO)
    other.close()
    assert 0 == forget_people(places, NIGHT, unwatched)
    assert ["lost"] == list(places.archive.keys.people.ids())
