"""Telling waiting callers: on the way to the queue, and again when there are better news.

None of it is a turn. A caller who cannot be told anything waits all the same, so that nothing here may fail a call.

While a caller waits, Asterisk's app_queue itself plays a sound at intervals, without taking the caller out of the
queue: the file `NEWS` of the caller's own language, which is named after the call (`own_language`). Where there is no
such file, which is most of the time, nothing is played.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from ivr import calls
from ivr.library import Library
from ivr.lookups import Said
from ivr.runner import Live
from ivr.telling import is_offered, news
from routing import callbacks, visits, waiting
from routing.asterisk.plan import NEWS
from routing.estimates import Pace, after_telling, estimate
from routing.queues import wrap_up_in
from routing.visits import Visit
from routing.waiting import Told, priority
from storage.database import Database, reason_of

# Seconds beyond an interval, in which a sound that is to be played will have been.
LATE = 3

log = structlog.get_logger()

# Writes prompts as one file, where it is told.
Write = Callable[[Said, Path], object]


@dataclass(frozen=True, slots=True)
class Sight:
    """A queue as Asterisk sees it: consultants who could answer at once, who are logged in, and callers who wait."""

    ready: int
    logged_in: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Joining:
    """What the caller is told on the way to the queue, and the priority there (empty: Asterisk's own order)."""

    prompts: Said
    priority: int | str


NOT_TOLD = Joining((), "")


class Herald:
    """Tells callers. `wrap_up` and `interval` are seconds; `folder` is where Asterisk looks for news.

    A group with a wrap-up of its own has that.
    """

    def __init__(
        self,
        database: Database,
        library: Library,
        *,
        folder: Path,
        write: Write,
        wrap_up: int,
        interval: float,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._library = library
        self._folder = folder
        self._write = write
        self._wrap_up = wrap_up
        self._interval = interval
        self._now = now

    def joining(self, live: Live, queue: str, sight: Sight | None) -> Joining:
        """What the caller of a turn that leads to a queue is told; kept, so that it can be measured."""
        try:
            return self._joining(live, queue, sight)
        except SQLAlchemyError as error:
            log.error("a caller cannot be told about the queue", reason=reason_of(error))
            return NOT_TOLD

    def _joining(self, live: Live, queue: str, sight: Sight | None) -> Joining:
        at = self._now()
        with self._database.reading() as connection:
            in_queue = (*waiting.waiting(connection, queue), *callbacks.in_queue(connection, at, queue))
            (visit,) = [one for one in visits.of_call(connection, live.call_id) if one.seq == live.seq]
            pace = waiting.pace(connection, queue, at, self._wrap_up_in(queue))
        if visit.callback is not None:
            # The consultant waits on the line.
            return Joining((), priority(visit.enqueued_at))
        place = waiting.place_of(visit, in_queue)
        if sight is not None:
            # Nobody stands before the caller whom Asterisk does not know: their end has not been told of yet.
            place = min(place, sight.waiting + 1)
            pace = _at_most(pace, sight.logged_in)
            if place <= sight.ready:
                return Joining((), priority(visit.enqueued_at))
        found = estimate(place, pace)
        offer = is_offered(live.flow, queue, found, 0)
        told = Told(live.call_id, live.seq, 0, at, found, pace, offer)
        said = news(live.flow, live.turn.state.lang, None, found, offer=offer)
        if said:
            with self._database.writing() as connection:
                waiting.store(connection, told)
        return Joining(said, priority(visit.enqueued_at))

    def _wrap_up_in(self, queue: str) -> int:
        return wrap_up_in(self._library.current.queues, queue, self._wrap_up)

    def tell(self) -> int:
        """Look after everybody who waits: write news where there are any, and take away what was heard; how many."""
        at = self._now()
        with self._database.reading() as connection:
            in_queue = waiting.waiting(connection)
            last = waiting.last_told(connection, in_queue)
            due = [visit for visit in in_queue if self._is_due(visit, last.get(_key(visit)), at)]
            called_back = callbacks.in_queue(connection, at)
            paces = {queue: self._pace(connection, queue, in_queue, last, at) for queue in {one.queue for one in due}}
        self._take_away({visit.call_id for visit in in_queue})
        in_line = (*in_queue, *called_back)
        return sum(
            self._tell(visit, last.get(_key(visit)), waiting.place_of(visit, in_line), paces[visit.queue], at)
            for visit in due
        )

    def _is_due(self, visit: Visit, told: Told | None, at: datetime) -> bool:
        """Whether the caller has heard nothing for an interval."""
        return at - (visit.enqueued_at if told is None else told.at) >= timedelta(seconds=self._interval)

    def _pace(
        self,
        connection: Connection,
        queue: str,
        in_queue: tuple[Visit, ...],
        last: dict[tuple[str, int], Told],
        at: datetime,
    ) -> Pace:
        """The pace from the records, with no more consultants than Asterisk knew of when somebody joined last."""
        pace = waiting.pace(connection, queue, at, self._wrap_up_in(queue))
        told = (last[_key(visit)] for visit in in_queue if visit.queue == queue and _key(visit) in last)
        newest = max(told, key=lambda one: one.at, default=None)
        return pace if newest is None else _at_most(pace, newest.pace.consultants)

    def _tell(self, visit: Visit, before: Told | None, place: int, pace: Pace, at: datetime) -> bool:
        with self._database.reading() as connection:
            call = calls.find(connection, visit.call_id)
        if call is None:
            return False
        heard, fresh = (before.estimate if before else None), estimate(place, pace)
        flow, offered = self._library.flow(call.menu_version), before is not None and before.offered
        offer = not offered and is_offered(flow, visit.queue, fresh, (at - visit.enqueued_at).total_seconds())
        said = news(flow, call.lang, heard, fresh, offer=offer)
        if not said:
            return False
        number = 0 if before is None else before.number + 1
        told = Told(visit.call_id, visit.seq, number, at, after_telling(heard, fresh), pace, offered or offer)
        try:
            with self._database.writing() as connection:
                waiting.store(connection, told)
        except IntegrityError:
            # Another process tells this caller.
            return False
        self._put(own_language(call.lang, visit.call_id), said)
        return True

    def _put(self, language: str, said: Said) -> None:
        folder = self._folder / language
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{NEWS}.wav"
        self._write(said, path)
        # Read before it was written: so the first reading shows (relatime).
        os.utime(path, (0, self._now().timestamp()))

    def _take_away(self, waiting_now: set[str]) -> None:
        for folder in self._folders():
            path = folder / f"{NEWS}.wav"
            if call_of(folder.name) not in waiting_now:
                path.unlink(missing_ok=True)
                folder.rmdir()
            elif _is_over(path, self._now().timestamp() - self._interval - LATE):
                path.unlink(missing_ok=True)

    def _folders(self) -> Iterator[Path]:
        yield from (path for path in self._folder.glob("*_*") if path.is_dir())


def _key(visit: Visit) -> tuple[str, int]:
    return visit.call_id, visit.seq


def _at_most(pace: Pace, logged_in: float) -> Pace:
    """Records tell who answered of late, Asterisk who is logged in: the fewer of the two; without records, Asterisk."""
    return Pace(pace.handling, min(pace.consultants, logged_in) if pace.consultants else logged_in)


def _is_over(path: Path, before: float) -> bool:
    """Whether the news were heard, or will not be any more."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return False
    return status.st_atime_ns > status.st_mtime_ns or status.st_mtime < before


def own_language(lang: str, call_id: str) -> str:
    """The channel language of a waiting caller: what is not there in it is looked for in `lang`, by Asterisk."""
    return f"{lang}_{call_id}"


def call_of(language: str) -> str:
    """The call that such a language is of."""
    return language.partition("_")[2]
