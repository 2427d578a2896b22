"""Taking recordings in for as long as the process lives: some seconds after a conversation it is in the archive.

Decoding sound takes a processor, which calls need: so this is a process of its own. Whatever it cannot do for now it
tries again, ever more seldom and up to once a minute, and says so once. Nothing is lost by that: what is not taken in
lies where Asterisk has left it.
"""

from __future__ import annotations

import errno
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError

from centrala import archiving, keeping
from centrala.context import now, today
from recordings import encoding, purge, runs, withdrawal
from recordings.archive import Archive
from recordings.faults import RecordingFault
from recordings.intake import OPEN, Conversation, Fate, Intake, Rules
from recordings.key_encryption import KeyEncryption, read_keys
from recordings.parts import RecordingPart
from recordings.purge import Places
from storage.database import reason_of
from storage.installation import Installation

LOOK_SECONDS = 2.0
AT_ONCE = 100
LONGEST_PAUSE = timedelta(minutes=1).total_seconds()
# The next recording would fare no better.
FOR_ALL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})

log = structlog.get_logger()


@dataclass(slots=True)
class TakingIn:
    """Takes in what is over, again and again, until `stop` is set; the `rules` of each time are asked for."""

    opened: Installation
    environ: Mapping[str, str]
    rules: Callable[[], Rules]
    stop: threading.Event
    _said: str = ""
    _pause: float = LOOK_SECONDS

    def run(self) -> None:
        """Return after the recording that is being taken in when `stop` is set."""
        log.info("ready")
        while not self.stop.is_set():
            try:
                encoding.check(self.rules().format)
                with keeping.open_archive(self.opened, self.environ, today()) as archive:
                    self._work(archive)
            except (RecordingFault, SQLAlchemyError, OSError) as error:
                self._failed(error)
                self._pause = min(self._pause * 2, LONGEST_PAUSE)
                self.stop.wait(self._pause)

    def _work(self, archive: Archive) -> None:
        """Until other keys wrap than when the archive was opened."""
        keys = self._keys()
        while not self.stop.is_set() and keys == self._keys():
            fault = self._look(archive)
            self._destroy_withdrawn(archive)
            if fault is None:
                self._recovered()
            else:
                self._failed(fault)
            self._pause = LOOK_SECONDS
            self.stop.wait(LOOK_SECONDS)

    def _look(self, archive: Archive) -> OSError | None:
        """Take in all that is over; what stood in the way of some of it alone. Others do not wait for that."""
        intake = Intake(self.opened.database, archive, self.opened.home, self.rules())
        counts: Counter[str] = Counter()
        fault: OSError | None = None
        for _, taken in archiving.take_in(self.opened.database, partial(_take, intake)):
            match taken:
                case OSError():
                    fault = taken
                case Fate.UNREADABLE:
                    fault = PermissionError(errno.EACCES, "files of another user are among the recordings")
                case Fate() if taken not in OPEN:
                    counts[taken.name.lower()] += 1
            if self.stop.is_set():
                break
        if counts:
            log.info("recordings", **counts)
        return fault

    def _destroy_withdrawn(self, archive: Archive) -> None:
        """What consent was withdrawn for, and what a command left that was killed while it destroyed."""
        places = Places(self.opened.database, archive, self.opened.home)
        with self.opened.database.reading() as connection:
            meant, left = withdrawal.outstanding(connection), withdrawal.unfinished(connection, AT_ONCE)
        if meant.kept or meant.aside:
            done = withdrawal.withdraw(places, withdrawal.outstanding, now(), today())
            log.info("consent was withdrawn", destroyed=len(done.destroyed), held=len(done.held))
        if left:
            gone = purge.destroy(places, left, now, AT_ONCE, purge.unwatched, runs.counting(today()))
            log.info("what was to go at once is destroyed", destroyed=gone)

    def _keys(self) -> KeyEncryption | None:
        return read_keys(keeping.key_folder(self.opened.home), self.environ)

    def _failed(self, error: Exception) -> None:
        reason = _reason(error)
        if reason != self._said:
            log.error("recordings cannot be taken in; it is tried again", reason=reason)
        self._said = reason

    def _recovered(self) -> None:
        if self._said:
            log.info("recordings can be taken in again")
        self._said = ""


def _take(intake: Intake, part: RecordingPart, about: Conversation) -> Fate | OSError:
    try:
        return intake.take_part(part, about, now())
    except OSError as error:
        if error.errno in FOR_ALL:
            raise
        return error


def _reason(error: Exception) -> str:
    match error:
        case SQLAlchemyError():
            return reason_of(error)
        case OSError():
            return error.strerror or type(error).__name__
        case _:
            return str(error)
