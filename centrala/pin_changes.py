"""Changes of PINs by their owners, told to the audit by pseudonym as those by an operator are."""

from __future__ import annotations

import os
from collections.abc import Callable

from sqlalchemy import Connection

from audit import entries
from audit.entries import CALLER, Action, Entry
from auth_pin.pin_changes import Audited
from centrala.auditing import KEYS_MISSING
from centrala.context import now, today
from centrala.keeping import open_archive
from recordings.faults import RecordingFault
from storage.installation import Installation
from subjects.people import profile_name
from subjects.pseudonyms import Pseudonyms

BY_TELEPHONE = "by telephone"


def make_audited(installation: Installation) -> Audited:
    """Who tells of changes. Keys of pseudonyms are opened for each: they are seldom, and no other call needs any."""

    def audited(claim: str) -> Callable[[Connection], None]:
        person, details = _pseudonym(installation, claim), BY_TELEPHONE
        told = details if person is not None else f"{details}; {KEYS_MISSING}"

        def tell(connection: Connection) -> None:
            entries.append(connection, Entry(now(), CALLER, Action.PIN_SET, "profile", person, told))

        return tell

    return audited


def _pseudonym(installation: Installation, claim: str) -> str | None:
    """What the audit calls the profile's person; None where keys are missing: that keeps no PIN from being changed."""
    try:
        with open_archive(installation, os.environ, today()) as archive:
            return Pseudonyms(archive.keys, installation.key("identifier")).of(profile_name(claim), now())
    except (RecordingFault, OSError):
        return None
