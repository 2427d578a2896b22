"""Keeps `agent_states` and `agent_changes` in step with Asterisk.

Asterisk's events are queued by the AMI's thread and taken in by one of our own. Whenever a connection is made
everything is read again, and what differs from what was last written is logged as a change of that moment. While the
database cannot be used changes wait here, each with the time at which it happened.
"""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from routing import agent_states, members
from routing.agent_states import Change
from routing.ami import AGAIN_SECONDS, Ami, AmiError, Event, Follower
from routing.members import Agent, AgentState
from storage.database import Database, reason_of

LOOK_SECONDS = 1.0
# What may pass at once: who moves to another telephone leaves the queue and comes back; a telephone that a queue calls
# may be told to be in use before the queue tells of its call.
PASSING = timedelta(seconds=0.2)
MAY_PASS = (members.NOBODY, AgentState(members.ON_CALL, members.DIRECT))
# A database that is away for hours: older changes are given up.
MOST_WAITING = 100_000

# What an agent does, and at which telephone.
Seen = tuple[AgentState, str]
GONE: Seen = members.NOBODY, ""

log = structlog.get_logger()


class AgentWatch(Follower):
    """Follows every agent between `start` and `stop`. `now` is Asterisk's clock, too: they share a machine.

    Nothing is written in a transaction in which this is not `leading` any more: somebody else has read everything anew.
    """

    fault = "agents' states are behind"

    def __init__(
        self,
        ami: Ami,
        database: Database,
        now: Callable[[], datetime],
        leading: Callable[[Connection], bool],
    ) -> None:
        super().__init__(ami, members.EVENTS, "agents")
        self._database = database
        self._now = now
        self._leading = leading
        self._agents: dict[str, Agent] = {}
        self._known: dict[str, Seen] = {}
        self._passing: dict[str, datetime] = {}
        self._waiting: list[Change] = []
        self._read_at, self._read_since = 0, now()
        self._told = False

    def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except SQLAlchemyError as error:
                self._fail(f"the database cannot be used: {reason_of(error)}")
            except AmiError as error:
                self._fail(str(error))
            except Exception:
                log.exception(self.fault)
                self._must_read.set()
                self._stopping.wait(AGAIN_SECONDS)
        with contextlib.suppress(SQLAlchemyError):
            self._write()

    def _fail(self, reason: str) -> None:
        if not self._told:
            log.warning(self.fault, reason=reason)
        self._told = True
        self._stopping.wait(AGAIN_SECONDS)

    def _turn(self) -> None:
        """Take in what is there; what could not be written is tried again at the latest after a second."""
        if self._must_read.is_set():
            self._read_again()
        try:
            event = self._inbox.get(timeout=PASSING.total_seconds() if self._passing else LOOK_SECONDS)
        except queue.Empty:
            event = None
        while event is not None:
            self._take(event)
            event = self._next()
        self._stayed(self._now())
        self._write()
        self._told = False

    def _next(self) -> Event | None:
        try:
            return self._inbox.get_nowait()
        except queue.Empty:
            return None

    def _read_again(self) -> None:
        self._write()
        self._must_read.clear()
        try:
            with self._database.reading() as connection:
                self._known = {row.agent: (row.into, row.telephone) for row in agent_states.current(connection)}
            reply = self._ami.send("QueueStatus")
        except Exception:
            self._must_read.set()
            raise
        self._read_at = reply.number
        self._agents = members.found(event.headers for event in reply.events)
        self._passing.clear()
        self._read_since = at = self._now()
        for agent in self._known.keys() | self._agents.keys():
            self._note(agent, at)
        self._write()

    def _take(self, event: Event) -> None:
        agent = members.agent_of(event.headers)
        # What is older than the list is in the list.
        if agent is None or event.number <= self._read_at:
            return
        at = max(event.at or self._now(), self._read_since)
        self._stayed(at)
        self._agents[agent] = members.take(self._agents.get(agent, Agent()), event.headers)
        if self._state(agent) in MAY_PASS:
            self._passing.setdefault(agent, at)
        else:
            self._passing.pop(agent, None)
            self._note(agent, at)

    def _stayed(self, now: datetime) -> None:
        """Those with whom it has not passed."""
        for agent, at in list(self._passing.items()):
            if now - at >= PASSING:
                del self._passing[agent]
                self._note(agent, at)

    def _state(self, agent: str) -> AgentState:
        return members.state_of(self._agents.get(agent, Agent()))

    def _note(self, agent: str, at: datetime) -> None:
        state = self._state(agent)
        telephone = "" if state == members.NOBODY else self._agents[agent].telephone
        if (state, telephone) == self._known.get(agent, GONE):
            return
        self._known[agent] = state, telephone
        self._waiting.append(Change(agent, state.state, state.reason, at, telephone))
        if len(self._waiting) > MOST_WAITING:
            del self._waiting[: MOST_WAITING // 10]
            log.error("changes of agents' states were given up")

    def _write(self) -> None:
        if self._waiting:
            with self._database.writing() as connection:
                if self._leading(connection):
                    agent_states.write(connection, self._waiting)
            self._waiting = []
