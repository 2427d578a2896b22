"""Taking a finished recording in, once, whatever dies meanwhile.

What is to become of it is written down in one transaction: a row in the catalogue, once its sealed file is whole, or
one that says why it was rejected. Before that everything is done again, under the same id; after it nothing is left but
to clear the plain files away. Plain sound that is being put together lies in a file without a name, which is gone with
the process.

Consent may be withdrawn at any moment. That and this decision take turns (`recordings.serial`), and each sees what the
other has written: so either nothing is taken in, or what was is found and destroyed.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import IntEnum, StrEnum
from functools import partial
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from recordings import catalogue, consents, erased, parts, rejected, tombstones
from recordings.archive import Archive
from recordings.audio import Measured, write_file, write_sides
from recordings.catalogue import Purpose, Recording
from recordings.faults import DamagedSound
from recordings.identity import id_of
from recordings.parts import RecordingPart
from recordings.rejected import QUARANTINE, Rejected
from recordings.retention import Term, business_date, keep_until, policy
from recordings.serial import one_at_a_time
from recordings.wav import is_finished
from storage.database import Database, is_duplicate
from storage.files import named, sync_folder
from storage.home import Home

# A file that Asterisk left unfinished and has not touched for so long is not being written any more.
ABANDONED = timedelta(minutes=1)
NO_CONSENT = "no consent to the recording"
WITHDRAWN = "consent withdrawn"


class Step(IntEnum):
    """What has been done of taking a recording in; whoever dies after one of them leaves the rest to the next."""

    BUILT = 1
    SEALED = 2
    DECIDING = 3
    """The decision is written, and nothing of it is committed."""
    DECIDED = 4
    ONE_FILE_GONE = 5
    FILES_GONE = 6
    SETTLED = 7


class Fate(StrEnum):
    """What became of a recording. Nothing has been decided yet of the last three."""

    TAKEN_IN = "taken in"
    KNOWN = "there already"
    REFUSED = "without consent"
    WITHDRAWN = "of withdrawn consent"
    QUARANTINED = "quarantined"
    DESTROYED = "destroyed before"
    ERASED = "erased"
    UNFINISHED = "still being written"
    ABSENT = "not on this machine"
    UNREADABLE = "not readable"


OPEN = frozenset({Fate.UNFINISHED, Fate.ABSENT, Fate.UNREADABLE})


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is known of a conversation besides its sound; `origin` names it once (`recordings.identity`)."""

    origin: str
    call_id: str | None
    purpose: Purpose
    topic: str | None
    queue: str | None
    consultant: str | None
    level: str | None
    caller: str | None
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Terms:
    """For how many years sound is kept by purpose, and for how long what is damaged."""

    years: Mapping[Purpose, int]
    quarantine: Term = QUARANTINE


@dataclass(frozen=True, slots=True)
class Rules:
    """In which format sound is kept, in whose calendar, and for how long: as it is in force in that transaction."""

    format: str
    zone: tzinfo
    terms: Callable[[Connection], Terms]


def _go_on(_: Step) -> None:
    """Nothing happens between steps."""


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Wait until no other process of this home takes a recording in; the kernel lets go of whoever dies.

    A file in the archive that has no row yet belongs to whoever holds this. Raises OSError.
    """
    with (home.path / "intake.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Intake:
    """Takes recordings of one home in. `reached` is called after each step."""

    def __init__(
        self,
        database: Database,
        archive: Archive,
        home: Home,
        rules: Rules,
        reached: Callable[[Step], None] = _go_on,
    ) -> None:
        self._database = database
        self._archive = archive
        self._home = home
        self._rules = rules
        self._reached = reached

    def take_part(self, part: RecordingPart, about: Conversation, at: datetime) -> Fate:
        """Take in a part of a call that is over, or destroy it where nobody consented, or put it aside if damaged.

        Raises EncoderFault, KeyMissing, OSError; then it is as if nothing had been tried.
        """
        sides = parts.files(part, self._home.recordings)
        with alone(self._home):
            fate = self._decided(about) or self._decide(part, about, sides, at)
            if fate is Fate.ERASED and not any(path.exists() for path in sides):
                # Their machine destroys them.
                return Fate.ABSENT
            if fate not in OPEN:
                self._clear(sides, about, fate)
                with self._database.writing() as connection:
                    if fate is Fate.ERASED:
                        parts.remove(connection, [(part.call_id, part.seq)])
                    else:
                        parts.settle(connection, part, at)
                self._reached(Step.SETTLED)
            return fate

    def take_file(self, path: Path, about: Conversation, *, consent: bool, at: datetime) -> Fate:
        """Take in a file of another archive, which stays where it is; without consent nothing is kept of it.

        Raises DamagedSound, EncoderFault, KeyMissing, OSError.
        """
        with alone(self._home):
            decided = self._decided(about)
            if decided is not None:
                return decided
            if not consent:
                return Fate.REFUSED
            return self._keep(about, partial(write_file, path), at)

    def _decided(self, about: Conversation) -> Fate | None:
        """What was decided before."""
        with self._database.reading() as connection:
            if catalogue.of_origin(connection, about.origin) is not None:
                return Fate.KNOWN
            if tombstones.find(connection, id_of(about.origin)) is not None:
                return Fate.DESTROYED
            found = rejected.of_origin(connection, about.origin)
            return None if found is None else _fate_of(found)

    def _decide(self, part: RecordingPart, about: Conversation, sides: tuple[Path, ...], at: datetime) -> Fate:
        there = [path for path in sides if path.exists()]
        if sides and not there:
            return Fate.ABSENT
        if not all(os.access(path, os.R_OK) for path in there):
            return Fate.UNREADABLE
        with self._database.reading() as connection:
            refused = _refusal(connection, about)
        if refused:
            return self._reject(about, sides, refused, at)
        try:
            if not all(_is_closed(path, at) for path in there):
                return Fate.UNFINISHED
            if not sides:
                raise DamagedSound("its files have names that lead elsewhere")
            caller, consultant = sides
            fate = self._keep(about, partial(write_sides, [(caller, consultant)]), at)
        except DamagedSound as fault:
            return self._reject(about, sides, str(fault), at)
        return self._reject(about, sides, WITHDRAWN, at) if fate is Fate.WITHDRAWN else fate

    def _keep(self, about: Conversation, write: Callable[[BinaryIO, str], Measured], at: datetime) -> Fate:
        id = id_of(about.origin)
        with named(self._home.recordings), tempfile.TemporaryFile(dir=self._home.recordings) as plain:
            measured = write(plain, self._rules.format)
            self._reached(Step.BUILT)
            plain.seek(0)
            sha256 = file_digest(plain, "sha256").hexdigest()
            plain.seek(0)
            size = self._archive.put(id, plain, measured.waveform, at)
        self._reached(Step.SEALED)
        return self._enter(partial(self._row, about, measured, size, sha256, at), about)

    def _row(
        self, about: Conversation, measured: Measured, size: int, sha256: str, at: datetime, years: int
    ) -> Recording:
        return Recording(
            id=id_of(about.origin),
            origin=about.origin,
            call_id=about.call_id,
            purpose=about.purpose,
            topic=about.topic or None,
            queue=about.queue or None,
            consultant=about.consultant or None,
            level=about.level,
            caller=about.caller[: catalogue.CALLER_LENGTH] if about.caller else None,
            ended_at=about.ended_at,
            taken_in_at=at,
            duration_ms=measured.duration_ms,
            format=self._rules.format,
            size=size,
            sha256=sha256,
            level_dbfs=measured.level_dbfs,
            silence=measured.silence,
            keep_until=keep_until(about.ended_at, years, self._rules.zone),
            policy=policy(about.purpose, years),
        )

    def _enter(self, row: Callable[[int], Recording], about: Conversation) -> Fate:
        """Decide; `row` makes one that is kept for so many years."""
        try:
            with self._database.writing() as connection:
                one_at_a_time(connection)
                # On another machine an erasure may have been decided meanwhile.
                found = rejected.of_origin(connection, about.origin)
                is_erased = found is not None and erased.is_erased(found)
                if not is_erased:
                    if _refusal(connection, about):
                        return Fate.WITHDRAWN
                    # Not before: whoever decides on a term gives new last days to what is there by then.
                    catalogue.store(connection, row(self._rules.terms(connection).years[about.purpose]))
                    self._reached(Step.DECIDING)
        except IntegrityError as error:
            if not is_duplicate(error):
                raise
            return Fate.KNOWN
        if is_erased:
            self._discard(id_of(about.origin))
            return Fate.ERASED
        self._reached(Step.DECIDED)
        return Fate.TAKEN_IN

    def _reject(self, about: Conversation, paths: tuple[Path, ...], fault: str, at: datetime) -> Fate:
        """Not to be taken in for want of consent, which comes first, or else for this fault."""
        self._discard(id_of(about.origin))
        found = rejected.digest(paths)
        with self._database.writing() as connection:
            one_at_a_time(connection)
            refused = _refusal(connection, about)
            today = business_date(at, self._rules.zone)
            last_day = None if refused else self._rules.terms(connection).quarantine.last_day(today)
            row = Rejected(about.origin, at, refused or fault, found, refused is None, about.ended_at, last_day)
            rejected.store(connection, row)
            # What an erasure has decided meanwhile stands.
            fate = _fate_of(rejected.of_origin(connection, about.origin) or row)
            self._reached(Step.DECIDING)
        self._reached(Step.DECIDED)
        return fate

    def _discard(self, id: str) -> None:
        """Destroy what was sealed before it was known that it is not to be kept."""
        if self._archive.keys.has([id]):
            self._archive.keys.destroy([id])
            self._archive.keys.forget_traces()
        self._archive.destroy(id)

    def _clear(self, sides: tuple[Path, ...], about: Conversation, fate: Fate) -> None:
        for number, path in enumerate(sides):
            if fate is Fate.QUARANTINED:
                rejected.put_aside(path, self._home.quarantine, about.origin)
            else:
                path.unlink(missing_ok=True)
            if number == 0:
                self._reached(Step.ONE_FILE_GONE)
        sync_folder(self._home.quarantine)
        sync_folder(self._home.recordings)
        self._reached(Step.FILES_GONE)


def _refusal(connection: Connection, about: Conversation) -> str | None:
    """Why a conversation of a call is not to be kept, if it is not. Of others' archives it is their list that tells."""
    if about.call_id is None:
        return None
    decided = [one for one in consents.of_call(connection, about.call_id) if one.purpose == about.purpose]
    if any(one.in_force for one in decided):
        return None
    return WITHDRAWN if any(one.withdrawn_at for one in decided) else NO_CONSENT


def _fate_of(found: Rejected) -> Fate:
    """What was decided of something that is not taken in."""
    match found:
        case Rejected() if erased.is_erased(found):
            return Fate.ERASED
        case Rejected(quarantined=True):
            return Fate.QUARANTINED
        case Rejected(keep_until=None, reason=reason):
            return Fate.WITHDRAWN if reason == WITHDRAWN else Fate.REFUSED
        case _:
            return Fate.DESTROYED


def _is_closed(path: Path, at: datetime) -> bool:
    """Whether nobody writes the file any more."""
    if not path.is_file():
        return True
    return at.timestamp() - path.stat().st_mtime >= ABANDONED.total_seconds() or is_finished(path)
