"""The host of the flow: load, step, commit, answer service waits, and hand the turn to a gateway.

A turn is committed before its gateway carries it out. Service answers that are pure (hours, offices) are committed
together with the turn that they lead to. A PIN is held here, in memory, for as long as it takes to verify it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from ivr import calls
from ivr.definition import Flow
from ivr.events import (
    Event,
    HoursChecked,
    HungUp,
    Keyed,
    OfficeFound,
    OfficeNotFound,
    PinRefused,
    PinVerified,
    QueueLeft,
    Reentered,
    SecretKeyed,
    Started,
)
from ivr.flow import GIVE_UP, start, step
from ivr.library import Library
from ivr.state import AtIdentifier, Ended, State
from ivr.turns import Ignored, Turn
from ivr.waits import CheckHours, FindOffice, Gather, ServiceWait, Transfer, VerifyPin
from recordings import consents, parts
from routing import visits
from storage.database import Database

RECORDING_PURPOSE = "consultant_call"
MOST_SERVICE_ANSWERS = 20


class Authenticator(Protocol):
    """What the runner needs of `auth_pin`."""

    def claim(self, identifier: str) -> str:
        """The pseudonym of an identifier."""
        ...

    def verify(self, claim: str, pin: str, *, call_id: str, seq: int, at: datetime) -> str | None:
        """The profile's pseudonym if the PIN is its own; counts one attempt per (call_id, seq)."""
        ...


class Observer(Protocol):
    """Is told of each committed turn."""

    def __call__(self, live: Live, before: State, events: tuple[Event, ...]) -> None:
        """`live` stands after the turn, `before` is the state that the events met."""
        ...


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call as a gateway announces it."""

    call_id: str
    gateway: str
    ani: str
    dnis: str
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a gateway knows of a stay in a queue that is over. Files are names in Home.recordings."""

    outcome: str
    agent: str | None = None
    answered_at: datetime | None = None
    caller_file: str | None = None
    agent_file: str | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """A call in the hands of this process: its flow, the number of its newest turn, and that turn."""

    call_id: str
    flow: Flow
    seq: int
    turn: Turn


class Runner:
    """Carries calls from turn to turn. Safe to share between threads; one call belongs to one thread at a time."""

    def __init__(
        self,
        database: Database,
        library: Library,
        authenticator: Authenticator,
        *,
        node: str,
        now: Callable[[], datetime],
        hours_at: Callable[[], datetime] | None = None,
        observe: Observer | None = None,
    ) -> None:
        self._database = database
        self._library = library
        self._authenticator = authenticator
        self._node = node
        self._now = now
        self._hours_at = hours_at or now
        self._observe = observe

    def arrive(self, arrival: Arrival) -> Live:
        """A call reaches this process: a new one, or one that another process began."""
        with self._database.reading() as connection:
            row = calls.find(connection, arrival.call_id)
        if row is not None:
            return self.advance(self._take_over(row), Reentered())
        flow = self._library.current
        return self._begin(arrival, flow)

    def resume(self, call_id: str) -> Live | None:
        """The call as it was last committed, or None if there is no such call."""
        with self._database.reading() as connection:
            row = calls.find(connection, call_id)
        return None if row is None else self._take_over(row)

    def advance(self, live: Live, event: Event, conversation: Conversation | None = None) -> Live:
        """The call after `event`; unchanged if the event means nothing where the call stands.

        Raises calls.Superseded when another process has moved the call on.
        """
        seq, before = live.seq + 1, live.turn.state
        masked, pin = self._mask(live, event)
        outcome = step(live.flow, before, masked)
        if isinstance(outcome, Ignored):
            return live
        events, turn = self._answer_services(live.flow, live.call_id, seq, outcome, (masked,), pin)
        with self._database.writing() as connection:
            self._commit(connection, live.call_id, seq, before, events, turn, live.flow)
            if conversation is not None:
                self._left_queue(connection, live.call_id, conversation)
        return self._told(Live(live.call_id, live.flow, seq, turn), before, events)

    def _begin(self, arrival: Arrival, flow: Flow) -> Live:
        before = start(flow)
        first = step(flow, before, Started(arrival.lang))
        assert isinstance(first, Turn)
        events, turn = self._answer_services(flow, arrival.call_id, 1, first, (Started(arrival.lang),), None)
        call = calls.Call(
            arrival.call_id, arrival.gateway, arrival.ani, arrival.dnis, flow.version, started_at=self._now()
        )
        with self._database.writing() as connection:
            calls.begin(connection, call, before)
            self._commit(connection, arrival.call_id, 1, before, events, turn, flow)
        return self._told(Live(arrival.call_id, flow, 1, turn), before, events)

    def _told(self, live: Live, before: State, events: tuple[Event, ...]) -> Live:
        if self._observe is not None:
            self._observe(live, before, events)
        return live

    def _take_over(self, row: calls.CallRow) -> Live:
        flow = self._library.flow(row.menu_version)
        with self._database.reading() as connection:
            last = calls.last_turn(connection, row.id)
        assert last is not None, "a call and its first turn are committed together"
        return Live(row.id, flow, last.seq, Turn(last.state, (), last.wait))

    def _mask(self, live: Live, event: Event) -> tuple[Event, str | None]:
        """The event as the flow may see it, and the PIN, if it was one."""
        wait = live.turn.wait
        if not (isinstance(event, Keyed) and isinstance(wait, Gather) and wait.secret):
            return event, None
        if GIVE_UP in event.digits:
            return Keyed(GIVE_UP), None
        if not event.digits.isdecimal():
            return SecretKeyed(0), None
        if isinstance(live.turn.state.position, AtIdentifier):
            return SecretKeyed(len(event.digits), self._authenticator.claim(event.digits)), None
        return SecretKeyed(len(event.digits)), event.digits

    def _answer_services(
        self, flow: Flow, call_id: str, seq: int, turn: Turn, events: tuple[Event, ...], pin: str | None
    ) -> tuple[tuple[Event, ...], Turn]:
        """Answer service waits until the turn is one for a gateway."""
        for _ in range(MOST_SERVICE_ANSWERS):
            if not isinstance(turn.wait, ServiceWait):
                return events, turn
            answer = self._service(flow, call_id, seq, turn.wait, pin)
            answered = step(flow, turn.state, answer)
            assert isinstance(answered, Turn), f"{answer} is the answer to {turn.wait}"
            events = (*events, answer)
            turn = Turn(answered.state, turn.prompts + answered.prompts, answered.wait)
        raise AssertionError("loading has proven that services never follow one another without end")

    def _service(self, flow: Flow, call_id: str, seq: int, wait: ServiceWait, pin: str | None) -> Event:
        match wait:
            case CheckHours(hours):
                return HoursChecked(flow.hours[hours].is_open(self._hours_at()))
            case FindOffice(step_name, postal_code):
                office = flow.offices[step_name].serving(postal_code)
                if office is None:
                    return OfficeNotFound()
                return OfficeFound(office.name, office.street, office.postal_code, office.city)
            case VerifyPin(claim):
                assert pin is not None, "a PIN is verified in the turn that it was keyed in"
                subject = self._authenticator.verify(claim, pin, call_id=call_id, seq=seq, at=self._now())
                return PinRefused() if subject is None else PinVerified(subject)

    def _commit(
        self,
        connection: Connection,
        call_id: str,
        seq: int,
        before: State,
        events: tuple[Event, ...],
        turn: Turn,
        flow: Flow,
    ) -> None:
        at, after = self._now(), turn.state
        calls.log_turn(connection, call_id, seq, at, self._node, events, turn)
        calls.summarise(connection, call_id, at, before, after)
        if after.consent is not None and before.consent is None:
            consents.store(
                connection,
                consents.Consent(call_id, RECORDING_PURPOSE, at, after.consent, flow.recording.wording, after.lang),
            )
        if isinstance(turn.wait, Transfer) and not isinstance(events[0], Reentered):
            visit = visits.Visit(call_id, seq, turn.wait.queue, turn.wait.topic, enqueued_at=at)
            visits.enqueued(connection, visit)

    def _left_queue(self, connection: Connection, call_id: str, conversation: Conversation) -> None:
        at = self._now()
        seq = visits.left(
            connection,
            call_id,
            at=at,
            outcome=conversation.outcome,
            answered_at=conversation.answered_at,
            agent=conversation.agent,
        )
        match conversation:
            case Conversation(_, str(agent), datetime() as answered, str(caller_file), str(agent_file)) if seq:
                part = parts.RecordingPart(call_id, seq, agent, answered, at, caller_file, agent_file)
                parts.store(connection, part)
            case _:
                pass


def ended(live: Live) -> bool:
    """Whether the call is over."""
    return isinstance(live.turn.state.position, Ended)


def hang_up(runner: Runner, live: Live, cause: str = "caller", conversation: Conversation | None = None) -> Live:
    """The connection is gone, wherever the call stands; `conversation` closes its stay in a queue, if it was in one."""
    return runner.advance(live, HungUp(cause), conversation)


def leave_queue(runner: Runner, live: Live, conversation: Conversation) -> Live:
    """The call came back from its queue and the caller is still there."""
    return runner.advance(live, QueueLeft(conversation.outcome), conversation)
