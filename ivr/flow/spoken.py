"""What is said at a menu instead of a key: acted on, asked back, or not understood.

Nothing is guessed. What was not understood counts by itself and is no wrong key: noise leads nobody away from a menu.
After the second time keys alone count, until another place is reached; from the virtual assistant it is on to such a
place.
"""

from __future__ import annotations

from ivr.definition import CONSULTANT_KEY, Flow
from ivr.events import Event, Heard, Keyed, NoInput
from ivr.flow.menus import choosing, keyed_at_menu
from ivr.flow.tries import ask
from ivr.flow.walking import go
from ivr.lookups import assistant_at, is_assisted, menu_at, place, say, spoken_at
from ivr.sayings import MOST_MISSES, NO_KEY, YES_KEY, Speech
from ivr.state import AtConfirmation, AtMenu, State, replace
from ivr.turns import Ignored, Turn


def choosing_aloud(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """Whatever happens at a menu or a gate, by key or by words."""
    match state.position, event:
        case AtMenu(), Heard() as said:
            return _heard(flow, state, said)
        case AtConfirmation(), _:
            return _confirming(flow, state, event)
        case _:
            return choosing(flow, state, event)


def _heard(flow: Flow, state: State, said: Heard) -> Turn | Ignored:
    """Words at a menu."""
    speech, menu = flow.speech, menu_at(flow, place(state.position))
    if speech is None or not spoken_at(flow, state, menu.name):
        return Ignored("nothing can be said here")
    choice = said.choices[0] if len(said.choices) == 1 else ""
    option = menu.options.get(choice)
    if option is not None and option.meant is not None:
        if said.confidence >= speech.sure:
            return keyed_at_menu(flow, state, menu, choice)
        if said.confidence >= speech.unsure:
            return ask(flow, replace(state, position=AtConfirmation(menu.name, choice)))
    return _missed(flow, state, speech, menu.name)


def _confirming(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """Whatever happens where it is asked whether an option was meant; every other key does what it does at the menu."""
    position, speech = state.position, flow.speech
    assert isinstance(position, AtConfirmation)
    name = position.step
    back = replace(state, position=AtMenu(name))
    match event:
        case Keyed(digits) if digits not in (YES_KEY, NO_KEY):
            return keyed_at_menu(flow, back, menu_at(flow, name), digits)
        case Keyed(digits) | Heard((digits,)) if digits == YES_KEY and is_sure(flow, event):
            return keyed_at_menu(flow, back, menu_at(flow, name), position.key)
        case Heard((digits,)) if digits == CONSULTANT_KEY and is_assisted(flow, name) and is_sure(flow, event):
            return keyed_at_menu(flow, back, menu_at(flow, name), digits)
        case Keyed() | Heard() | NoInput() if speech is not None:
            return _missed(flow, back, speech, name)
        case _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def is_sure(flow: Flow, event: Event) -> bool:
    """Whether it is certain what somebody means: a key is, words are once they were heard well."""
    return not isinstance(event, Heard) or (flow.speech is not None and event.confidence >= flow.speech.sure)


def _missed(flow: Flow, state: State, speech: Speech, name: str) -> Turn:
    """The menu again: once more by voice, then by key alone."""
    missed = replace(state, position=AtMenu(name), misses=state.misses + 1)
    if missed.misses >= MOST_MISSES and is_assisted(flow, name):
        return go(flow, missed, assistant_at(flow, name).by_key, say(flow, state, speech.by_key))
    return ask(flow, missed, speech.by_key if missed.misses >= MOST_MISSES else speech.unheard)
