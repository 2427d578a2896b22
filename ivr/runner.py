"""The host of the flow: load, step, commit, answer service waits, and hand the turn to a gateway.

A turn is committed before its gateway carries it out. Service answers that are pure (hours, offices) are committed
together with the turn that they lead to. A PIN is held here, in memory, for as long as it takes to verify it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import Connection

from ivr import belated, calls, consenting, level_audit, stays, surveys
from ivr.authorisations import Authorisation, Refusal, keep_keyed, tell_of_refusal
from ivr.codec import CodecError
from ivr.definition import Flow
from ivr.events import (
    CallbackCancelled,
    CallbackSought,
    CalledBack,
    Event,
    HoursChecked,
    HungUp,
    LoginAsked,
    OfficeFound,
    OfficeNotFound,
    QueueLeft,
    Reentered,
    SentOn,
    SpeechChecked,
    Started,
    SurveyDrawn,
)
from ivr.flow import step
from ivr.library import Library, UnknownVersion
from ivr.live import Arrival as Arrival
from ivr.live import Live as Live
from ivr.live import call_row, unanswered
from ivr.payers import Payers
from ivr.promises import Promises, Terms, flow_of
from ivr.recalling import said_again, said_in
from ivr.secrets import Secrets, kept
from ivr.services import Authenticator, Mandates
from ivr.state import Ended, State
from ivr.stays import ABANDONED
from ivr.stays import WITHOUT_IVR as WITHOUT_IVR
from ivr.stays import Conversation as Conversation
from ivr.surroundings import Draw, Hears, Observer, Variant, always, as_it_is
from ivr.turns import Ignored, Turn
from ivr.waits import (
    MOST_SERVICE_ANSWERS,
    CancelCallback,
    CheckHours,
    CheckSpeech,
    DrawSurvey,
    FindCallback,
    FindNumber,
    FindOffice,
    FindPayers,
    Hangup,
    ServiceWait,
    StorePin,
    VerifyOldPin,
    VerifyPin,
)
from routing import callbacks, visits
from routing.surveys import is_drawn
from storage.database import Database

MOST_RACES = 3

log = structlog.get_logger()


class Runner:
    """Carries calls from turn to turn. Safe to share between threads; one call belongs to one thread at a time."""

    def __init__(
        self,
        database: Database,
        library: Library,
        authenticator: Authenticator,
        mandates: Mandates,
        *,
        node: str,
        now: Callable[[], datetime],
        hours_at: Callable[[], datetime] | None = None,
        observe: Observer | None = None,
        terms: Terms = Terms(),  # noqa: B008 (it is frozen)
        draw: Draw = is_drawn,
        variant: Variant = as_it_is,
        hears: Hears = always,
    ) -> None:
        self._database = database
        self._library = library
        self._node = node
        self._now = now
        self._hours_at = hours_at or now
        self._observe = observe
        self.promises = Promises(terms, now, self._hours_at)
        self._payers = Payers(mandates, now)
        self._secrets = Secrets(authenticator, self.promises, self._payers)
        self._draw = draw
        self._variant = variant
        self._hears = hears

    def arrive(self, arrival: Arrival) -> Live:
        """A call reaches this process: a new one, or one that another process began."""
        return self._begin(arrival, Started(arrival.lang), self._variant(self._library.current))

    def call_back(self, arrival: Arrival, callback: str) -> Live:
        """Somebody has answered at the number of a callback: a call like any, but for its beginning."""
        with self._database.reading() as connection:
            found = callbacks.find(connection, callback)
            flow = None if found is None else flow_of(self._library, connection, found)
        if found is None or flow is None:
            return self.arrive(arrival)
        return self._begin(arrival, CalledBack(found.call_id, found.topic, found.lang), flow)

    def _begin(self, arrival: Arrival, event: Event, flow: Flow) -> Live:
        at = self._now()
        try:
            return self._advance(unanswered(arrival, flow), event, at, call=call_row(arrival, flow, at))
        except calls.Superseded:
            # Nearly every call is a new one, so nobody looks before writing.
            live = self.resume(arrival.call_id)
            if live is None:
                raise
            return self.advance(live, Reentered())

    def resume(self, call_id: str) -> Live | None:
        """The call as it was last committed, or None if there is no such call."""
        with self._database.reading() as connection:
            row = calls.find(connection, call_id)
        return None if row is None else self._take_over(row)

    def recall(self, call_id: str, seq: int | None = None) -> Live | None:
        """The call after its newest turn, or after turn `seq`, with what is heard in it; None if there is none."""
        with self._database.reading() as connection:
            row = calls.find(connection, call_id)
            logged = calls.turns_until(connection, call_id, seq, many=2)
        if row is None or not logged:
            return None
        flow, last = self._variant(self._library.flow(row.menu_version)), logged[-1]
        heard = Turn(last.state, said_in(flow, logged), last.wait)
        return self._payers.told(Live(row.id, flow, last.seq, heard, row.ani))

    def advance(self, live: Live, event: Event, stay: Conversation | None = None) -> Live:
        """The call after `event`; unchanged if the event means nothing where the call stands.

        Raises calls.Superseded when another process has moved the call on.
        """
        return self._advance(live, event, self._now(), stay=stay)

    def back_from_queue(self, arrival: Arrival, stay: Conversation) -> Live:
        """The call left a queue with its caller still there. Whoever has been told that already is taken over."""
        live = self.resume(arrival.call_id)
        told = None if live is None else self._told(live, stay)
        if live is None or told is None:
            return self.arrive(arrival)
        if told.outcome == ABANDONED:
            # Asterisk gives no status either where it could not begin; who is here has abandoned nothing.
            told = replace(told, outcome="failed")
        return leave_queue(self, live, told)

    def send_on(self, arrival: Arrival, stay: Conversation, topic: str) -> Live:
        """A consultant has sent the caller on to another topic. Whoever has been told that already is taken over."""
        live = self.resume(arrival.call_id)
        told = None if live is None else self._told(live, stay)
        if live is None or told is None:
            return self.arrive(arrival)
        return self.advance(live, SentOn(topic), told)

    def log_in(self, arrival: Arrival, turn: int, agent: str, *, again: bool) -> Live:
        """A consultant has the caller log in; `turn` is the newest one that the dialplan knows of.

        `again`: another process has been asked before, and may have gone some way, or all of it.
        """
        live = self.resume(arrival.call_id)
        if live is None or not stays.lasts(live.turn.state) or (again and turn < live.seq):
            return self.arrive(arrival)
        return self.advance(live, LoginAsked(agent))

    def note_end(self, arrival: Arrival, stay: Conversation | None = None, at: datetime | None = None) -> None:
        """The caller is gone, as the dialplan tells; `at` is when, if it is not now.

        A call that no process ever met gets a row of its own: a caller was there.
        """
        at = at or self._now()
        for _ in range(MOST_RACES):
            try:
                return self._note_end(arrival, stay, at)
            except calls.Superseded:
                # Its session has just written the end itself, or is about to.
                continue
        raise calls.Superseded(arrival.call_id)

    def _note_end(self, arrival: Arrival, stay: Conversation | None, at: datetime) -> None:
        live, call = self.resume(arrival.call_id), None
        alone = stay is not None and stay.turn == WITHOUT_IVR
        if live is None:
            flow = self._library.current
            live, call = unanswered(arrival, flow), call_row(arrival, flow, at)
        elif not alone:
            # What the dialplan remembers may be of an earlier stay.
            stay = None if stay is None else self._told(live, stay)
        if not ended(live):
            self._advance(live, HungUp("no-ivr" if alone else "caller"), self._after(live, at), stay=stay, call=call)
        elif alone and stay is not None:
            with self._database.writing() as connection:
                stays.close(connection, live.call_id, stay, at)

    def _told(self, live: Live, stay: Conversation) -> Conversation | None:
        with self._database.reading() as connection:
            return stays.of_call(connection, live, stay)

    def _after(self, live: Live, at: datetime) -> datetime:
        """`at`, or the time of the newest turn: a hang-up is noticed where a turn is just being committed."""
        with self._database.reading() as connection:
            last = calls.last_at(connection, live.call_id)
        return at if last is None else max(at, last)

    def note_answer(self, call_id: str, turn: int, at: datetime, agent: str | None) -> None:
        """A consultant has answered in the stay that `turn` led to."""
        with self._database.writing() as connection:
            visits.answered(connection, call_id, turn, at=at, agent=agent)

    def note_recording(self, live: Live, caller_file: str, other_file: str) -> None:
        """A gateway records the virtual assistant from the newest turn on; files are names in Home.recordings."""
        with self._database.writing() as connection:
            consenting.begun(connection, live, caller_file, other_file, self._now())

    def note_withdrawal(self, call_id: str, at: datetime) -> None:
        """The caller does not want to be recorded any more: nothing of the call is taken in from now on."""
        with self._database.writing() as connection:
            talking = visits.of_call(connection, call_id)
            belated.withdraw(connection, call_id, at, talking[-1].agent if talking else None)

    def note_authorisation(self, call_id: str, one: Authorisation) -> None:
        """A consultant has keyed that control questions were answered."""
        with self._database.writing() as connection:
            keep_keyed(connection, call_id, one)

    def note_refusal(self, call_id: str, one: Refusal) -> None:
        """A consultant has keyed it in vain."""
        with self._database.writing() as connection:
            tell_of_refusal(connection, call_id, one)

    def note_line(self, callback: str, result: str, at: datetime) -> None:
        """A callback's line is in its queue no more; `result` is one of LINE_RESULTS."""
        with self._database.writing() as connection:
            self.promises.line_over(connection, callback, self._library, result, at)

    def end_lost(self, before: datetime) -> int:
        """End the calls that nothing was heard of since `before`: their Asterisk died. How many there were."""
        with self._database.reading() as connection:
            lost = calls.unfinished(connection, before)
        self.end_as_lost(lost)
        return len(lost)

    def end_as_lost(self, lost: Iterable[str]) -> None:
        """End these calls, wherever they stand: their Asterisk has them no more. One that has ended stays as it is."""
        for call_id in lost:
            try:
                self._end_lost(call_id)
            except (CodecError, UnknownVersion):
                log.exception("a lost call cannot be read", call=call_id)
                with self._database.writing() as connection:
                    calls.give_up(connection, call_id, self._now())

    def _end_lost(self, call_id: str) -> None:
        live = self.resume(call_id)
        if live is not None and not ended(live):
            with self._database.reading() as connection:
                outcome = "answered" if visits.talks(connection, call_id) else "failed"
            stay = Conversation(outcome) if stays.lasts(live.turn.state) else None
            with suppress(calls.Superseded):
                self.advance(live, HungUp("lost"), stay)

    def _advance(
        self,
        live: Live,
        event: Event,
        at: datetime,
        *,
        stay: Conversation | None = None,
        call: calls.Call | None = None,
    ) -> Live:
        told = belated.outstanding(self._database, live, stay)
        seq, before = live.seq + len(told) + 1, told[-1].turn.state if told else live.turn.state
        masked, pin = self._secrets.mask(live, event)
        outcome = step(live.flow, before, masked)
        if isinstance(outcome, Ignored):
            log.info("ignored", reason=outcome.reason)
            return live
        events, turn = self._answer_services(live, outcome, (masked,), pin)
        after = replace(live, seq=seq, turn=turn, kept=kept(live, turn.state, pin))
        if stay is None and stays.lasts(before) and ended(after):
            stay = Conversation(ABANDONED)
        with self._database.writing() as connection:
            if call is not None:
                calls.begin(connection, call, before)
            belated.keep(connection, live, self._node, told, stay.only_agent if stay is not None else None)
            # Before the next one begins.
            if stay is not None:
                stays.close(connection, live.call_id, stay, at)
            self._commit(connection, after, before, events, at)
            # The last thing: until the end nobody else lengthens the audit.
            level_audit.tell(connection, live.call_id, before, turn.state, stay, at)
        after = self._payers.told(after)
        if self._observe is not None:
            self._observe(after, live.turn.state, (*(one.event for one in told), *events))
        return after

    def _take_over(self, row: calls.CallRow) -> Live:
        flow = self._variant(self._library.flow(row.menu_version))
        with self._database.reading() as connection:
            last = calls.last_turn(connection, row.id)
        assert last is not None, "a call and its first turn are committed together"
        # What a caller is told at the end is told again: a process may have died over it.
        said = said_again(flow, last) if isinstance(last.wait, Hangup) else ()
        return Live(row.id, flow, last.seq, Turn(last.state, said, last.wait), row.ani)

    def _answer_services(
        self, live: Live, turn: Turn, events: tuple[Event, ...], pin: str | None
    ) -> tuple[tuple[Event, ...], Turn]:
        """Answer service waits until the turn is one for a gateway."""
        for _ in range(MOST_SERVICE_ANSWERS):
            if not isinstance(turn.wait, ServiceWait):
                return events, turn
            answer = self._service(live, turn.wait, pin)
            answered = step(live.flow, turn.state, answer)
            assert isinstance(answered, Turn), f"{answer} is the answer to {turn.wait}"
            events = (*events, answer)
            turn = Turn(answered.state, turn.prompts + answered.prompts, answered.wait)
        raise AssertionError("loading has proven that services never follow one another without end")

    def _service(self, live: Live, wait: ServiceWait, pin: str | None) -> Event:
        match wait:
            case CheckHours(hours):
                return HoursChecked(live.flow.hours[hours].is_open(self._hours_at()))
            case CheckSpeech(lang):
                return SpeechChecked(self._hears(lang))
            case DrawSurvey(share):
                return SurveyDrawn(self._draw(live.call_id, share))
            case FindOffice(step_name, postal_code):
                office = live.flow.offices[step_name].serving(postal_code)
                if office is None:
                    return OfficeNotFound()
                return OfficeFound(office.name, office.street, office.postal_code, office.city)
            case FindPayers(subject):
                return self._payers.found(subject)
            case FindNumber():
                return self.promises.number(live.ani)
            case FindCallback():
                with self._database.reading() as connection:
                    return CallbackSought(self.promises.sought(connection, live.ani))
            case CancelCallback():
                return CallbackCancelled()
            case VerifyPin() | VerifyOldPin() | StorePin():
                return self._secrets.answer(live, wait, pin, self._now())

    def _commit(
        self, connection: Connection, live: Live, before: State, events: tuple[Event, ...], at: datetime
    ) -> None:
        turn, after = live.turn, live.turn.state
        calls.log_turn(connection, live.call_id, live.seq, at, self._node, events, turn)
        calls.summarise(connection, live.call_id, at, before, after)
        consenting.keep(connection, live, before, events, at)
        self.promises.keep(connection, (live.call_id, live.ani, live.flow), before, after, events, at)
        surveys.keep(connection, live.call_id, live.flow, before, events, at)
        stays.begin(connection, live, before, events, at, after.callback)


def ended(live: Live) -> bool:
    """Whether the call is over."""
    return isinstance(live.turn.state.position, Ended)


def hang_up(runner: Runner, live: Live, cause: str = "caller") -> Live:
    """The connection is gone, wherever the call stands."""
    return runner.advance(live, HungUp(cause))


def leave_queue(runner: Runner, live: Live, stay: Conversation) -> Live:
    """The call came back from its queue and the caller is still there."""
    return runner.advance(live, QueueLeft(stay.outcome, stay.cut_off_topic), stay)
