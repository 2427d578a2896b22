"""The call as a pure function: `step(flow, state, event) -> Turn | Ignored`.

This package owns every transition and does nothing else: no telephone, no clock, no database. `step` is total: an event
that means nothing where the call stands is `Ignored`, never an exception.

How to read it: `step` hands over to the module for the place where the call stands. `walking` leads on to the next step
that waits, `tries` asks again. What each position waits for stands in `ivr.waiting`, what is heard there again in
`ivr.questions`.

The menu file's steps that a caller passes without waiting (messages, an opening gate already passed) only add to what
is heard; loading proves that they never form a circle.
"""

from __future__ import annotations

from ivr.definition import Flow
from ivr.events import (
    Authorised,
    CalledBack,
    ConsentWithdrawn,
    Event,
    HungUp,
    Joined,
    LoginAsked,
    QueueLeft,
    Reentered,
    SentOn,
    Started,
)
from ivr.flow.assistant import assisting
from ivr.flow.authentication import GIVE_UP, authenticating
from ivr.flow.callbacks import at_callback, called_back
from ivr.flow.levels import is_out_of_place, way_on
from ivr.flow.mid_call import in_conversation
from ivr.flow.offices import at_offices
from ivr.flow.payers import asking_whom
from ivr.flow.pin_change import changing_pin
from ivr.flow.queueing import consenting, told_late
from ivr.flow.spoken import choosing_aloud
from ivr.flow.survey import surveying
from ivr.flow.tries import ask
from ivr.flow.walking import end, go
from ivr.lookups import place
from ivr.state import (
    AfterAddress,
    AssistantPosition,
    AtAddress,
    AtConfirmation,
    AtConsent,
    AtDelay,
    AtIdentifier,
    AtMenu,
    AtNewPin,
    AtNotice,
    AtOfficeSearch,
    AtOldPin,
    AtOldPinCheck,
    AtOpening,
    AtPayerChoice,
    AtPayerSearch,
    AtPin,
    AtPinAgain,
    AtPinStoring,
    AtPostalCode,
    AtResult,
    AtSurveyDraw,
    AtSurveyOffer,
    AtSurveyQuestion,
    AtVerification,
    CallbackPosition,
    Ended,
    InQueue,
    New,
    PayerPosition,
    PinPosition,
    State,
    replace,
)
from ivr.turns import Ignored, Turn

__all__ = ["GIVE_UP", "start", "step"]

# Told of a conversation that is over by then: nobody hears these turns.
UNHEARD = Joined | ConsentWithdrawn | Authorised

# Here, not where a position is matched: a union is made anew each time that it is written.
_Part = PinPosition | PayerPosition | AssistantPosition


def start(flow: Flow) -> State:
    """The state of a call that has not been answered yet."""
    return State(lang=flow.languages[0])


def step(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """What the call does when `event` happens in `state`."""
    outcome = _step(flow, state, event)
    if isinstance(outcome, Turn) and is_out_of_place(flow, outcome.state) and not isinstance(event, UNHEARD):
        return go(flow, outcome.state, way_on(flow), ())
    return outcome


def _step(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    match state.position, event:
        case Ended(), _:
            return Ignored("the call has ended")
        case position, HungUp(cause):
            return end(state, (), place(position), cause)
        case New(), _:
            return _begin(flow, state, event)
        case (_, Reentered()) | (InQueue(), Joined()):
            return _again(flow, state)
        case (_, ConsentWithdrawn() as told) | (InQueue(), Authorised() as told):
            return told_late(flow, state, told)
        case AtMenu() | AtConfirmation() | AtOpening(), _:
            return choosing_aloud(flow, state, event)
        case AtNotice() | AtConsent(), _:
            return consenting(flow, state, event)
        case _, LoginAsked() | QueueLeft() | SentOn():
            return in_conversation(flow, state, event)
        case AtSurveyDraw() | AtSurveyOffer() | AtSurveyQuestion(), _:
            return surveying(flow, state, event)
        case AtIdentifier() | AtPin() | AtVerification() | AtResult() | AtDelay(), _:
            return authenticating(flow, state, event)
        case position, _ if isinstance(position, _Part):
            return _in_a_part(flow, state, position, event)
        case position, _ if isinstance(position, CallbackPosition):
            return at_callback(flow, state, event)
        case AtPostalCode() | AtOfficeSearch() | AtAddress() | AfterAddress(), _:
            return at_offices(flow, state, event)
        case _:
            return Ignored(f"{type(event).__name__} at {place(state.position)}")


def _in_a_part(flow: Flow, state: State, position: _Part, event: Event) -> Turn | Ignored:
    if isinstance(position, PinPosition):
        return changing_pin(flow, state, event)
    return asking_whom(flow, state, event) if isinstance(position, PayerPosition) else assisting(flow, state, event)


def _begin(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    match event:
        case Started(lang):
            spoken = lang if lang in flow.languages else state.lang
            return go(flow, replace(state, lang=spoken), flow.start, ())
        case CalledBack():
            return called_back(flow, state, event)
        case _:
            return Ignored("the call has not started")


def _again(flow: Flow, state: State) -> Turn:
    """The place where the call stands, for a caller who was taken over by another process.

    A PIN that was being verified, or a new one, is lost with the process that held it, so it is asked for again; an
    address and a caller's payers are looked up again.
    """
    match state.position:
        case AtVerification(name, claim):
            return ask(flow, replace(state, position=AtPin(name, claim)))
        case AtAddress(name, postal_code):
            return ask(flow, replace(state, position=AtOfficeSearch(name, postal_code)))
        case AtPayerChoice(name):
            return ask(flow, replace(state, position=AtPayerSearch(name)))
        case AtOldPinCheck(name):
            return ask(flow, replace(state, position=AtOldPin(name)))
        case AtPinAgain(name) | AtPinStoring(name):
            return ask(flow, replace(state, position=AtNewPin(name)))
        case _:
            return ask(flow, state)
