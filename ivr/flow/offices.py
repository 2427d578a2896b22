"""The search for an office by postal code."""

from __future__ import annotations

from ivr import definition
from ivr.definition import Flow
from ivr.events import Event, Keyed, NoInput, OfficeFound, OfficeNotFound, Played
from ivr.flow.authentication import GIVE_UP
from ivr.flow.tries import no_input, no_match
from ivr.flow.walking import back, go, turn
from ivr.lookups import offices_at, place, say
from ivr.questions import address
from ivr.state import AfterAddress, AtAddress, AtOfficeSearch, AtPostalCode, AtResult, State
from ivr.turns import Ignored, Turn
from ivr.waiting import POSTAL_CODE_DIGITS


def at_offices(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """A postal code is keyed, an office looked up, and its address told."""
    match state.position:
        case AtAddress() | AfterAddress():
            return _telling_address(flow, state, event)
        case _:
            return _looking_for_office(flow, state, event)


def _looking_for_office(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    match state.position, event:
        case AtPostalCode(), NoInput():
            return no_input(flow, state)
        case AtPostalCode(name), Keyed(digits) if GIVE_UP in digits:
            return go(flow, state, offices_at(flow, name).then, ())
        case AtPostalCode(name), Keyed(digits):
            if len(digits) != POSTAL_CODE_DIGITS or not digits.isdecimal():
                return no_match(flow, state)
            return turn(flow, state, AtOfficeSearch(name, digits), ())
        case AtOfficeSearch(name, postal_code), OfficeFound() as office:
            search = offices_at(flow, name)
            said = (*say(flow, state, search.found), address(flow, search, office))
            return turn(flow, state, AtAddress(name, postal_code), said)
        case AtOfficeSearch(name), OfficeNotFound():
            search = offices_at(flow, name)
            result = AtResult(name, search.not_found, search.then)
            return turn(flow, state, result, say(flow, state, search.not_found))
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def _telling_address(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """The address cannot be cut short, so that no late key loses it; then a key repeats it, and silence goes on."""
    match state.position, event:
        case AtAddress(name, postal_code), Played() if offices_at(flow, name).options:
            return turn(flow, state, AfterAddress(name, postal_code), say(flow, state, name))
        case (AtAddress(name), Played()) | (AfterAddress(name), NoInput()):
            return go(flow, state, offices_at(flow, name).then, ())
        case AfterAddress(name, postal_code), Keyed(digits):
            return _keyed_after_address(flow, state, name, postal_code, digits)
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def _keyed_after_address(flow: Flow, state: State, name: str, postal_code: str, digits: str) -> Turn:
    match offices_at(flow, name).options.get(digits):
        case None:
            return no_match(flow, state)
        case definition.REPEAT:
            return turn(flow, state, AtOfficeSearch(name, postal_code), ())
        case definition.BACK:
            return back(flow, state)
        case target:
            return go(flow, state, target, ())
