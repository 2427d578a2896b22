"""What is done with recordings, told to the audit: before it is done, with the pseudonym of whom it is about.

Where the keys of pseudonyms are missing, what must not wait for them is told of nobody, and the entry says why.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from sqlalchemy import Connection

from audit import entries
from audit.entries import Action, Entry
from centrala.context import now, settings, today, who
from centrala.keeping import ensure_marked, open_archive
from recordings.faults import RecordingFault
from storage.installation import Installation
from subjects.people import of_call, of_recording, profile_name
from subjects.pseudonyms import Pseudonyms

KEYS_MISSING = "whom it was about is not known: keys are missing"
_ID = re.compile(r"[0-9a-f-]{36}")


class Auditor:
    """Tells what one person does. Keys are opened when there is somebody whom it is about."""

    def __init__(self, opened: Installation, actor: str, stack: ExitStack) -> None:
        self._opened = opened
        self._actor = actor
        self._stack = stack
        self._country = country()
        self._pseudonyms: Pseudonyms | None = None
        self._missing = False

    def tell(self, action: Action, recording_id: str, details: str = "") -> None:
        """Write an entry about a recording; it is committed when this ends."""
        with self._opened.database.writing() as connection:
            self.tell_with(connection, action, recording_id, details)

    def tell_with(self, connection: Connection, action: Action, recording_id: str, details: str = "") -> None:
        """Write it in the caller's transaction, together with what is done."""
        name = of_recording(connection, recording_id, self._country)
        self._append(connection, action, ("recording", recording_id), name, details)

    def tell_of_call_with(self, connection: Connection, action: Action, call_id: str, details: str = "") -> None:
        """Write an entry about a whole call, be there recordings of it or not."""
        self._append(connection, action, ("call", call_id), of_call(connection, call_id, self._country), details)

    def tell_of_profile_with(self, connection: Connection, action: Action, claim: str, details: str = "") -> None:
        """Write an entry about a profile, by its person's pseudonym alone."""
        self._append(connection, action, ("profile", None), profile_name(claim), details)

    def _append(
        self, connection: Connection, action: Action, about: tuple[str, str | None], name: str | None, details: str
    ) -> None:
        (kind, id), at = about, now()
        person = None if name is None else self._pseudonym(name, at)
        if name is not None and person is None:
            details = f"{details}; {KEYS_MISSING}" if details else KEYS_MISSING
        # What somebody types is no id before it has the form of one, and may be anything.
        object = kind if id is None else f"{kind}:{id if _ID.fullmatch(id) else 'unknown'}"
        entries.append(connection, Entry(at, self._actor, action, object, person, details))

    def _pseudonym(self, name: str, at: datetime) -> str | None:
        if self._missing:
            return None
        try:
            if self._pseudonyms is None:
                archive = self._stack.enter_context(open_archive(self._opened, os.environ, today()))
                self._pseudonyms = Pseudonyms(archive.keys, self._opened.key("identifier"))
            return self._pseudonyms.of(name, at)
        except RecordingFault:
            self._missing = True
            return None


@contextmanager
def auditing(opened: Installation, by: str | None = None) -> Iterator[Auditor]:
    """Tell the audit what somebody does meanwhile: as they call themselves, else the user of this machine."""
    ensure_marked(opened, os.environ)
    with ExitStack() as stack:
        yield Auditor(opened, who(by), stack)


def country() -> str:
    """The country of numbers that are without one."""
    return settings().callbacks.countries[0]
