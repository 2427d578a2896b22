"""A flow's steps and prompts by their names. Loading has proven that each name is of the right kind."""

from __future__ import annotations

from typing import TypeVar

from ivr.definition import (
    NONE,
    Assistant,
    Authentication,
    Callback,
    Cancellation,
    Flow,
    Menu,
    Offices,
    Opening,
    Payers,
    PinChange,
    Promised,
    Question,
    Survey,
    Transfer,
)
from ivr.prompts import Prompt, digit_name
from ivr.sayings import MOST_MISSES
from ivr.state import New, Position, State

Said = tuple[Prompt, ...]
Kind = TypeVar(
    "Kind",
    Menu,
    Opening,
    Authentication,
    PinChange,
    Offices,
    Transfer,
    Callback,
    Promised,
    Cancellation,
    Survey,
    Assistant,
)


def say(flow: Flow, state: State, *names: str) -> Said:
    """The prompts of these names, in the language that the call speaks."""
    return tuple([flow.prompts[name, state.lang] for name in names])


def digits(flow: Flow, state: State, number: str) -> Said:
    """The digits of a number, one by one."""
    return say(flow, state, *(digit_name(digit) for digit in number))


def place(position: Position) -> str:
    """The name of the menu file's step that the position belongs to."""
    return "start" if isinstance(position, New) else position.step


def menu_at(flow: Flow, name: str) -> Menu:
    """The menu of that name, or the question of the virtual assistant of that name."""
    found = flow.steps[name]
    return found.question if isinstance(found, Assistant) else _step(flow, name, Menu)


def assistant_at(flow: Flow, name: str) -> Assistant:
    """The virtual assistant of that name."""
    return _step(flow, name, Assistant)


def opening_at(flow: Flow, name: str) -> Opening:
    """The gate of that name."""
    return _step(flow, name, Opening)


def authentication_at(flow: Flow, name: str) -> Authentication:
    """The login of that name."""
    return _step(flow, name, Authentication)


def login_in_conversation(flow: Flow) -> Authentication | None:
    """The login that a consultant can lead a caller to: the first one in the file."""
    return next((step for step in flow.steps.values() if isinstance(step, Authentication)), None)


def pin_change_at(flow: Flow, name: str) -> PinChange:
    """The change of the PIN of that name."""
    return _step(flow, name, PinChange)


def asking_pin_at(flow: Flow, name: str) -> Authentication | PinChange:
    """The login or change of the PIN of that name."""
    return pin_change_at(flow, name) if isinstance(flow.steps[name], PinChange) else authentication_at(flow, name)


def payers_at(flow: Flow, name: str) -> Payers:
    """How the login of that name asks whom the call is about."""
    found = authentication_at(flow, name).payers
    assert found is not None
    return found


def offices_at(flow: Flow, name: str) -> Offices:
    """The search for an office of that name."""
    return _step(flow, name, Offices)


def callback_at(flow: Flow, name: str) -> Callback:
    """The way to a callback of that name."""
    return _step(flow, name, Callback)


def promised_at(flow: Flow, name: str) -> Promised:
    """The gate for those who are to be called back, of that name."""
    return _step(flow, name, Promised)


def cancellation_at(flow: Flow, name: str) -> Cancellation:
    """The end of callbacks of that name."""
    return _step(flow, name, Cancellation)


def is_assisted(flow: Flow, step: str) -> bool:
    """Whether a step is a virtual assistant."""
    return isinstance(flow.steps[step], Assistant)


def menu_names(flow: Flow) -> frozenset[str]:
    """The names of everything that a caller comes back to as to a menu."""
    return frozenset(name for name, step in flow.steps.items() if isinstance(step, Menu | Assistant))


def spoken_at(flow: Flow, state: State, menu: str) -> str:
    """The language in which phrases may be said at a menu; empty where keys alone count."""
    if flow.speech is None or state.misses >= MOST_MISSES or (menu, state.lang) not in flow.speech.grammars:
        return ""
    return state.lang


def way_to_topic(flow: Flow, topic: str | None) -> str | None:
    """The name of the step that leads to the consultants of a topic, or None."""
    return next((name for name, step in flow.steps.items() if isinstance(step, Transfer) and step.topic == topic), None)


def can_be_called_back(flow: Flow, topic: str | None) -> bool:
    """Whether somebody has been chosen who could call: of a queue that asks for no level, since callbacks have none."""
    queue = flow.queues.get(flow.topics.get(topic or "", ""))
    return queue is not None and queue.requires == NONE


def transfer_at(flow: Flow, name: str) -> Transfer:
    """The way to the consultants of that name."""
    return _step(flow, name, Transfer)


def survey_at(flow: Flow, name: str) -> Survey:
    """The survey of that name."""
    return _step(flow, name, Survey)


def question_at(flow: Flow, survey: str, name: str) -> Question:
    """The question of that name."""
    return next(question for question in survey_at(flow, survey).questions if question.name == name)


def _step(flow: Flow, name: str, kind: type[Kind]) -> Kind:
    found = flow.steps[name]
    assert isinstance(found, kind)
    return found
