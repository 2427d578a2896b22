"""What the dialplan does for callers while no IVR process answers: the way that a silent caller would have gone."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.definition import (
    NONE,
    Authentication,
    Callback,
    Cancellation,
    End,
    Flow,
    Menu,
    Message,
    Offices,
    Opening,
    PinChange,
    Promised,
    Resume,
    Survey,
    Transfer,
)
from ivr.prompts import Prompt
from routing.hours import Hours

Said = tuple[Prompt, ...]


@dataclass(frozen=True, slots=True)
class Fallback:
    """The queue that silence leads to, its hours, and what is said."""

    queue: str
    hours: Hours
    connecting: tuple[Prompt, ...]
    closed: tuple[Prompt, ...]
    unanswered: tuple[Prompt, ...]
    goodbye: tuple[Prompt, ...]


def fallback(flow: Flow) -> Fallback:
    """Follow silence through the menus, once with open hours and once with closed ones."""
    _, reached = _end_of_silence(flow, flow.start, is_open=True)
    closed, _ = _end_of_silence(flow, flow.start, is_open=False)
    open_to_all = (queue.name for queue in flow.queues.values() if queue.requires == NONE)
    queue = flow.queues[reached.queue if isinstance(reached, Transfer) else next(open_to_all)]
    unanswered, _ = _end_of_silence(flow, flow.queueing.after("unanswered", queue.name), is_open=True)
    return Fallback(
        queue=queue.name,
        hours=flow.hours[queue.hours],
        connecting=_say(flow, (flow.queueing.connecting,)),
        closed=closed,
        unanswered=unanswered,
        goodbye=_until_a_wait(flow, flow.queueing.after("answered", queue.name)),
    )


def _end_of_silence(flow: Flow, name: str, *, is_open: bool) -> tuple[Said, Transfer | End]:
    """Where silence ends, and what is said after the last choice before it; loading has proven that it ends."""
    said: Said = ()
    while True:
        match flow.steps[name]:
            case Message(play=play, then=then):
                said, name = said + _say(flow, play), then
            case Survey(then=then):
                name = then
            case Menu(exhausted=then) | Offices(then=then) | Resume(otherwise=then):
                said, name = (), then
            case Authentication(otherwise=then) | PinChange(otherwise=then):
                said, name = (), then
            case Callback(otherwise=then) | Promised(otherwise=then) | Cancellation(then=then):
                said, name = (), then
            case Opening() as gate:
                name = gate.open if is_open else gate.closed
            case End(play=play) as end:
                return said + _say(flow, play), end
            case Transfer() as transfer:
                return said, transfer


def _until_a_wait(flow: Flow, name: str) -> Said:
    """What is said on the way from a step to the first one that waits, or to the end."""
    said: Said = ()
    while True:
        match flow.steps[name]:
            case Message(play=play, then=then):
                said, name = said + _say(flow, play), then
            case Survey(then=then):
                name = then
            case End(play=play):
                return said + _say(flow, play)
            case _:
                return said


def _say(flow: Flow, names: tuple[str, ...]) -> Said:
    return tuple(flow.prompts[name, flow.languages[0]] for name in names)
