"""Of all processes that could do something one leads and does it, by a lease in the database (`storage.leases`).

Whoever leads puts the lease's end off again and again. Who dies is followed when the lease has ended, who stops at
once. Who cannot reach the database stops before anybody else can begin: what was led is left `Pace.act` seconds after
the last time that the lease was put off, by a clock that nobody sets.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from storage import leases
from storage.database import Database, reason_of

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: how long a lease is, how often its end is put off, and how long after that one acts without it."""

    lease: float = 10.0
    renew: float = 2.5
    act: float = 7.0

    @property
    def look(self) -> float:
        """How often a leader sees whether it still leads."""
        return self.renew / 5


class Term:
    """One time of leading, with a holder's name of its own: who leads again is not who led before."""

    def __init__(self, database: Database, name: str, node: str, now: Callable[[], datetime], pace: Pace) -> None:
        self._database = database
        self._name = name
        self._holder = f"{node}/{secrets.token_hex(8)}"
        self._now = now
        self._pace = pace
        self._acts_until = 0.0
        self._ended = threading.Event()
        self._renewing = threading.Thread(target=self._renew, name="lease", daemon=True)

    def begin(self) -> bool:
        """Take the lease; whether it was free. Raises SQLAlchemyError."""
        if self._take():
            self._renewing.start()
            return True
        return False

    def end(self) -> None:
        """Let the next one lead, at once if the database can be reached."""
        self._ended.set()
        self._renewing.join(self._pace.renew)

    @property
    def lasts(self) -> bool:
        """Whether one may act."""
        return time.monotonic() < self._acts_until

    def holds(self, connection: Connection) -> bool:
        """Whether nobody else has begun to lead; nobody does before this transaction ends."""
        return leases.is_held(connection, self._name, self._holder)

    def _take(self) -> bool:
        # Before anything is asked of the database: it may answer late.
        began, now = time.monotonic(), self._now()
        until = now + timedelta(seconds=self._pace.lease)
        with self._database.writing() as connection:
            taken = leases.take(connection, self._name, self._holder, now, until)
        self._acts_until = began + self._pace.act if taken else 0.0
        return taken

    def _renew(self) -> None:
        while not self._ended.wait(self._pace.renew):
            try:
                if not self._take():
                    return
            except SQLAlchemyError as error:
                log.error("the lease could not be renewed", lease=self._name, reason=reason_of(error))
        try:
            with self._database.writing() as connection:
                leases.give_back(connection, self._name, self._holder)
        except SQLAlchemyError as error:
            log.error("the lease could not be given back", lease=self._name, reason=reason_of(error))


# Enters what is led in a term, and gives a function that tells whether that works.
Lead = Callable[[Term], AbstractContextManager[Callable[[], bool]]]


class Leadership:
    """Takes part between `start` and `stop`: whenever the lease `name` is free and this process is `able` to lead.

    Who leads and finds for a lease's length that it does not work lets others try first.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        node: str,
        now: Callable[[], datetime],
        *,
        able: Callable[[], bool],
        lead: Lead,
        pace: Pace = Pace(),
    ) -> None:
        self._database = database
        self._name, self._node = name, node
        self._now = now
        self._able = able
        self._lead = lead
        self._pace = pace
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leadership", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join(self._pace.lease)

    def _run(self) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            pause = self._pace.renew
            try:
                if (term := self._won()) is not None and not self._serve(term):
                    pause = 2 * self._pace.renew
            except SQLAlchemyError as error:
                log.error("nobody can be found to lead", lease=self._name, reason=reason_of(error))
            except Exception:
                log.exception("leading failed", lease=self._name)

    def _won(self) -> Term | None:
        with self._database.reading() as connection:
            free = leases.is_free(connection, self._name, self._now())
        if not free or not self._able():
            return None
        term = Term(self._database, self._name, self._node, self._now, self._pace)
        return term if term.begin() else None

    def _serve(self, term: Term) -> bool:
        """Lead until the term ends; whether it was of use to the last."""
        log.info("leading", lease=self._name)
        try:
            with self._lead(term) as works:
                return self._last(term, works)
        finally:
            term.end()
            log.info("leading no more", lease=self._name)

    def _last(self, term: Term, works: Callable[[], bool]) -> bool:
        worked_at = time.monotonic()
        while term.lasts and not self._stopping.wait(self._pace.look):
            if works():
                worked_at = time.monotonic()
            elif time.monotonic() - worked_at >= self._pace.lease:
                return False
        return True
