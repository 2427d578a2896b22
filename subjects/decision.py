"""What is decided before a person is erased, and what stands against it: that something of theirs is going on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from ivr.calls import calls
from recordings import catalogue, erased, parts, purge, rejected
from recordings.erased import decision
from recordings.identity import of_call
from recordings.parts import RecordingPart, recording_parts
from recordings.records import rejected_recordings
from routing import callbacks
from storage.home import Home
from subjects.holdings import Holdings
from subjects.mentions import Mentions

PUT_ASIDE = ".unusable"
"""What notes end in that could not be taken in."""


class Busy(Exception):
    """Something of the person is going on, and cannot be erased now; the text says what, and what to do."""


@dataclass(frozen=True, slots=True)
class Decided:
    """Of how many recordings it was decided, and how many of them a hold keeps."""

    recordings: int
    held: int


def decide(connection: Connection, home: Home, held: Holdings, found: Mentions, at: datetime, today: date) -> Decided:
    """Decide on all of it, in the caller's transaction; it never turns back. Raises Busy, OSError."""
    _nothing_goes_on(connection, home, held, found)
    ids = [one.id for one in catalogue.everything(connection, held.recordings)]
    _, kept = purge.decide_now(connection, ids, today, decision(today))
    erased.decide_after_holds(connection, kept, today)
    aside = connection.execute(select(rejected_recordings.c.origin).where(held.quarantined)).scalars()
    rejected.expire(connection, aside.all(), today - timedelta(days=1))
    for part in waiting_parts(connection, held):
        erased.never_take_in(connection, part, rejected.digest(parts.files(part, home.recordings)), at)
    for one in callbacks.matching(connection, held.callbacks | held.callbacks_to_them):
        callbacks.over(connection, one.call_id, "cancelled", at)
    return Decided(len(ids), len(kept))


def no_line_stands(connection: Connection, held: Holdings) -> None:
    """Raises Busy: a line that was put up for a callback is still to be taken down."""
    for one in callbacks.matching(connection, held.callbacks):
        if one.line_at is not None:
            raise Busy(
                f"the callback asked for in the call {one.call_id} is cancelled, and its line still stands in a queue; "
                f"run this again once centrala serve has taken it down"
            )


def waiting_parts(connection: Connection, held: Holdings) -> tuple[RecordingPart, ...]:
    """Recorded parts of which nothing is in the catalogue; their files may still lie in the spool."""
    c = recording_parts.c
    rows = connection.execute(select(recording_parts).where(held.unsettled_parts).order_by(c.call_id, c.seq))
    found = (RecordingPart(**row._mapping) for row in rows.all())
    return tuple(one for one in found if catalogue.of_origin(connection, of_call(one.call_id, one.seq)) is None)


def notes(connection: Connection, home: Home, held: Holdings) -> Iterator[Path]:
    """What the dialplan has left to be told of the person's calls, those included that could not be taken in."""
    for path in sorted(home.spool.iterdir()) if home.spool.is_dir() else ():
        mine = select(calls.c.id).where(held.calls, calls.c.id == path.stem)
        if connection.execute(mine).first():
            yield path


def _nothing_goes_on(connection: Connection, home: Home, held: Holdings, found: Mentions) -> None:
    running = select(calls.c.id).where(held.all_calls, calls.c.ended_at.is_(None)).limit(1)
    if running_call := connection.execute(running).scalar() or next(iter(found.running), None):
        raise Busy(f"the call {running_call} is going on; run this again when it is over")
    for one in callbacks.matching(connection, held.callbacks | held.callbacks_to_them):
        if one.in_hand:
            raise Busy(f"the callback asked for in the call {one.call_id} is being kept now; run this again later")
    for path in notes(connection, home, held):
        if path.suffix != PUT_ASIDE:
            raise Busy(f"{path}: what this note tells is still to be taken in; run this again once centrala serve has")
