"""At a menu, and at a gate that is open in opening hours."""

from __future__ import annotations

from ivr import definition
from ivr.definition import Flow, Menu
from ivr.events import Event, HoursChecked, Keyed, NoInput
from ivr.flow.tries import no_input, no_match
from ivr.flow.walking import back, go
from ivr.lookups import menu_at, opening_at, place
from ivr.state import AtMenu, AtOpening, State, replace
from ivr.turns import Ignored, Turn


def choosing(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """Whatever happens at a menu or a gate."""
    match state.position, event:
        case AtMenu(name), Keyed(digits):
            return keyed_at_menu(flow, state, menu_at(flow, name), digits)
        case AtMenu(), NoInput():
            return no_input(flow, state)
        case AtOpening(name), HoursChecked(is_open):
            return _hours_checked(flow, state, name, is_open)
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def keyed_at_menu(flow: Flow, state: State, menu: Menu, digits: str) -> Turn:
    """What a key does at a menu."""
    option = menu.options.get(digits)
    if option is None:
        return no_match(flow, state)
    if option.language is not None:
        # Whoever changes the language has understood nothing so far: every menu is long again.
        state = replace(state, lang=option.language, heard=frozenset())
    match option.to:
        case definition.REPEAT:
            return go(flow, replace(state, heard=state.heard - {menu.name}), menu.name, ())
        case definition.BACK:
            return back(flow, state)
        case target:
            return go(flow, replace(state, trail=_extended(state.trail, menu.name)), target, ())


def _extended(trail: tuple[str, ...], name: str) -> tuple[str, ...]:
    return trail if name in trail else (*trail, name)


def _hours_checked(flow: Flow, state: State, name: str, is_open: bool) -> Turn:
    """The gate opens, or leads elsewhere."""
    gate = opening_at(flow, name)
    if is_open:
        return go(flow, replace(state, admitted=True), gate.open, ())
    return go(flow, state, gate.closed, ())
