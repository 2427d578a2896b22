"""Notes that the dialplan leaves about callers who have gone, taken in by whichever IVR process sees them first.

A note is a line `time|ANI|DNIS|turn,QUEUESTATUS,agent,answered,recording,queue,joined|end` in a file named after the
call. One that cannot be used is put aside under another name, for people to look at. That a consultant has answered is
told by a file of its own, `time|turn|agent|end`: who waits and who does not must be known while calls go on. So is what
became of a callback's line, `time|result|end`, in a file named after the callback.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

import structlog
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from ivr.calls import Superseded
from ivr.gateways.agi.session import AGENT, CALL_ID, TURN, conversation, moment, only, printable
from ivr.promises import LINE_RESULTS
from ivr.runner import Arrival, Conversation, Runner
from storage.database import reason_of

FIELDS = 5
ANSWER_FIELDS = 4
LINE_FIELDS = 3
# Colleagues are told of by two more.
STAY_FIELDS = (7, 9)
# Asterisk writes a note at once; one that is not whole after this time never will be.
UNFINISHED_SECONDS = 60

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Note:
    """What the dialplan knew of a call when it ended."""

    arrival: Arrival
    at: datetime
    stay: Conversation | None


def take_in(folder: Path, runner: Runner) -> int:
    """Bring the database up to date with every finished note, and delete it; how many there were."""
    answers = sum(_take_answer(path, runner) for path in sorted(folder.glob("*.answer")))
    lines = sum(_take_line(path, runner) for path in sorted(folder.glob("*.line")))
    return answers + lines + sum(_take(path, runner) for path in sorted(folder.glob("*.note")))


def _take_answer(path: Path, runner: Runner) -> bool:
    answer = read_answer(path)
    if answer is None:
        if _is_old(path):
            _put_aside(path)
        return False
    return _kept(path, lambda: runner.note_answer(path.stem, answer.turn, answer.at, answer.agent))


def _take_line(path: Path, runner: Runner) -> bool:
    line = read_line(path)
    if line is None:
        if _is_old(path):
            _put_aside(path)
        return False
    at, result = line
    return _kept(path, lambda: runner.note_line(path.stem, result, at))


def _take(path: Path, runner: Runner) -> bool:
    """Take one note in. Raises SQLAlchemyError where the database can keep nothing now."""
    note = read(path)
    if note is None:
        if _is_old(path):
            _put_aside(path)
        return False
    return _kept(path, lambda: runner.note_end(note.arrival, note.stay, note.at))


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


def read_answer(path: Path) -> AnswerNote | None:
    """The answer in a file, or None if it is not (yet) whole."""
    try:
        fields = path.read_text("utf-8", "replace").strip().split("|")
    except OSError:
        return None
    if len(fields) != ANSWER_FIELDS or fields[-1] != "end" or not CALL_ID.fullmatch(path.stem):
        return None
    at = moment(fields[0])
    if at is None or not TURN.fullmatch(fields[1]):
        return None
    return AnswerNote(int(fields[1]), at, only(AGENT, fields[2]))


def read_line(path: Path) -> tuple[datetime, str] | None:
    """When a callback's line ended and what it had led to, or None if the file is not (yet) whole."""
    try:
        fields = path.read_text("utf-8", "replace").strip().split("|")
    except OSError:
        return None
    if len(fields) != LINE_FIELDS or fields[-1] != "end" or not CALL_ID.fullmatch(path.stem):
        return None
    at = moment(fields[0])
    return None if at is None or fields[1] not in LINE_RESULTS else (at, fields[1])


def read(path: Path) -> Note | None:
    """The note in a file, or None if it is not (yet) whole."""
    try:
        fields = path.read_text("utf-8", "replace").strip().split("|")
    except OSError:
        return None
    if len(fields) != FIELDS or fields[-1] != "end" or not CALL_ID.fullmatch(path.stem):
        return None
    at, stay = moment(fields[0]), fields[3].split(",")
    if at is None or len(stay) not in STAY_FIELDS:
        return None
    arrival = Arrival(path.stem, "asterisk", printable(unquote(fields[1])), printable(fields[2]))
    return Note(arrival, at, conversation(*stay))


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > UNFINISHED_SECONDS
    except OSError:
        return False


def _put_aside(path: Path) -> None:
    log.error("a note about a call cannot be used and was put aside", file=path.name)
    with contextlib.suppress(OSError):
        path.replace(path.with_suffix(".unusable"))
