"""Whom the call is about: the caller, or a payer that the caller may speak for.

It is asked after each login that succeeds, a repeated one included: so callers change their mind.
"""

from __future__ import annotations

from ivr.definition import CONSULTANT_KEY, OWN_KEY, PAYER_KEYS, REPEAT_KEY, Flow
from ivr.events import Event, Keyed, ManyPayers, NoInput, PayerKeyed, PayerRefused, PayersFound, Played, SecretKeyed
from ivr.flow.authentication import GIVE_UP
from ivr.flow.tries import no_input, no_match
from ivr.flow.walking import go, payer_told, turn
from ivr.lookups import authentication_at, payers_at, place, say
from ivr.questions import payer_choice
from ivr.state import AtKnown, AtPayerChoice, AtPayerNumber, AtPayerSearch, State, replace
from ivr.turns import Ignored, Turn


def asking_whom(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """Whatever happens between a login that has succeeded and what follows it."""
    match state.position:
        case AtPayerChoice() | AtPayerNumber():
            return _answering(flow, state, event)
        case _:
            return _looking_up(flow, state, event)


def _looking_up(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """Whoever may speak for nobody is asked nothing."""
    match state.position, event:
        case AtKnown(name), Played():
            return turn(flow, replace(state, payer=None), AtPayerSearch(name), ())
        case AtPayerSearch(name), PayersFound(()):
            return go(flow, state, authentication_at(flow, name).then, ())
        case AtPayerSearch(name), PayersFound(payers):
            offered = payers[: len(PAYER_KEYS)]
            said = payer_choice(flow, state, payers_at(flow, name), offered)
            return turn(flow, state, AtPayerChoice(name, offered), said)
        case AtPayerSearch(name), ManyPayers():
            return turn(flow, state, AtPayerNumber(name), say(flow, state, payers_at(flow, name).number))
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def _answering(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    match state.position, event:
        case AtPayerChoice() | AtPayerNumber(), NoInput():
            return no_input(flow, state)
        case AtPayerChoice(name, payers), Keyed(digits):
            return _keyed(flow, state, name, payers, digits)
        case AtPayerNumber(name), PayerKeyed(payer):
            return payer_told(flow, replace(state, payer=payer), name, payers_at(flow, name).chosen)
        case AtPayerNumber(name), Keyed(digits) if GIVE_UP in digits:
            return payer_told(flow, state, name, payers_at(flow, name).unchosen)
        case AtPayerNumber(), PayerRefused() | SecretKeyed() | Keyed():
            return no_match(flow, state)
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def _keyed(flow: Flow, state: State, name: str, payers: tuple[str, ...], key: str) -> Turn:
    by_key = dict(zip(PAYER_KEYS, payers, strict=False))
    if key in by_key:
        return go(flow, replace(state, payer=by_key[key]), authentication_at(flow, name).then, ())
    if key == OWN_KEY:
        return go(flow, state, authentication_at(flow, name).then, ())
    if key == CONSULTANT_KEY:
        return go(flow, state, payers_at(flow, name).consultant, ())
    if key == REPEAT_KEY:
        # Looked up again: a mandate may have ended meanwhile.
        return turn(flow, state, AtPayerSearch(name), ())
    return no_match(flow, state)
