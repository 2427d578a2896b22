"""Recordings of people who had everything on them erased: what that decides, and what goes later than the rest.

A hold may keep a recording, and with it the consent to it, beyond the call that it was made in. A part that was not
taken in may lie on another machine: the reason on record has the intake there destroy it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, exists, select, update

from recordings import consents, rejected
from recordings.catalogue import Decided, State, recordings
from recordings.identity import of_call
from recordings.parts import RecordingPart
from recordings.rejected import Rejected

ERASED = "erased at the wish of the person"
_DECISION = "erasure on"


def decision(today: date) -> str:
    """The decision by which a person's recordings are destroyed."""
    return f"{_DECISION} {today}"


def decide_after_holds(connection: Connection, held: Iterable[str], today: date) -> None:
    """Of what was withdrawn before and is still held: it is to take its consent along as well."""
    waiting = recordings.c.id.in_(list(held)) & (recordings.c.state == State.WITHDRAWN)
    connection.execute(update(recordings).where(waiting).values(decision=decision(today)))


def never_take_in(connection: Connection, part: RecordingPart, sha256: str | None, at: datetime) -> None:
    """Have a part that is not taken in yet destroyed; `sha256` is of its files (`rejected.digest`), if they are here.

    Where they are not, it is for the intake of another machine to find and destroy them.
    """
    origin = of_call(part.call_id, part.seq)
    rejected.store(connection, Rejected(origin, at, ERASED, sha256, False, part.ended_at, None))


def was_here(connection: Connection, part: RecordingPart) -> bool:
    """Whether the files of such a part were on the machine on which it was decided on."""
    found = rejected.of_origin(connection, of_call(part.call_id, part.seq))
    return found is not None and found.sha256 is not None


def is_erased(found: Rejected) -> bool:
    """Whether it was not taken in because the person had it erased."""
    return found.reason == ERASED


def forget_consent(connection: Connection, recording: Decided) -> None:
    """Once no recording of the call is left, the consent to it goes; where there was no erasure it stays."""
    if recording.call_id is None or not (recording.decision or "").startswith(_DECISION):
        return
    others = select(exists().where(recordings.c.call_id == recording.call_id))
    if not connection.execute(others).scalar():
        consents.remove(connection, recording.call_id)


def keeps_consent(call_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a hold keeps a recording of that call, and so the consent to it."""
    return exists().where(recordings.c.call_id == call_id, recordings.c.state == State.WITHDRAWN)
