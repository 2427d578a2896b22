"""Keys by which the audit knows people: they go once none of its entries is about their person any more."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from audit import entries
from audit.pseudonyms import pseudonym
from recordings.faults import KeyMissing
from recordings.purge import Places, Step, Watch

FRESH = timedelta(days=1)
"""A key is made before the entry that it is made for."""


def forget_people(places: Places, at: datetime, watch: Watch) -> int:
    """Destroy the keys of people whom the audit does not know any more: how many. Raises KeysUnusable.

    A key that cannot be opened stays: nobody can tell whose it is until the key that wraps it is put back.
    """
    keys = places.archive.keys
    gone = [id for id in keys.people.made_before(at - FRESH) if not _is_told_of(places, id)]
    if gone:
        keys.people.destroy(gone)
        keys.forget_traces()
        watch(Step.KEYS_DESTROYED, len(gone))
    return len(gone)


def _is_told_of(places: Places, id: str) -> bool:
    with suppress(KeyMissing):
        key = places.archive.keys.people.key(id)
        with places.database.reading() as connection:
            return key is not None and entries.is_about(connection, pseudonym(key))
    return True
