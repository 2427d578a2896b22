"""Callbacks stand in their queues: each whose turn may come has a line in Asterisk, and no other has one.

A line is a channel that waits in the queue as a caller does, at the callback's own place (`callbacks.conf`). What the
database says is made so: lines are put up for those that are due, and taken down for those that are over or whose queue
has closed. What became of a line is told by the dialplan's notes. After a restart of Asterisk its lines are gone; they
are looked for whenever a connection is made, and now and then.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from ivr.audio import AudioError, PromptStore
from ivr.definition import Flow
from ivr.library import Library, UnknownVersion
from ivr.menus.faults import MenuError
from ivr.promises import Promises, flow_of
from ivr.prompts import Prompt
from routing import callbacks, waiting
from routing.ami import Ami, AmiError, Disconnected
from routing.callbacks import Callback
from storage.database import Database, reason_of

LOOK_SECONDS = 1.0
AGAIN_SECONDS = 5.0
# How often lines are looked for in Asterisk, and those that were missing; so old are those that must be there.
CHECK_SECONDS = 30.0
MISSING_SECONDS = 3.0
GRACE = timedelta(seconds=5)
NAME = "callback"

log = structlog.get_logger()


class CallbackLines:
    """Keeps lines between entering and leaving. One process at a time does: lines are put up only while it `holds`.

    `notes` is the folder in which the dialplan leaves them. Lines speak the trunk's `codec`: sound that Asterisk makes
    itself (music, a conversation of three) was not heard by whoever was called where it had to be translated for them.
    """

    def __init__(
        self,
        ami: Ami,
        database: Database,
        library: Library,
        promises: Promises,
        store: PromptStore,
        notes: Path,
        codec: str,
        now: Callable[[], datetime],
        holds: Callable[[Connection], bool] = lambda connection: True,
    ) -> None:
        self._ami = ami
        self._database = database
        self._library = library
        self._promises = promises
        self._store = store
        self._notes = notes
        self._codec = codec
        self._now = now
        self._holds = holds
        self._stopping = threading.Event()
        self._check_at = 0.0
        # What was not there when it was looked for last.
        self._missing: set[tuple[str, datetime | None]] = set()
        self._told = ""
        self._thread = threading.Thread(target=self._run, name="callbacks", daemon=True)
        ami.on_connect(self._connected)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join(AGAIN_SECONDS)

    def _connected(self) -> None:
        self._check_at = 0.0

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(LOOK_SECONDS if self._attempt() else AGAIN_SECONDS)

    def _attempt(self) -> bool:
        try:
            self._look()
        except Disconnected:
            return False
        except AmiError as error:
            self._complain(str(error))
        except SQLAlchemyError as error:
            self._complain(reason_of(error))
        except Exception:
            log.exception("callbacks could not be kept in their queues")
        else:
            self._told = ""
            return True
        return False

    def _complain(self, reason: str) -> None:
        if reason != self._told:
            log.error("callbacks cannot be kept in their queues", reason=reason)
        self._told = reason

    def _look(self) -> None:
        """Look once at what should be and what is."""
        at = self._now()
        with self._database.reading() as connection:
            due, lines = callbacks.due(connection, at), callbacks.with_line(connection)
            flows = {one.call_id: self._flow(connection, one) for one in (*due, *lines)}
        for one in lines:
            # Whoever has answered at the number is not cut off.
            if not one.in_hand and (one.state != "waiting" or not self._is_open(flows[one.call_id], one)):
                self._take_down(one, "closed" if one.state == "waiting" else "down")
        if lines and time.monotonic() >= self._check_at:
            self._check(lines, at)
        for one in due:
            flow = flows[one.call_id]
            if flow is not None and self._is_open(flow, one):
                self._put_up(flow, one, at)

    def _flow(self, connection: Connection, one: Callback) -> Flow | None:
        """The menus by which it is kept, or None where they cannot be read any more: the others are kept."""
        try:
            return flow_of(self._library, connection, one)
        except (MenuError, UnknownVersion):
            return None

    def _is_open(self, flow: Flow | None, one: Callback) -> bool:
        return flow is not None and self._promises.is_open(flow, one.queue)

    def _put_up(self, flow: Flow, one: Callback, at: datetime) -> None:
        with self._database.writing() as connection:
            is_ours = self._holds(connection) and callbacks.put_in_line(connection, one.call_id, at)
        if not is_ours:
            return
        try:
            self._originate(flow, one)
        except AmiError:
            with self._database.writing() as connection:
                callbacks.line_gone(connection, one.call_id)
            raise
        log.info("a callback stands in its queue", call=one.call_id, queue=one.queue)

    def _originate(self, flow: Flow, one: Callback) -> None:
        """The variables go to both halves of the line. What is music goes through it to whoever was called (m)."""
        waits, line = waiting_half(one.call_id), calling_half(one.call_id)
        about = {
            "CALLBACK": one.call_id,
            "WAITS": waits,
            "LINE": line,
            "NUMBER": one.number,
            "QUEUE": one.queue,
            "TOPIC": one.topic,
            "LANG": one.lang,
            "LEVEL": "none",
            "CAPTION": " ".join((flow.callbacks.caption if flow.callbacks else NAME, flow.captions.get(one.topic, ""))),
            "WHISPER": "&".join(self._sounds(flow, one)),
            # In seconds, as the dialplan tells the time.
            "OPEN_UNTIL": str(round(self._promises.open_until(flow, one.queue).timestamp())),
            "QUEUE_PRIO": str(waiting.priority(one.enqueued_at)),
        }
        self._ami.send(
            "Originate",
            Channel="Local/s@callback-line/nm",
            ChannelId=waits,
            OtherChannelId=line,
            Codecs=self._codec,
            Context="callback-waits",
            Exten="s",
            Priority=1,
            Async="true",
            Variable=[f"{name}={value}" for name, value in about.items()],
        )

    def _sounds(self, flow: Flow, one: Callback) -> list[str]:
        about = flow.whispers.get((one.topic, one.lang, "none"))
        prompts = [flow.callbacks.whisper if flow.callbacks else None, about]
        return [path for prompt in prompts if prompt is not None and (path := self._sound(prompt))]

    def _sound(self, prompt: Prompt) -> str:
        try:
            return self._store.sound((prompt,)).path
        except AudioError as error:
            log.error("a prompt cannot be made", reason=str(error))
            return ""

    def _take_down(self, one: Callback, way: str) -> None:
        """Its note tells that it has gone; one that is not there is found by a check.

        By a line that ends the other one, on a `way` of its own: who may hang up by AMI may do much else.
        """
        self._ami.send(
            "Originate",
            Channel=f"Local/{way}@callback-line/n",
            Application="NoOp",
            Async="true",
            Variable=[f"WAITS={waiting_half(one.call_id)}"],
        )

    def _check(self, lines: tuple[Callback, ...], at: datetime) -> None:
        """Lines that Asterisk has not are lost, unless a note of them is on its way: so it is looked for twice."""
        there = {event.headers.get("Uniqueid", "") for event in self._ami.send("Status").events}
        missing = {(one.call_id, one.line_at) for one in lines if waiting_half(one.call_id) not in there}
        for call_id, line_at in missing & self._missing:
            if line_at is not None and at - line_at > GRACE and not (self._notes / f"{call_id}.line").exists():
                log.warning("the line of a callback was lost", call=call_id)
                with self._database.writing() as connection:
                    callbacks.line_gone(connection, call_id)
        self._missing = missing
        self._check_at = time.monotonic() + (MISSING_SECONDS if missing else CHECK_SECONDS)


def waiting_half(call_id: str) -> str:
    """The unique id of the channel that waits in the queue."""
    return f"{NAME}-{call_id}"


def calling_half(call_id: str) -> str:
    """The unique id of the channel that calls the number."""
    return f"{NAME}-line-{call_id}"
