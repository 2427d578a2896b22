"""Walking through the menu file: on to the next step that waits, and how each kind of them is entered."""

from __future__ import annotations

from ivr.definition import (
    Assistant,
    Authentication,
    Callback,
    Cancellation,
    End,
    Flow,
    Menu,
    Message,
    Offices,
    Opening,
    PinChange,
    Promised,
    Resume,
    Step,
    Survey,
    Transfer,
)
from ivr.flow.levels import BARRED, is_barred, way_on
from ivr.lookups import Said, authentication_at, can_be_called_back, pin_change_at, say, survey_at, way_to_topic
from ivr.questions import introduced, notice, returned_to
from ivr.state import (
    AtAssistantCheck,
    AtCallbackSearch,
    AtCancellation,
    AtIdentifier,
    AtKnown,
    AtMenu,
    AtNotice,
    AtOldPin,
    AtOpening,
    AtOwnNumber,
    AtPostalCode,
    AtResult,
    AtSurveyDraw,
    Ended,
    InQueue,
    Position,
    State,
    replace,
)
from ivr.turns import Turn
from ivr.waiting import wait_at
from ivr.waits import Hangup


def go(flow: Flow, state: State, target: str, said: Said) -> Turn:
    """Walk to the step `target` and on to the first step that waits; to the way on if the caller may not go there.

    Out of a conversation nobody walks away.
    """
    if state.talking is not None:
        # Whatever ends a login in the middle of a conversation leads back into it.
        return turn(flow, replace(state, talking=None), InQueue(state.talking), said)
    is_led_away = False
    while True:
        while is_barred(flow, state, flow.steps[target]):
            if is_led_away:
                return end(state, said, target, BARRED)
            is_led_away, target = True, way_on(flow)
        match flow.steps[target]:
            case Message(play=play, then=then):
                said, target = said + say(flow, state, *play), then
            case Opening(open=then) if state.admitted:
                target = then
            case Promised(otherwise=then) if state.sought:
                target = then
            case Callback(otherwise=then) if not can_be_called_back(flow, state.topic):
                target = then
            case Survey(then=then) if state.drawn:
                target = then
            case Assistant(declined=declined) if state.assistant is False or flow.speech is None:
                target = declined
            case Resume(otherwise=otherwise):
                target = way_to_topic(flow, state.topic) or otherwise
            case End(name, play, cause):
                return end(state, said + say(flow, state, *play), name, cause)
            case waiting:
                return stop_at(flow, state, waiting, said)


def stop_at(flow: Flow, state: State, at: Step, said: Said) -> Turn:
    """Enter a step that waits."""
    match at:
        case Menu():
            return enter_menu(flow, state, at, said)
        case Assistant(name):
            return turn(flow, state, AtAssistantCheck(name), said)
        case Opening(name):
            return turn(flow, state, AtOpening(name), said)
        case Authentication() if state.auth_level == "full":
            return known(flow, state, at, said)
        case Authentication(name, tries=tries, failure=prompt) if state.pin_tries >= tries:
            return leave_login(flow, state, name, prompt, said)
        case Authentication(name, identifier):
            return turn(flow, state, AtIdentifier(name), said + say(flow, state, identifier))
        case PinChange(name, old):
            return turn(flow, state, AtOldPin(name), said + say(flow, state, old))
        case Offices(name, postal_code):
            return turn(flow, state, AtPostalCode(name), said + say(flow, state, postal_code))
        case Callback(name):
            return turn(flow, state, AtOwnNumber(name), said)
        case Promised(name):
            return turn(flow, state, AtCallbackSearch(name), said)
        case Cancellation(name):
            return turn(flow, state, AtCancellation(name), said)
        case Survey(name):
            return turn(flow, state, AtSurveyDraw(name), said)
        case Transfer(name, topic):
            return to_queue(flow, replace(state, topic=topic), name, said)
        case _:
            raise AssertionError(f"{at.name} does not wait")


def enter_menu(flow: Flow, state: State, menu: Menu, said: Said = ()) -> Turn:
    """To a menu, which is long for whoever is new to it."""
    known = menu.name in state.heard
    entered = replace(
        state,
        position=AtMenu(menu.name),
        trail=_trail_to(state, menu.name),
        heard=state.heard if known else state.heard | {menu.name},
        no_inputs=0,
        no_matches=0,
        misses=0,
    )
    heard = (returned_to if known else introduced)(flow, state, menu)
    return Turn(entered, said + heard, wait_at(flow, entered))


def _trail_to(state: State, name: str) -> tuple[str, ...]:
    """The way back from the menu `name`: a menu met again shortens it, so it never grows without end."""
    if name in state.trail:
        return state.trail[: state.trail.index(name)]
    return state.trail


def turn(flow: Flow, state: State, position: Position, said: Said) -> Turn:
    """Stop at `position` with fresh counters."""
    stopped = replace(state, position=position, no_inputs=0, no_matches=0, misses=0)
    return Turn(stopped, said, wait_at(flow, stopped))


def end(state: State, said: Said, name: str, cause: str) -> Turn:
    """A stated ending."""
    return Turn(replace(state, position=Ended(name, cause), talking=None), said, Hangup(cause))


def known(flow: Flow, state: State, login: Authentication, said: Said = ()) -> Turn:
    """The login has succeeded, now or before; where a file says so it is asked next whom the call is about."""
    result = AtResult(login.name, login.success, login.then) if login.payers is None else AtKnown(login.name)
    return turn(flow, state, result, said + say(flow, state, login.success))


def leave_login(flow: Flow, state: State, name: str, prompt: str, said: Said = ()) -> Turn:
    """Out of the login, with a prompt that cannot be cut short: a PIN keyed late must not act on the next menu."""
    result = AtResult(name, prompt, authentication_at(flow, name).otherwise)
    return turn(flow, state, result, said + say(flow, state, prompt))


def pin_told(flow: Flow, state: State, name: str, prompt: str) -> Turn:
    """What has become of the PIN, and on; what is keyed late of one acts on no menu, as after a login."""
    change = pin_change_at(flow, name)
    result = AtResult(name, prompt, change.then if prompt == change.changed else change.otherwise)
    return turn(flow, state, result, say(flow, state, prompt))


def payer_told(flow: Flow, state: State, name: str, prompt: str) -> Turn:
    """Whom the call is about, and on; what is keyed late of a number acts on no menu, as after a login."""
    result = AtResult(name, prompt, authentication_at(flow, name).then)
    return turn(flow, state, result, say(flow, state, prompt))


def end_survey(flow: Flow, state: State, name: str) -> Turn:
    """On from a survey, with thanks."""
    survey = survey_at(flow, name)
    return go(flow, state, survey.then, say(flow, state, survey.thanks))


def to_queue(flow: Flow, state: State, name: str, said: Said) -> Turn:
    """The recording notice, unless the caller has already decided in this call; then the queue."""
    if state.consent is None:
        return turn(flow, state, AtNotice(name), said + notice(flow, state))
    return turn(flow, state, InQueue(name), said + say(flow, state, flow.queueing.connecting))


def back(flow: Flow, state: State) -> Turn:
    """To the menu before."""
    return go(flow, state, state.trail[-1] if state.trail else flow.start, ())
