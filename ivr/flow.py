"""The call as a pure function: `step(flow, state, event) -> Turn | Ignored`.

This file owns every transition and does nothing else: no telephone, no clock, no database. `step` is total: an event
that means nothing where the call stands is `Ignored`, never an exception.

How to read it: `step` hands over to the function for the place. Those end in `_go` (on to a step that waits), `_ask`
(the same gather again) or `_end`. What each position waits for stands in `waiting`, what is asked again in `questions`.

The menu file's steps that a caller passes without waiting (messages, an opening gate already passed) only add to what
is heard; loading proves that they never form a circle.
"""

from __future__ import annotations

from dataclasses import replace

from ivr import definition
from ivr.definition import Authentication, End, Flow, Menu, Message, Offices, Opening, Resume, Step, Transfer
from ivr.events import (
    Event,
    HoursChecked,
    HungUp,
    Joined,
    Keyed,
    NoInput,
    OfficeFound,
    OfficeNotFound,
    PinRefused,
    PinVerified,
    Played,
    QueueLeft,
    Reentered,
    SecretKeyed,
    SentOn,
    Started,
)
from ivr.lookups import Said, authentication_at, menu_at, offices_at, opening_at, place, say, way_to_topic
from ivr.questions import address, introduced, no_input_prompt, no_match_prompt, notice, question, returned_to
from ivr.state import (
    AfterAddress,
    AtAddress,
    AtConsent,
    AtIdentifier,
    AtMenu,
    AtNotice,
    AtOfficeSearch,
    AtOpening,
    AtPin,
    AtPostalCode,
    AtResult,
    AtVerification,
    Ended,
    InQueue,
    New,
    Position,
    State,
)
from ivr.turns import Ignored, Turn
from ivr.waiting import POSTAL_CODE_DIGITS, wait_at
from ivr.waits import Hangup

GIVE_UP = "*"


def start(flow: Flow) -> State:
    """The state of a call that has not been answered yet."""
    return State(lang=flow.languages[0])


def step(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """What the call does when `event` happens in `state`."""
    match state.position, event:
        case Ended(), _:
            return Ignored("the call has ended")
        case position, HungUp(cause):
            return _end(state, (), place(position), cause)
        case New(), Started(lang):
            spoken = lang if lang in flow.languages else state.lang
            return _go(flow, replace(state, lang=spoken), flow.start, ())
        case New(), _:
            return Ignored("the call has not started")
        case (_, Reentered()) | (InQueue(), Joined()):
            return _again(flow, state)
        case AtMenu(name), Keyed(digits):
            return _keyed_at_menu(flow, state, menu_at(flow, name), digits)
        case AtMenu(), NoInput():
            return _no_input(flow, state)
        case AtOpening(name), HoursChecked(is_open):
            return _hours_checked(flow, state, name, is_open)
        case AtNotice() | AtConsent(), _:
            return _consenting(flow, state, event)
        case InQueue(), QueueLeft() | SentOn():
            return _back_from_queue(flow, state, event)
        case AtIdentifier() | AtPin() | AtVerification() | AtResult(), _:
            return _authenticating(flow, state, event)
        case AtPostalCode() | AtOfficeSearch(), _:
            return _looking_for_office(flow, state, event)
        case AtAddress() | AfterAddress(), _:
            return _telling_address(flow, state, event)
        case _:
            return Ignored(f"{type(event).__name__} at {place(state.position)}")


# Walking through the menu file


def _go(flow: Flow, state: State, target: str, said: Said) -> Turn:
    """Walk to the step `target` and on to the first step that waits."""
    while True:
        match flow.steps[target]:
            case Message(play=play, then=then):
                said, target = said + say(flow, state, *play), then
            case Opening(open=then) if state.admitted:
                target = then
            case Resume(otherwise=otherwise):
                target = way_to_topic(flow, state.topic) or otherwise
            case End(name, play, cause):
                return _end(state, said + say(flow, state, *play), name, cause)
            case waiting:
                return _stop_at(flow, state, waiting, said)


def _stop_at(flow: Flow, state: State, at: Step, said: Said) -> Turn:
    """Enter a step that waits."""
    match at:
        case Menu():
            return _enter_menu(flow, state, at, said)
        case Opening(name):
            return _turn(flow, state, AtOpening(name), said)
        case Authentication(name, success=prompt, then=then) if state.auth_level == "full":
            return _turn(flow, state, AtResult(name, prompt, then), said + say(flow, state, prompt))
        case Authentication(name, tries=tries, failure=prompt) if state.pin_tries >= tries:
            left = _leave_login(flow, state, name, prompt)
            return replace(left, prompts=said + left.prompts)
        case Authentication(name, identifier):
            return _turn(flow, state, AtIdentifier(name), said + say(flow, state, identifier))
        case Offices(name, postal_code):
            return _turn(flow, state, AtPostalCode(name), said + say(flow, state, postal_code))
        case Transfer(name, topic):
            return _to_queue(flow, replace(state, topic=topic), name, said)
        case _:
            raise AssertionError(f"{at.name} does not wait")


def _enter_menu(flow: Flow, state: State, menu: Menu, said: Said) -> Turn:
    known = menu.name in state.heard
    entered = replace(
        state,
        position=AtMenu(menu.name),
        trail=_trail_to(state, menu.name),
        heard=state.heard if known else state.heard | {menu.name},
        no_inputs=0,
        no_matches=0,
    )
    heard = (returned_to if known else introduced)(flow, state, menu)
    return Turn(entered, said + heard, wait_at(flow, entered))


def _trail_to(state: State, name: str) -> tuple[str, ...]:
    """The way back from the menu `name`: a menu met again shortens it, so it never grows without end."""
    if name in state.trail:
        return state.trail[: state.trail.index(name)]
    return state.trail


def _turn(flow: Flow, state: State, position: Position, said: Said) -> Turn:
    """Stop at `position` with fresh counters."""
    stopped = replace(state, position=position, no_inputs=0, no_matches=0)
    return Turn(stopped, said, wait_at(flow, stopped))


def _end(state: State, said: Said, name: str, cause: str) -> Turn:
    return Turn(replace(state, position=Ended(name, cause)), said, Hangup(cause))


# Menus


def _keyed_at_menu(flow: Flow, state: State, menu: Menu, digits: str) -> Turn:
    option = menu.options.get(digits)
    if option is None:
        return _no_match(flow, state)
    if option.language is not None:
        # Whoever changes the language has understood nothing so far: every menu is long again.
        state = replace(state, lang=option.language, heard=frozenset())
    match option.to:
        case definition.REPEAT:
            return _go(flow, replace(state, heard=state.heard - {menu.name}), menu.name, ())
        case definition.BACK:
            return _back(flow, state)
        case target:
            return _go(flow, replace(state, trail=_extended(state.trail, menu.name)), target, ())


def _back(flow: Flow, state: State) -> Turn:
    return _go(flow, state, state.trail[-1] if state.trail else flow.start, ())


def _extended(trail: tuple[str, ...], name: str) -> tuple[str, ...]:
    return trail if name in trail else (*trail, name)


def _no_input(flow: Flow, state: State) -> Turn:
    if state.no_inputs + 1 >= flow.gathering.tries:
        return _give_up(flow, state)
    return _ask(flow, replace(state, no_inputs=state.no_inputs + 1), no_input_prompt(flow, state.position))


def _no_match(flow: Flow, state: State) -> Turn:
    if state.no_matches + 1 >= flow.gathering.tries:
        return _give_up(flow, state)
    return _ask(flow, replace(state, no_matches=state.no_matches + 1), no_match_prompt(flow, state.position))


def _give_up(flow: Flow, state: State) -> Turn:
    """After the last try: on to a person or a stated ending, never a bare hang-up."""
    match state.position:
        case AtMenu(name):
            return _go(flow, state, menu_at(flow, name).exhausted, ())
        case AtIdentifier(name) | AtPin(name):
            return _leave_login(flow, state, name, authentication_at(flow, name).failure)
        case AtPostalCode(name) | AfterAddress(name):
            return _go(flow, state, offices_at(flow, name).then, ())
        case AtConsent(name):
            return _not_recorded(flow, state, name)
        case _:
            raise AssertionError(f"no tries are counted at {place(state.position)}")


def _ask(flow: Flow, state: State, *before: str) -> Turn:
    """The same gather again, after the prompts `before`."""
    return Turn(state, say(flow, state, *before) + question(flow, state), wait_at(flow, state))


def _again(flow: Flow, state: State) -> Turn:
    """The place where the call stands, for a caller who was taken over by another process.

    A PIN that was being verified is lost with the process that held it, so it is asked for again; an address is
    looked up again.
    """
    match state.position:
        case AtVerification(name, claim):
            return _ask(flow, replace(state, position=AtPin(name, claim)))
        case AtAddress(name, postal_code):
            return _ask(flow, replace(state, position=AtOfficeSearch(name, postal_code)))
        case _:
            return _ask(flow, state)


# Opening hours


def _hours_checked(flow: Flow, state: State, name: str, is_open: bool) -> Turn:
    gate = opening_at(flow, name)
    if is_open:
        return _go(flow, replace(state, admitted=True), gate.open, ())
    return _go(flow, state, gate.closed, ())


# Authentication


def _authenticating(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    match state.position, event:
        case AtIdentifier() | AtPin(), NoInput():
            return _no_input(flow, state)
        case ((AtIdentifier(name) | AtPin(name)), Keyed(digits)) if GIVE_UP in digits:
            return _leave_login(flow, state, name, authentication_at(flow, name).cancelled)
        case AtIdentifier() | AtPin(), Keyed():
            return _no_match(flow, state)
        case AtIdentifier(name), SecretKeyed(length, claim):
            return _identifier_keyed(flow, state, name, length, claim)
        case AtPin(name, claim), SecretKeyed(length):
            if length != authentication_at(flow, name).pin_digits:
                return _no_match(flow, state)
            return _turn(flow, state, AtVerification(name, claim), ())
        case AtVerification(name), PinVerified(subject):
            return _authenticated(flow, state, name, subject)
        case AtVerification(name), PinRefused():
            return _refused(flow, state, name)
        case AtResult(name, _, then), Played() if then == name:
            return _turn(flow, state, AtIdentifier(name), say(flow, state, authentication_at(flow, name).identifier))
        case AtResult(_, _, then), Played():
            return _go(flow, state, then, ())
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def _identifier_keyed(flow: Flow, state: State, name: str, length: int, claim: str | None) -> Turn:
    fewest, most = authentication_at(flow, name).identifier_digits
    if claim is None or not fewest <= length <= most:
        return _no_match(flow, state)
    return _turn(flow, state, AtPin(name, claim), say(flow, state, authentication_at(flow, name).pin))


def _leave_login(flow: Flow, state: State, name: str, prompt: str) -> Turn:
    """Out of the login, with a prompt that cannot be cut short: a PIN keyed late must not act on the next menu."""
    result = AtResult(name, prompt, authentication_at(flow, name).otherwise)
    return _turn(flow, state, result, say(flow, state, prompt))


def _authenticated(flow: Flow, state: State, name: str, subject: str) -> Turn:
    login = authentication_at(flow, name)
    known = replace(state, auth_level="full", subject=subject)
    return _turn(flow, known, AtResult(name, login.success, login.then), say(flow, state, login.success))


def _refused(flow: Flow, state: State, name: str) -> Turn:
    login = authentication_at(flow, name)
    tried = replace(state, pin_tries=state.pin_tries + 1)
    if tried.pin_tries >= login.tries:
        return _leave_login(flow, tried, name, login.failure)
    return _turn(flow, tried, AtResult(name, login.wrong, name), say(flow, state, login.wrong))


# Offices


def _looking_for_office(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    match state.position, event:
        case AtPostalCode(), NoInput():
            return _no_input(flow, state)
        case AtPostalCode(name), Keyed(digits) if GIVE_UP in digits:
            return _go(flow, state, offices_at(flow, name).then, ())
        case AtPostalCode(name), Keyed(digits):
            if len(digits) != POSTAL_CODE_DIGITS or not digits.isdecimal():
                return _no_match(flow, state)
            return _turn(flow, state, AtOfficeSearch(name, digits), ())
        case AtOfficeSearch(name, postal_code), OfficeFound() as office:
            search = offices_at(flow, name)
            said = (*say(flow, state, search.found), address(flow, search, office))
            return _turn(flow, state, AtAddress(name, postal_code), said)
        case AtOfficeSearch(name), OfficeNotFound():
            search = offices_at(flow, name)
            result = AtResult(name, search.not_found, search.then)
            return _turn(flow, state, result, say(flow, state, search.not_found))
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def _telling_address(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """The address cannot be cut short, so that no late key loses it; then a key repeats it, and silence goes on."""
    match state.position, event:
        case AtAddress(name, postal_code), Played() if offices_at(flow, name).options:
            return _turn(flow, state, AfterAddress(name, postal_code), say(flow, state, name))
        case (AtAddress(name), Played()) | (AfterAddress(name), NoInput()):
            return _go(flow, state, offices_at(flow, name).then, ())
        case AfterAddress(name, postal_code), Keyed(digits):
            return _keyed_after_address(flow, state, name, postal_code, digits)
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def _keyed_after_address(flow: Flow, state: State, name: str, postal_code: str, digits: str) -> Turn:
    match offices_at(flow, name).options.get(digits):
        case None:
            return _no_match(flow, state)
        case definition.REPEAT:
            return _turn(flow, state, AtOfficeSearch(name, postal_code), ())
        case definition.BACK:
            return _back(flow, state)
        case target:
            return _go(flow, state, target, ())


# Consent and the queue


def _to_queue(flow: Flow, state: State, name: str, said: Said) -> Turn:
    """The recording notice, unless the caller has already decided in this call; then the queue."""
    if state.consent is None:
        return _turn(flow, state, AtNotice(name), said + notice(flow, state))
    return _turn(flow, state, InQueue(name), said + say(flow, state, flow.queueing.connecting))


def _consenting(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    match state.position, event:
        case AtNotice(name), Played() if flow.recording.ask:
            return _turn(flow, state, AtConsent(name), say(flow, state, flow.recording.question))
        case (AtNotice(name), Played()) | (AtConsent(name), Keyed("1")):
            return _to_queue(flow, replace(state, consent=True), name, ())
        case AtConsent(name), Keyed("2"):
            return _not_recorded(flow, state, name)
        case AtConsent(), Keyed():
            return _no_match(flow, state)
        case AtConsent(), NoInput():
            return _no_input(flow, state)
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def _not_recorded(flow: Flow, state: State, name: str) -> Turn:
    """Refusing, and not answering, lead to the same queue unrecorded: only a free decision is consent."""
    return _to_queue(flow, replace(state, consent=False), name, say(flow, state, flow.recording.refused))


def _back_from_queue(flow: Flow, state: State, event: QueueLeft | SentOn) -> Turn:
    if isinstance(event, SentOn):
        return _go(flow, state, way_to_topic(flow, event.topic) or flow.queueing.answered, ())
    return _go(flow, state, flow.queueing.after(event.outcome), ())
