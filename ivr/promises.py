"""Callbacks as a runner sees them: asked for, sought, cancelled, kept, or tried in vain.

What a turn means for a callback is written with the turn, so that a promise that a caller has heard is kept whatever
dies, and none is kept twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ivr import calls
from ivr.definition import Flow
from ivr.events import CallbackCancelled, Event, NumberFound, NumberRefused
from ivr.library import Library
from ivr.places import begin_of_wait
from ivr.state import AtConsent, AtGreeting, AtNotice, AtPromise, Ended, InQueue, New, State
from routing import callbacks, phone_numbers
from routing.callback_times import PAUSES, first_try, in_line_again, next_try, open_until
from routing.callbacks import Callback
from routing.hours import Hours
from routing.phone_numbers import Allowed, MayCall

# The cause of a call's end: whoever was called has hung up.
BY_THE_CALLER = "caller"
# What a callback's line led to: no consultant, no answer at the number, an answer there, a conversation.
LINE_RESULTS = ("left", "unanswered", "met", "talked")

EVERYBODY = Allowed(("PL",), frozenset({"mobile", "fixed"}))

GivenUp = Callable[[Connection, Callback], None]


def tell_nobody(connection: Connection, one: Callback) -> None:
    """Whoever is not called any more learns nothing of it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Which numbers are called back, and how long after each try that was not answered the next one is.

    The service's `own` numbers (E.164) are not among them. In a `rehearsal` (a call in a terminal) nobody is promised
    anything. `given_up` is told of a callback that was tried in vain for the last time, in the transaction that ends
    it: nobody knows its number afterwards.
    """

    allowed: Allowed = EVERYBODY
    pauses: tuple[timedelta, ...] = PAUSES
    own: frozenset[str] = frozenset()
    rehearsal: bool = False
    given_up: GivenUp = tell_nobody


class Promises:
    """What is kept of callbacks. `hours_at` is the clock of opening hours, which demonstrations set."""

    def __init__(self, terms: Terms, now: Callable[[], datetime], hours_at: Callable[[], datetime]) -> None:
        self._terms = terms
        self._now = now
        self._hours_at = hours_at

    def number(self, text: str) -> NumberFound | NumberRefused:
        """The number that a caller calls from, or has keyed."""
        match phone_numbers.check(text, self._terms.allowed):
            case MayCall(number) if number not in self._terms.own:
                return NumberFound(number, phone_numbers.spoken(number, self._terms.allowed))
            case _:
                return NumberRefused()

    def sought(self, connection: Connection, ani: str) -> bool:
        """Whether the caller is to be called back at the number that they call from."""
        return bool(self._awaited(connection, ani))

    def _awaited(self, connection: Connection, ani: str) -> Sequence[Callback]:
        match self.number(ani):
            case NumberFound(number):
                return callbacks.awaited_at(connection, number)
            case _:
                return ()

    def keep(
        self,
        connection: Connection,
        call: tuple[str, str, Flow],
        before: State,
        after: State,
        events: Sequence[Event],
        at: datetime,
    ) -> None:
        """Write what a turn means for callbacks; `call` is its id, its caller's number, and its flow."""
        call_id, ani, flow = call
        if self._terms.rehearsal:
            return
        if isinstance(after.position, AtPromise) and not isinstance(before.position, AtPromise):
            self._promise(connection, call_id, flow, after, after.position.number, at)
        if any(isinstance(event, CallbackCancelled) for event in events):
            for one in self._awaited(connection, ani):
                callbacks.over(connection, one.call_id, "cancelled", at, cancelled_in=call_id)
        if after.callback is not None:
            self._called(connection, after.callback, before, after, at)

    def _promise(
        self, connection: Connection, call_id: str, flow: Flow, state: State, number: str, at: datetime
    ) -> None:
        assert state.topic is not None, "the flow asks nobody for a number who has not chosen"
        queue = flow.topics[state.topic]
        if any(one.queue == queue and one.call_id != call_id for one in callbacks.awaited_at(connection, number)):
            # One call is promised, not a call for each time that it is asked for.
            return
        began = begin_of_wait(connection, call_id, queue, at)
        hours = flow.hours[flow.queues[queue].hours]
        first = self._in_hours(lambda moment: first_try(moment, hours), at)
        callbacks.request(connection, Callback(call_id, number, queue, state.topic, state.lang, began, at, first or at))

    def _called(self, connection: Connection, callback: str, before: State, after: State, at: datetime) -> None:
        """That nobody has pressed the key is told by the line, when it has gone: nobody is called meanwhile."""
        match before.position, after.position:
            case New(), _:
                callbacks.met(connection, callback, at)
            case AtGreeting() | AtNotice() | AtConsent(), InQueue():
                callbacks.over(connection, callback, "kept", at, tried=True)
            case ((AtNotice() | AtConsent()), Ended(cause=cause)) if cause == BY_THE_CALLER:
                # A person, who does not wish to talk.
                callbacks.over(connection, callback, "cancelled", at, tried=True)
            case _:
                pass

    def line_over(self, connection: Connection, callback: str, library: Library, result: str, at: datetime) -> None:
        """The callback's line has left its queue. Told twice, it has left once: another line is not this one."""
        found = callbacks.find(connection, callback)
        if found is None or found.line_at is None or at < found.line_at:
            return
        flow = flow_of(library, connection, found)
        match result:
            case "unanswered" | "met":
                self._tried(connection, found, flow, at)
            case "left":
                self._postponed(connection, found, flow, at)
            case "talked":
                callbacks.over(connection, callback, "kept", at, tried=True)
        callbacks.line_gone(connection, callback)

    def _tried(self, connection: Connection, one: Callback, flow: Flow, at: datetime) -> None:
        hours, tries, pauses = _hours(flow, one.queue), one.tries + 1, self._terms.pauses
        following = self._in_hours(lambda moment: next_try(tries, moment, hours, pauses), at) if hours else None
        if callbacks.tried(connection, one.call_id, at, following):
            self._terms.given_up(connection, one)

    def _postponed(self, connection: Connection, one: Callback, flow: Flow, at: datetime) -> None:
        hours = _hours(flow, one.queue)
        again = self._in_hours(lambda moment: in_line_again(moment, hours), at) if hours else None
        if callbacks.postponed(connection, one.call_id, again, at) and one.tries:
            self._terms.given_up(connection, one)

    def is_open(self, flow: Flow, queue: str) -> bool:
        """Whether the queue's hours are open now; those of a queue that is no more are not."""
        hours = _hours(flow, queue)
        return hours is not None and hours.is_open(self._hours_at())

    def open_until(self, flow: Flow, queue: str) -> datetime:
        """When the queue closes next; now, if it is closed or no more."""
        hours, at = _hours(flow, queue), self._now()
        return at if hours is None else self._in_hours(lambda moment: open_until(moment, hours), at) or at

    def _in_hours(self, following: Callable[[datetime], datetime | None], at: datetime) -> datetime | None:
        """What follows a moment, by the clock of opening hours."""
        ahead = self._hours_at() - self._now()
        found = following(at + ahead)
        return None if found is None else found - ahead


def _hours(flow: Flow, queue: str) -> Hours | None:
    """The hours of a queue; of one that is no more there are none."""
    return flow.hours[flow.queues[queue].hours] if queue in flow.queues else None


def flow_of(library: Library, connection: Connection, callback: Callback) -> Flow:
    """The menus by which a callback is kept: those of now, or, if they know its queue or callbacks no more, its call's.

    Raises MenuError or UnknownVersion where those of its call cannot be read any more.
    """
    current = library.current
    is_known = current.callbacks is not None and callback.queue in current.queues
    call = None if is_known else calls.find(connection, callback.call_id)
    return library.current if call is None else library.flow(call.menu_version)
