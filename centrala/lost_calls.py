"""Calls that Asterisk has lost: whenever a connection to it is made, those that no channel carries any more are ended.

An Asterisk that dies takes its calls along and tells nobody. Once one answers again, a call that is open here and on
none of its channels is over, unless its end is still on its way: a session or a note of the dialplan has a few seconds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ivr import calls, legs
from ivr.runner import Runner
from routing.ami import Ami, AmiError, Disconnected, Event
from storage.database import Database, reason_of

GATEWAY = "asterisk"
# As the dialplan sets it (extensions.conf); channels of consultants inherit it.
VARIABLE = "CALL_ID"
GRACE_SECONDS = 3.0

log = structlog.get_logger()


class LostCalls:
    """Looks after each connection of `ami`; `notes` is the folder in which the dialplan leaves them."""

    def __init__(self, ami: Ami, database: Database, runner: Runner, notes: Path, grace: float = GRACE_SECONDS) -> None:
        self._ami = ami
        self._database = database
        self._runner = runner
        self._notes = notes
        self._grace = grace
        self._stopping = threading.Event()
        ami.on_connect(self._connected)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()

    def _connected(self) -> None:
        threading.Thread(target=self._settle, name="lost-calls", daemon=True).start()

    def _settle(self) -> None:
        """Until it is done, or the connection is gone: the next one begins anew."""
        while not self._stopping.is_set():
            try:
                return self._end_lost()
            except Disconnected:
                return None
            except AmiError as error:
                log.warning("lost calls cannot be looked for", reason=str(error))
            except SQLAlchemyError as error:
                log.error("the database cannot be used", reason=reason_of(error))
            except Exception:
                log.exception("lost calls could not be ended")
            self._stopping.wait(self._grace)
        return None

    def _end_lost(self) -> None:
        candidates = self._without_channel()
        if not candidates or self._stopping.wait(self._grace):
            return
        if lost := candidates & self._without_channel():
            self._runner.end_as_lost(lost)
            log.warning("calls were lost with their Asterisk", calls=len(lost))

    def _without_channel(self) -> frozenset[str]:
        """Calls that are open, on no channel, and of whose end no note tells."""
        # In this order: what begins meanwhile is not among the open ones.
        with self._database.reading() as connection:
            open_calls = calls.open_at(connection, GATEWAY) | calls.open_at(connection, calls.OUTGOING)
            open_calls |= legs.open_legs(connection)
        if not open_calls:
            return frozenset()
        carried = calls_on(self._ami.send("Status", Variables=VARIABLE).events)
        noted = {path.stem for path in self._notes.glob("*.note")}
        return open_calls - carried - noted


def calls_on(channels: Iterable[Event]) -> frozenset[str]:
    """The calls that these channels carry, from Asterisk's list of all channels."""
    given = (value.partition("=") for event in channels for value in event.values.get("Variable", ()))
    return frozenset(value for name, _, value in given if name == VARIABLE)
