"""Stays in queues as they are kept: who answered, who was brought in, what was recorded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from ivr.authorisations import Authorisation
from ivr.events import CUT_OFF, Event, QueueLeft, Reentered, SentOn
from ivr.live import Live
from ivr.places import begin_of_wait
from ivr.state import AtConsent, AtGreeting, AtNotice, InQueue, State
from ivr.waits import Transfer
from recordings import parts
from routing import visits

# The turn of a stay in a queue that no turn led to: the dialplan did, while no IVR process answered.
WITHOUT_IVR = 0
ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class Colleague:
    """A consultant of the group `queue` whom the first one asked; `left_at` is None where they stayed to the end.

    Files are names in Home.recordings.
    """

    agent: str
    topic: str
    queue: str
    answered_at: datetime
    left_at: datetime | None = None
    caller_file: str | None = None
    agent_file: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a gateway knows of a stay in a queue that is over. Files are names in Home.recordings.

    `turn` is the number of the turn that led there, or WITHOUT_IVR; a gateway that cannot lose its call leaves it out.
    `passed_at` is when the consultant left while the caller stayed, with the last of the `colleagues` if there are any;
    `withdrawn_at` when the caller's consent to be recorded ended, and `authorisation` that control questions were
    answered, in this stay or in one before. `logins` are when the caller logged in in the middle of it: from when until
    when, or None where it did not come to its end.
    """

    outcome: str
    agent: str | None = None
    answered_at: datetime | None = None
    caller_file: str | None = None
    agent_file: str | None = None
    queue: str | None = None
    turn: int | None = None
    joined_at: datetime | None = None
    colleagues: tuple[Colleague, ...] = ()
    passed_at: datetime | None = None
    withdrawn_at: datetime | None = None
    logins: tuple[tuple[datetime, datetime | None], ...] = ()
    authorisation: Authorisation | None = None

    @property
    def only_agent(self) -> str | None:
        """The consultant, where no colleague was in the conversation as well."""
        return None if self.colleagues else self.agent

    @property
    def successor(self) -> Colleague | None:
        """The colleague to whom the first consultant left the caller, talking or while it still rang there."""
        last = self.colleagues[-1] if self.colleagues else None
        if last is None or self.passed_at is None:
            return None
        return last if last.left_at is None or last.left_at >= self.passed_at else None

    @property
    def cut_off_topic(self) -> str:
        """The topic of the colleague whose telephone has gone while the caller was theirs, else empty."""
        return self.successor.topic if self.successor and self.outcome == CUT_OFF else ""


def lasts(state: State) -> bool:
    """Whether the call is in a queue or with a consultant, even while its caller logs in."""
    return isinstance(state.position, InQueue) or state.talking is not None


def begin(
    connection: Connection, live: Live, before: State, events: tuple[Event, ...], at: datetime, callback: str | None
) -> None:
    """Begin a stay if the call's newest turn, to which these events led, is the beginning of one.

    `callback` is the one that the call keeps.
    """
    wait, event = live.turn.wait, events[0]
    is_rejoined = before.talking is not None and not isinstance(event, QueueLeft | SentOn)
    if not isinstance(wait, Transfer) or isinstance(event, Reentered) or is_rejoined:
        return
    kept = callback if isinstance(before.position, AtGreeting | AtNotice | AtConsent) else None
    sent_on = isinstance(event, SentOn)
    began = begin_of_wait(connection, live.call_id, wait.queue, at, sent_on=sent_on, kept=kept)
    visits.enqueued(connection, visits.Visit(live.call_id, live.seq, wait.queue, wait.topic, began, callback=kept))


def of_call(connection: Connection, live: Live, stay: Conversation) -> Conversation | None:
    """The stay if the call is in it, as one that its newest turn led to: logins may have had turns since it began."""
    if stay.turn is None or not lasts(live.turn.state):
        return None
    if stay.turn != live.seq:
        began = visits.open_visit(connection, live.call_id)
        if began is None or not began <= stay.turn < live.seq:
            return None
    return replace(stay, turn=live.seq)


def close(connection: Connection, call_id: str, stay: Conversation, at: datetime) -> None:
    """Close the call's stay in a queue; colleagues have the numbers after it, those of the turns that they are."""
    if stay.turn == WITHOUT_IVR:
        return _note(connection, call_id, stay, at)
    until = stay.passed_at if stay.successor and stay.passed_at else at
    seq = visits.left(
        connection,
        call_id,
        at=until,
        outcome="answered" if stay.cut_off_topic else stay.outcome,
        answered_at=stay.answered_at,
        agent=stay.agent,
        queue=stay.queue,
    )
    if seq is None:
        return None
    _keep_part(connection, call_id, seq, stay, until, stay.logins)
    for number, colleague in enumerate(stay.colleagues, (stay.turn or seq) + 1):
        _keep_part(connection, call_id, number, colleague, colleague.left_at or at, stay.logins)
        if colleague is stay.successor:
            outcome = CUT_OFF if stay.cut_off_topic else "answered"
            _keep_successor(connection, call_id, number, colleague, until, at, outcome)
    return None


def _keep_part(
    connection: Connection,
    call_id: str,
    seq: int,
    talk: Conversation | Colleague,
    until: datetime,
    logins: tuple[tuple[datetime, datetime | None], ...],
) -> None:
    if talk.agent and talk.answered_at and talk.caller_file and talk.agent_file:
        files = talk.caller_file, talk.agent_file
        spans = tuple((began, ended or until) for began, ended in logins)
        pauses = parts.pauses(talk.answered_at, until, spans)
        part = parts.RecordingPart(call_id, seq, talk.agent, talk.answered_at, until, *files, pauses=pauses)
        parts.store(connection, part)


def _keep_successor(
    connection: Connection,
    call_id: str,
    seq: int,
    colleague: Colleague,
    since: datetime,
    at: datetime,
    outcome: str,
) -> None:
    """Their own stay begins where the first one ended: the caller has not waited, unless it still rang."""
    answered, left = max(since, colleague.answered_at), colleague.left_at or at
    visit = visits.Visit(
        call_id, seq, colleague.queue, colleague.topic, since, answered, left, agent=colleague.agent, outcome=outcome
    )
    visits.enqueued(connection, visit)


def _note(connection: Connection, call_id: str, stay: Conversation, at: datetime) -> None:
    """A stay that the dialplan alone led to, told of only now; the queue that the flow had chosen was not reached."""
    joined = stay.joined_at or at
    visits.left(connection, call_id, at=joined, outcome="failed")
    told_before = any(visit.seq == WITHOUT_IVR for visit in visits.of_call(connection, call_id))
    if stay.queue is None or told_before:
        return
    visit = visits.Visit(
        call_id, WITHOUT_IVR, stay.queue, "", joined, stay.answered_at, at, agent=stay.agent, outcome=stay.outcome
    )
    visits.enqueued(connection, visit)
