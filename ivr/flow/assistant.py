"""The virtual assistant, up to its question: whether anybody listens, what is told of recording, and consent to it.

Its question is a menu, whose options can be said (`ivr.flow.spoken`). Nobody comes to it who has not agreed in so many
words, or by the key that says so; whoever says or keys anything else goes on without, and has decided nothing.
"""

from __future__ import annotations

from ivr.definition import CONSULTANT_KEY, Assistant, Flow
from ivr.events import Event, Heard, Keyed, NoInput, Played, SpeechChecked
from ivr.flow.menus import keyed_at_menu
from ivr.flow.spoken import is_sure
from ivr.flow.tries import ask
from ivr.flow.walking import enter_menu, go, turn
from ivr.lookups import assistant_at, place, say
from ivr.sayings import MOST_MISSES, NO_KEY, YES_KEY
from ivr.state import AtAssistantCheck, AtAssistantConsent, AtAssistantNotice, AtMenu, State, replace
from ivr.turns import Ignored, Turn


def assisting(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """Whatever happens before the assistant's question."""
    match state.position, event:
        case AtAssistantCheck(name), SpeechChecked(heard):
            return _begun(flow, state, assistant_at(flow, name), heard)
        case AtAssistantNotice(name), Played():
            return turn(flow, state, AtAssistantConsent(name), say(flow, state, assistant_at(flow, name).consent))
        case AtAssistantConsent(name), Keyed() | Heard() | NoInput():
            return _consenting(flow, state, assistant_at(flow, name), event)
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def _begun(flow: Flow, state: State, assistant: Assistant, heard: bool) -> Turn:
    """On to the question for whoever has agreed before."""
    if not heard or state.assistant is False:
        return go(flow, state, assistant.declined, ())
    if state.assistant:
        return enter_menu(flow, state, assistant.question)
    return turn(flow, state, AtAssistantNotice(assistant.name), say(flow, state, assistant.notice))


def _consenting(flow: Flow, state: State, assistant: Assistant, event: Event) -> Turn:
    """Only a clear yes is consent."""
    match event:
        case Keyed(answer) | Heard((answer,)) if answer == YES_KEY and is_sure(flow, event):
            return enter_menu(flow, replace(state, assistant=True), assistant.question)
        case Keyed(answer) | Heard((answer,)) if answer == NO_KEY and is_sure(flow, event):
            return go(flow, replace(state, assistant=False), assistant.declined, ())
        case Keyed(answer) | Heard((answer,)) if answer == CONSULTANT_KEY and is_sure(flow, event):
            return keyed_at_menu(flow, replace(state, position=AtMenu(assistant.name)), assistant.question, answer)
        case Heard() if flow.speech is not None and state.misses + 1 < MOST_MISSES:
            return ask(flow, replace(state, misses=state.misses + 1), flow.speech.unheard)
        case _:
            return go(flow, state, assistant.declined, ())
