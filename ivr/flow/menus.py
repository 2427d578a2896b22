"""At a menu, and at a gate that is open in opening hours."""

from __future__ import annotations

from dataclasses import replace

from ivr import definition
from ivr.definition import Flow, Menu
from ivr.flow.tries import no_match
from ivr.flow.walking import back, go
from ivr.lookups import opening_at
from ivr.state import State
from ivr.turns import Turn


def keyed_at_menu(flow: Flow, state: State, menu: Menu, digits: str) -> Turn:
    """A key at a menu."""
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


def hours_checked(flow: Flow, state: State, name: str, is_open: bool) -> Turn:
    """The gate opens, or leads elsewhere."""
    gate = opening_at(flow, name)
    if is_open:
        return go(flow, replace(state, admitted=True), gate.open, ())
    return go(flow, state, gate.closed, ())
