"""`step` by itself: how many turns a core makes in a second, over the shipped menus."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from ivr.definition import Flow
from ivr.events import CallbackSought, Event, HoursChecked, Keyed, NoInput, Played, QueueLeft, Started, SurveyDrawn
from ivr.flow import start, step
from ivr.menus.loading import load_menus
from ivr.turns import Ignored

MENUS = Path("menus.yaml")
CALLS_PER_LOOK_AT_THE_CLOCK = 200

# A caller who listens to a message, goes back, mistypes, hesitates, asks for a consultant, agrees, and is served.
CALL: tuple[Event, ...] = (
    Started(),
    CallbackSought(False),
    Keyed("1"),
    Keyed("3"),
    Keyed("*"),
    Keyed("5"),
    Keyed("0"),
    HoursChecked(True),
    NoInput(),
    Keyed("6"),
    Played(),
    QueueLeft("answered"),
    SurveyDrawn(False),
)


@dataclass(frozen=True, slots=True)
class Pace:
    """Turns made in so many seconds of processor time."""

    turns: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Turns a second."""
        return self.turns / self.seconds


def walk(flow: Flow) -> int:
    """Carry one call to its end; how many turns it took. Raises AssertionError where an event means nothing."""
    state = start(flow)
    for event in CALL:
        turn = step(flow, state, event)
        assert not isinstance(turn, Ignored), f"{event} at {state.position}: {turn.reason}"
        state = turn.state
    return len(CALL)


def measure(seconds: float) -> Pace:
    """Carry calls for so long. Processor time is counted, so that others on the machine do not matter."""
    flow = load_menus(MENUS).flow
    turns, began = 0, time.process_time()
    while (spent := time.process_time() - began) < seconds:
        turns += sum(walk(flow) for _ in range(CALLS_PER_LOOK_AT_THE_CLOCK))
    return Pace(turns, spent)
