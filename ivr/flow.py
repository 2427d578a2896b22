"""The call as a pure function: `step(flow, state, event) -> Turn | Ignored`.

This file owns every transition and does nothing else: no telephone, no clock, no database. `step` is total: an event
that means nothing where the call stands is `Ignored`, never an exception.

How to read it: `step` looks at where the call stands and what happened, and hands over to the function for that place.
Those end in `_go` (walk on to a step of the menu file and stop at the first one that waits), `_ask` (the same gather
again) or `_end`. `wait_at` is the other half: what each position waits for.

The menu file's steps that a caller passes without waiting (messages, an opening gate already passed) only add to what
is heard; loading proves that they never form a circle.
"""

from __future__ import annotations

from dataclasses import replace

from ivr import definition
from ivr.definition import (
    Authentication,
    End,
    Flow,
    Menu,
    Message,
    Offices,
    Opening,
    Step,
    Transfer,
)
from ivr.events import (
    Event,
    HoursChecked,
    HungUp,
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
    Started,
)
from ivr.prompts import Prompt
from ivr.state import (
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
from ivr.waits import CheckHours, FindOffice, Gather, Hangup, PlayOut, VerifyPin, Wait
from ivr.waits import Transfer as TransferWait

POSTAL_CODE_DIGITS = 5
GIVE_UP = "*"

Said = tuple[Prompt, ...]


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
        case _, Reentered():
            return _again(flow, state)
        case AtMenu(name), Keyed(digits):
            return _keyed_at_menu(flow, state, _menu(flow, name), digits)
        case AtIdentifier() | AtPin() | AtVerification() | AtResult(), _:
            return _authenticating(flow, state, event)
        case AtPostalCode() | AtOfficeSearch(), _:
            return _looking_for_office(flow, state, event)
        case AtNotice() | AtConsent(), _:
            return _consenting(flow, state, event)
        case AtMenu(), NoInput():
            return _no_input(flow, state)
        case AtOpening(name), HoursChecked(is_open):
            return _hours_checked(flow, state, name, is_open)
        case InQueue(), QueueLeft(outcome):
            return _back_from_queue(flow, state, outcome)
        case _:
            return Ignored(f"{type(event).__name__} at {place(state.position)}")


def place(position: Position) -> str:
    """The name of the menu file's step that the position belongs to."""
    return "start" if isinstance(position, New) else position.step


def wait_at(flow: Flow, state: State) -> Wait:
    """What the call waits for in `state`."""
    match state.position:
        case AtMenu(name):
            return Gather(name, 1, flow.gathering.timeout)
        case AtIdentifier(name):
            return Gather("identifier", _authentication(flow, name).identifier_digits[1], flow.gathering.timeout, True)
        case AtPin(name):
            return Gather("pin", _authentication(flow, name).pin_digits, flow.gathering.timeout, True)
        case AtVerification(_, claim):
            return VerifyPin(claim)
        case AtPostalCode(name):
            return Gather(name, POSTAL_CODE_DIGITS, flow.gathering.timeout)
        case AtOfficeSearch(name, postal_code):
            return FindOffice(name, postal_code)
        case AtOpening(name):
            return CheckHours(_opening(flow, name).hours)
        case AtResult() | AtNotice() | New():
            return PlayOut()
        case AtConsent():
            return Gather("consent", 1, flow.gathering.timeout)
        case InQueue(name):
            to = _transfer(flow, name)
            return TransferWait(to.topic, to.queue, state.auth_level, state.consent is True, state.lang)
        case Ended(_, cause):
            return Hangup(cause)


# Walking through the menu file


def _go(flow: Flow, state: State, target: str, said: Said) -> Turn:
    """Walk to the step `target` and on to the first step that waits."""
    while True:
        match flow.steps[target]:
            case Message(play=play, then=then):
                said, target = said + _say(flow, state, *play), then
            case Opening(open=then) if state.admitted:
                target = then
            case End(name, play, cause):
                return _end(state, said + _say(flow, state, *play), name, cause)
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
            return _turn(flow, state, AtResult(name, prompt, then), said + _say(flow, state, prompt))
        case Authentication(name, tries=tries, failure=prompt) if state.pin_tries >= tries:
            left = _leave_login(flow, state, name, prompt)
            return replace(left, prompts=said + left.prompts)
        case Authentication(name, identifier):
            return _turn(flow, state, AtIdentifier(name), said + _say(flow, state, identifier))
        case Offices(name, postal_code):
            return _turn(flow, state, AtPostalCode(name), said + _say(flow, state, postal_code))
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
    return Turn(entered, said + _say(flow, state, *(menu.again if known else menu.play)), wait_at(flow, entered))


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
            target = state.trail[-1] if state.trail else flow.start
            return _go(flow, state, target, ())
        case target:
            return _go(flow, replace(state, trail=_extended(state.trail, menu.name)), target, ())


def _extended(trail: tuple[str, ...], name: str) -> tuple[str, ...]:
    return trail if name in trail else (*trail, name)


def _no_input(flow: Flow, state: State) -> Turn:
    if state.no_inputs + 1 >= flow.gathering.tries:
        return _give_up(flow, state)
    return _ask(flow, replace(state, no_inputs=state.no_inputs + 1), _no_input_prompt(flow, state.position))


def _no_match(flow: Flow, state: State) -> Turn:
    if state.no_matches + 1 >= flow.gathering.tries:
        return _give_up(flow, state)
    return _ask(flow, replace(state, no_matches=state.no_matches + 1), _no_match_prompt(flow, state.position))


def _no_input_prompt(flow: Flow, position: Position) -> str:
    return _menu(flow, position.step).no_input if isinstance(position, AtMenu) else flow.gathering.no_input


def _no_match_prompt(flow: Flow, position: Position) -> str:
    return _menu(flow, position.step).no_match if isinstance(position, AtMenu) else flow.gathering.no_match


def _give_up(flow: Flow, state: State) -> Turn:
    """After the last try: on to a person or a stated ending, never a bare hang-up."""
    match state.position:
        case AtMenu(name):
            return _go(flow, state, _menu(flow, name).exhausted, ())
        case AtIdentifier(name) | AtPin(name):
            return _leave_login(flow, state, name, _authentication(flow, name).failure)
        case AtPostalCode(name):
            return _go(flow, state, _offices(flow, name).then, ())
        case AtConsent(name):
            return _not_recorded(flow, state, name)
        case _:
            raise AssertionError(f"no tries are counted at {place(state.position)}")


def _ask(flow: Flow, state: State, *before: str) -> Turn:
    """The same gather again, after the prompts `before`."""
    return Turn(state, _say(flow, state, *before) + _question(flow, state), wait_at(flow, state))


def _question(flow: Flow, state: State) -> Said:
    """What is heard at the position when it is asked again."""
    match state.position:
        case AtMenu(name):
            menu = _menu(flow, name)
            return _say(flow, state, *menu.again)
        case AtIdentifier(name):
            return _say(flow, state, _authentication(flow, name).identifier)
        case AtPin(name):
            return _say(flow, state, _authentication(flow, name).pin)
        case AtPostalCode(name):
            return _say(flow, state, _offices(flow, name).postal_code)
        case AtResult(_, prompt, _):
            return _say(flow, state, prompt)
        case AtNotice():
            return _notice(flow, state)
        case AtConsent():
            return _say(flow, state, flow.recording.question)
        case _:
            return ()


def _again(flow: Flow, state: State) -> Turn:
    """The place where the call stands, for a caller who was taken over by another process.

    A PIN that was being verified is lost with the process that held it, so it is asked for again.
    """
    match state.position:
        case AtVerification(name, claim):
            return _ask(flow, replace(state, position=AtPin(name, claim)))
        case _:
            return _ask(flow, state)


# Opening hours


def _hours_checked(flow: Flow, state: State, name: str, is_open: bool) -> Turn:
    gate = _opening(flow, name)
    if is_open:
        return _go(flow, replace(state, admitted=True), gate.open, ())
    return _go(flow, state, gate.closed, ())


# Authentication


def _authenticating(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    match state.position, event:
        case AtIdentifier() | AtPin(), NoInput():
            return _no_input(flow, state)
        case ((AtIdentifier(name) | AtPin(name)), Keyed(digits)) if GIVE_UP in digits:
            return _leave_login(flow, state, name, _authentication(flow, name).cancelled)
        case AtIdentifier() | AtPin(), Keyed():
            return _no_match(flow, state)
        case AtIdentifier(name), SecretKeyed(length, claim):
            return _identifier_keyed(flow, state, name, length, claim)
        case AtPin(name, claim), SecretKeyed(length):
            if length != _authentication(flow, name).pin_digits:
                return _no_match(flow, state)
            return _turn(flow, state, AtVerification(name, claim), ())
        case AtVerification(name), PinVerified(subject):
            return _authenticated(flow, state, name, subject)
        case AtVerification(name), PinRefused():
            return _refused(flow, state, name)
        case AtResult(name, _, then), Played() if then == name:
            return _turn(flow, state, AtIdentifier(name), _say(flow, state, _authentication(flow, name).identifier))
        case AtResult(_, _, then), Played():
            return _go(flow, state, then, ())
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def _identifier_keyed(flow: Flow, state: State, name: str, length: int, claim: str | None) -> Turn:
    fewest, most = _authentication(flow, name).identifier_digits
    if claim is None or not fewest <= length <= most:
        return _no_match(flow, state)
    return _turn(flow, state, AtPin(name, claim), _say(flow, state, _authentication(flow, name).pin))


def _leave_login(flow: Flow, state: State, name: str, prompt: str) -> Turn:
    """Out of the login, with a prompt that cannot be cut short: a PIN keyed late must not act on the next menu."""
    result = AtResult(name, prompt, _authentication(flow, name).otherwise)
    return _turn(flow, state, result, _say(flow, state, prompt))


def _authenticated(flow: Flow, state: State, name: str, subject: str) -> Turn:
    login = _authentication(flow, name)
    known = replace(state, auth_level="full", subject=subject)
    return _turn(flow, known, AtResult(name, login.success, login.then), _say(flow, state, login.success))


def _refused(flow: Flow, state: State, name: str) -> Turn:
    login = _authentication(flow, name)
    tried = replace(state, pin_tries=state.pin_tries + 1)
    if tried.pin_tries >= login.tries:
        return _leave_login(flow, tried, name, login.failure)
    return _turn(flow, tried, AtResult(name, login.wrong, name), _say(flow, state, login.wrong))


# Offices


def _looking_for_office(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    match state.position, event:
        case AtPostalCode(), NoInput():
            return _no_input(flow, state)
        case AtPostalCode(name), Keyed(digits) if GIVE_UP in digits:
            return _go(flow, state, _offices(flow, name).then, ())
        case AtPostalCode(name), Keyed(digits):
            if len(digits) != POSTAL_CODE_DIGITS or not digits.isdecimal():
                return _no_match(flow, state)
            return _turn(flow, state, AtOfficeSearch(name, digits), ())
        case AtOfficeSearch(name), OfficeFound() as office:
            search = _offices(flow, name)
            return _go(flow, state, search.then, (*_say(flow, state, search.found), _address(flow, search, office)))
        case AtOfficeSearch(name), OfficeNotFound():
            search = _offices(flow, name)
            return _go(flow, state, search.then, _say(flow, state, search.not_found))
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def _address(flow: Flow, search: Offices, office: OfficeFound) -> Prompt:
    """The office's address, in the language that the table is written in: only its own voice reads it well."""
    template = flow.prompts[search.address, flow.languages[0]]
    words = template.text.format(
        name=office.name, street=office.street, postal_code=office.postal_code, city=office.city
    )
    return replace(template, text=words)


# Consent and the queue


def _to_queue(flow: Flow, state: State, name: str, said: Said) -> Turn:
    """The recording notice, unless the caller has already decided in this call; then the queue."""
    if state.consent is None:
        return _turn(flow, state, AtNotice(name), said + _notice(flow, state))
    return _turn(flow, state, InQueue(name), said + _say(flow, state, flow.queueing.connecting))


def _notice(flow: Flow, state: State) -> Said:
    """The recording notice; where a key is asked for, staying on the line means nothing and is not spoken of."""
    if flow.recording.ask:
        return _say(flow, state, flow.recording.notice)
    return _say(flow, state, flow.recording.notice, flow.recording.staying)


def _consenting(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    match state.position, event:
        case AtNotice(name), Played() if flow.recording.ask:
            return _turn(flow, state, AtConsent(name), _say(flow, state, flow.recording.question))
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
    return _to_queue(flow, replace(state, consent=False), name, _say(flow, state, flow.recording.refused))


def _back_from_queue(flow: Flow, state: State, outcome: str) -> Turn:
    if outcome == "answered":
        return _go(flow, state, flow.queueing.answered, ())
    return _go(flow, state, flow.queueing.unanswered, ())


# Looking things up; loading has proven that each name is of the right kind


def _say(flow: Flow, state: State, *names: str) -> Said:
    return tuple([flow.prompts[name, state.lang] for name in names])


def _menu(flow: Flow, name: str) -> Menu:
    found = flow.steps[name]
    assert isinstance(found, Menu)
    return found


def _opening(flow: Flow, name: str) -> Opening:
    found = flow.steps[name]
    assert isinstance(found, Opening)
    return found


def _authentication(flow: Flow, name: str) -> Authentication:
    found = flow.steps[name]
    assert isinstance(found, Authentication)
    return found


def _offices(flow: Flow, name: str) -> Offices:
    found = flow.steps[name]
    assert isinstance(found, Offices)
    return found


def _transfer(flow: Flow, name: str) -> Transfer:
    found = flow.steps[name]
    assert isinstance(found, Transfer)
    return found
