"""Being called back: asking for it, changing one's mind, and the call that keeps the promise."""

from __future__ import annotations

from ivr.definition import Flow
from ivr.events import (
    CallbackCancelled,
    CallbackSought,
    CalledBack,
    Event,
    Keyed,
    NoInput,
    NumberFound,
    NumberRefused,
    Played,
)
from ivr.flow.authentication import GIVE_UP
from ivr.flow.tries import no_input, no_match
from ivr.flow.walking import go, to_queue, turn
from ivr.lookups import Said, callback_at, cancellation_at, place, promised_at, say, way_to_topic
from ivr.questions import number_choice
from ivr.state import (
    AtCallbackSearch,
    AtCancellation,
    AtGreeting,
    AtNumber,
    AtNumberChoice,
    AtOwnNumber,
    AtPromise,
    State,
    replace,
)
from ivr.turns import Ignored, Turn

AGREED = "1"
ANOTHER_NUMBER = "2"
# Of the number that somebody calls from, so many digits tell which one it is.
LAST_DIGITS = 3


def at_callback(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """Whatever happens on the way to a callback, or in one before its recording notice."""
    match state.position:
        case AtCallbackSearch() | AtCancellation():
            return _seeking(flow, state, event)
        case AtGreeting():
            return _greeted(flow, state, event)
        case _:
            return _asking(flow, state, event)


def _asking(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """A number is found, keyed, confirmed, and promised to be called."""
    match state.position, event:
        case AtOwnNumber(name), NumberFound(number, spoken):
            said = say(flow, state, callback_at(flow, name).own)
            return _choose(flow, state, AtNumberChoice(name, number, spoken[-LAST_DIGITS:]), said)
        case AtNumber(name), NumberFound(number, spoken):
            said = say(flow, state, callback_at(flow, name).keyed)
            return _choose(flow, state, AtNumberChoice(name, number, spoken), said)
        case AtOwnNumber(name), NumberRefused():
            return _ask_number(flow, state, name)
        case ((AtNumber() | AtNumberChoice()), NoInput()):
            return no_input(flow, state)
        case ((AtNumber(name) | AtNumberChoice(name)), Keyed(keyed)) if GIVE_UP in keyed:
            return go(flow, state, callback_at(flow, name).otherwise, ())
        case AtNumberChoice(name, number), Keyed(keyed) if keyed == AGREED:
            return turn(flow, state, AtPromise(name, number), say(flow, state, callback_at(flow, name).promised))
        case AtNumberChoice(name), Keyed(keyed) if keyed == ANOTHER_NUMBER:
            return _ask_number(flow, state, name)
        case (AtNumber(), NumberRefused() | Keyed()) | (AtNumberChoice(), Keyed()):
            return no_match(flow, state)
        case AtPromise(name), Played():
            return go(flow, state, callback_at(flow, name).then, ())
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def _choose(flow: Flow, state: State, at: AtNumberChoice, said: Said) -> Turn:
    callback = callback_at(flow, at.step)
    return turn(flow, state, at, (*said, *number_choice(flow, state, callback, at.spoken)))


def _ask_number(flow: Flow, state: State, name: str) -> Turn:
    return turn(flow, state, AtNumber(name), say(flow, state, callback_at(flow, name).ask))


def _seeking(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """Whoever calls while a callback is to come is told so, and may cancel it."""
    match state.position, event:
        case AtCallbackSearch(name), CallbackSought(found):
            gate = promised_at(flow, name)
            return go(flow, replace(state, sought=True), gate.promised if found else gate.otherwise, ())
        case AtCancellation(name), CallbackCancelled():
            cancellation = cancellation_at(flow, name)
            return go(flow, state, cancellation.then, say(flow, state, *cancellation.play))
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def called_back(flow: Flow, state: State, event: CalledBack) -> Turn:
    """Somebody has answered: a key shows that it is a person. Without such menus any more it is a call like any."""
    spoken = event.lang if event.lang in flow.languages else state.lang
    kept = replace(state, lang=spoken, sought=True, admitted=True, topic=event.topic, callback=event.callback)
    way = way_to_topic(flow, event.topic)
    if way is None or flow.callbacks is None:
        return go(flow, replace(kept, topic=None), flow.start, ())
    return turn(flow, kept, AtGreeting(way), say(flow, kept, flow.callbacks.greeting))


def _greeted(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """The one key leads to the recording notice and to the consultant who waits on the line."""
    match state.position, event:
        case AtGreeting(name), Keyed(keyed) if keyed == AGREED:
            return to_queue(flow, state, name, ())
        case AtGreeting(), Keyed():
            return no_match(flow, state)
        case AtGreeting(), NoInput():
            return no_input(flow, state)
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")
