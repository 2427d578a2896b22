"""What the dialplan does for callers while no IVR process answers: the way that a silent caller would have gone."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.definition import End, Flow, Menu, Message, Opening, Transfer
from ivr.prompts import Prompt
from routing.hours import Hours


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
    _, reached = _follow(flow, flow.start, is_open=True)
    closed, _ = _follow(flow, flow.start, is_open=False)
    queue = flow.queues[reached.queue if isinstance(reached, Transfer) else next(iter(flow.queues))]
    unanswered, _ = _follow(flow, flow.queueing.unanswered, is_open=False)
    goodbye, _ = _follow(flow, flow.queueing.answered, is_open=False)
    return Fallback(
        queue=queue.name,
        hours=flow.hours[queue.hours],
        connecting=_say(flow, (flow.queueing.connecting,)),
        closed=closed,
        unanswered=unanswered,
        goodbye=goodbye,
    )


def _follow(flow: Flow, name: str, *, is_open: bool) -> tuple[tuple[Prompt, ...], Transfer | End | None]:
    """What is said on the way of silence after the last menu, and where it ends; loading has proven that it ends."""
    said: tuple[Prompt, ...] = ()
    while True:
        match flow.steps[name]:
            case Message(play=play, then=then):
                said, name = said + _say(flow, play), then
            case Menu(exhausted=then) if not said:
                name = then
            case Opening() as gate:
                name = gate.open if is_open else gate.closed
            case End(play=play) as end:
                return said + _say(flow, play), end
            case Transfer() as transfer:
                return said, transfer
            case _:
                return said, None


def _say(flow: Flow, names: tuple[str, ...]) -> tuple[Prompt, ...]:
    return tuple(flow.prompts[name, flow.languages[0]] for name in names)
