"""The login: identifier, PIN, and what came of it."""

from __future__ import annotations

from ivr.definition import Authentication, Flow
from ivr.events import Event, Keyed, NoInput, PinDelayed, PinRefused, PinVerified, Played, SecretKeyed
from ivr.flow.tries import no_input, no_match
from ivr.flow.walking import go, known, leave_login, turn
from ivr.lookups import asking_pin_at, authentication_at, place, say
from ivr.questions import delayed
from ivr.state import AtDelay, AtIdentifier, AtPin, AtResult, AtVerification, State, replace
from ivr.telling import delay
from ivr.turns import Ignored, Turn

GIVE_UP = "*"


def authenticating(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """Whatever happens in a login."""
    match state.position, event:
        case AtIdentifier() | AtPin(), NoInput():
            return no_input(flow, state)
        case ((AtIdentifier(name) | AtPin(name)), Keyed(digits)) if GIVE_UP in digits:
            return leave_login(flow, state, name, authentication_at(flow, name).cancelled)
        case AtIdentifier() | AtPin(), Keyed():
            return no_match(flow, state)
        case AtIdentifier(name), SecretKeyed(length, claim):
            return _identifier_keyed(flow, state, name, length, claim)
        case AtPin(name, claim), SecretKeyed(length):
            if length != authentication_at(flow, name).pin_digits:
                return no_match(flow, state)
            return turn(flow, state, AtVerification(name, claim), ())
        case AtVerification(name), PinVerified(subject):
            return _authenticated(flow, state, name, subject)
        case AtVerification(name), PinRefused():
            return _refused(flow, state, name)
        case AtVerification(name), PinDelayed(seconds):
            return _delayed(flow, state, name, seconds)
        case AtDelay(name), Played():
            return go(flow, state, asking_pin_at(flow, name).otherwise, ())
        case AtResult(name, _, then), Played() if then == name and isinstance(flow.steps[name], Authentication):
            return turn(flow, state, AtIdentifier(name), say(flow, state, authentication_at(flow, name).identifier))
        case AtResult(_, _, then), Played():
            return go(flow, state, then, ())
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def _identifier_keyed(flow: Flow, state: State, name: str, length: int, claim: str | None) -> Turn:
    fewest, most = authentication_at(flow, name).identifier_digits
    if claim is None or not fewest <= length <= most:
        return no_match(flow, state)
    return turn(flow, state, AtPin(name, claim), say(flow, state, authentication_at(flow, name).pin))


def _authenticated(flow: Flow, state: State, name: str, subject: str) -> Turn:
    authenticated = replace(state, auth_level="full", subject=subject)
    return known(flow, authenticated, authentication_at(flow, name))


def _refused(flow: Flow, state: State, name: str) -> Turn:
    login = authentication_at(flow, name)
    tried = replace(state, pin_tries=state.pin_tries + 1)
    if tried.pin_tries >= login.tries:
        return leave_login(flow, tried, name, login.failure)
    return turn(flow, tried, AtResult(name, login.wrong, name), say(flow, state, login.wrong))


def _delayed(flow: Flow, state: State, name: str, seconds: int) -> Turn:
    """On without a level, as after the last try: to whoever waits for the next one a consultant is of more use."""
    login, minutes = authentication_at(flow, name), delay(seconds)
    tried = replace(state, pin_tries=state.pin_tries + 1)
    return turn(flow, tried, AtDelay(name, minutes), delayed(flow, state, login, minutes))
