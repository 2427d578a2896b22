"""Notes that the dialplan leaves about callers who have gone, taken in by whichever IVR process sees them first.

A note is a line `time|ANI|DNIS|turn,QUEUESTATUS,agent,answered,recording,queue,joined|end` in a file named after the
call. One that cannot be used is put aside under another name, for people to look at. That a consultant has answered is
told by a file of its own, `time|turn|agent|end`: who waits and who does not must be known while calls go on. So is what
became of a callback's line, `time|result|end`, in a file named after the callback, and that a caller does not want to
be recorded any more, `time|end`, which control questions were answered, `time|agent|kinds|end`, and that a consultant
has keyed in vain that they were, `time|agent|why|end`.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

import structlog
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from ivr.authorisations import REFUSALS, Authorisation, Refusal
from ivr.calls import Superseded
from ivr.gateways.agi.dialplan import AGENT, CALL_ID, TURN, authorisation, conversation, moment, only, printable
from ivr.promises import LINE_RESULTS
from ivr.runner import Arrival, Conversation, Runner
from storage.database import reason_of

FIELDS = 5
ANSWER_FIELDS = 4
LINE_FIELDS = 3
WITHDRAWAL_FIELDS = 2
AUTHORISATION_FIELDS = 4
# Colleagues are told of by two more, and consent that was withdrawn and logins by another each.
STAY_FIELDS = (7, 9, 10, 11)
# Asterisk writes a note at once; one that is not whole after this time never will be.
UNFINISHED_SECONDS = 60

log = structlog.get_logger()

# What is read from a note of one kind.
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Note:
    """What the dialplan knew of a call when it ended."""

    arrival: Arrival
    at: datetime
    stay: Conversation | None


def take_in(folder: Path, runner: Runner) -> int:
    """Bring the database up to date with every finished note, and delete it; how many there were."""

    def taken(kind: str, read: Callable[[Path], Read | None], keep: Callable[[str, Read], object]) -> int:
        return sum(_take(path, read, keep) for path in sorted(folder.glob(f"*.{kind}")))

    return (
        # Before the ends of calls: what was recorded of this one is not to be taken in.
        taken("withdrawn", read_withdrawal, runner.note_withdrawal)
        + taken("answer", read_answer, lambda call, told: runner.note_answer(call, told.turn, told.at, told.agent))
        + taken("authorised", read_authorisation, runner.note_authorisation)
        + taken("unauthorised", read_refusal, runner.note_refusal)
        + taken("line", read_line, lambda callback, told: runner.note_line(callback, told[1], told[0]))
        + taken("note", read, lambda _, note: runner.note_end(note.arrival, note.stay, note.at))
    )


def _take(path: Path, read: Callable[[Path], Read | None], keep: Callable[[str, Read], object]) -> bool:
    """Take one note in. Raises SQLAlchemyError where the database can keep nothing now."""
    found = read(path)
    if found is None:
        if _is_old(path):
            _put_aside(path)
        return False
    return _kept(path, lambda: keep(_call_of(path), found))


def _kept(path: Path, take: Callable[[], object]) -> bool:
    """Whether what a note tells could be kept; one that cannot be is put aside."""
    try:
        take()
        path.unlink(missing_ok=True)
    except Superseded:
        # Another process was quicker: it deletes the note, or we do on the next round.
        return False
    except SQLAlchemyError as error:
        if not isinstance(error, IntegrityError | DataError):
            raise
        log.error("a note cannot be kept", reason=reason_of(error))
        _put_aside(path)
        return False
    except Exception:
        # The other notes are not to wait for this one.
        log.exception("a note could not be taken in")
        _put_aside(path)
        return False
    return True


@dataclass(frozen=True, slots=True)
class AnswerNote:
    """What the dialplan knew when a consultant answered."""

    turn: int
    at: datetime
    agent: str | None


def read_withdrawal(path: Path) -> datetime | None:
    """When consent was withdrawn, or None if the file is not (yet) whole."""
    fields = _fields(path, WITHDRAWAL_FIELDS)
    return None if fields is None else moment(fields[0])


def read_authorisation(path: Path) -> Authorisation | None:
    """The control questions that were answered, or None if the file is not (yet) whole."""
    fields = _fields(path, AUTHORISATION_FIELDS)
    return None if fields is None else authorisation(":".join(fields[:-1]))


def read_refusal(path: Path) -> Refusal | None:
    """A code that was keyed in vain, or None if the file is not (yet) whole."""
    fields = _fields(path, AUTHORISATION_FIELDS)
    at = moment(fields[0]) if fields else None
    if fields is None or at is None or not AGENT.fullmatch(fields[1]) or fields[2] not in REFUSALS:
        return None
    return Refusal(at, fields[1], fields[2])


def read_answer(path: Path) -> AnswerNote | None:
    """The answer in a file, or None if it is not (yet) whole."""
    fields = _fields(path, ANSWER_FIELDS)
    at = moment(fields[0]) if fields else None
    if fields is None or at is None or not TURN.fullmatch(fields[1]):
        return None
    return AnswerNote(int(fields[1]), at, only(AGENT, fields[2]))


def read_line(path: Path) -> tuple[datetime, str] | None:
    """When a callback's line ended and what it had led to, or None if the file is not (yet) whole."""
    fields = _fields(path, LINE_FIELDS)
    at = moment(fields[0]) if fields else None
    return None if fields is None or at is None or fields[1] not in LINE_RESULTS else (at, fields[1])


def read(path: Path) -> Note | None:
    """The note in a file, or None if it is not (yet) whole."""
    fields = _fields(path, FIELDS)
    if fields is None:
        return None
    at, stay = moment(fields[0]), fields[3].split(",")
    if at is None or len(stay) not in STAY_FIELDS:
        return None
    arrival = Arrival(path.stem, "asterisk", printable(unquote(fields[1])), printable(fields[2]))
    return Note(arrival, at, conversation(*stay))


def _fields(path: Path, number: int) -> list[str] | None:
    """The fields of a note that is whole and named after a call."""
    try:
        fields = path.read_text("utf-8", "replace").strip().split("|")
    except OSError:
        return None
    is_whole = len(fields) == number and fields[-1] == "end" and CALL_ID.fullmatch(_call_of(path))
    return fields if is_whole else None


def _call_of(path: Path) -> str:
    """The call that a note is of; where a call has several of a kind, something else follows it in the name."""
    return path.stem.partition("_")[0]


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > UNFINISHED_SECONDS
    except OSError:
        return False


def _put_aside(path: Path) -> None:
    log.error("a note about a call cannot be used and was put aside", file=path.name)
    with contextlib.suppress(OSError):
        path.replace(path.with_suffix(".unusable"))
