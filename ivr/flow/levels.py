"""Nobody comes to a place below its level, whatever led there.

Loading has proven it for every way through a file (`ivr.menus.levels`). What comes from elsewhere cannot be proven:
consultants send callers on, callbacks begin without a level, a state was written by another process. So it is looked at
again here, and whoever may not go on goes to the login, or to a consultant where there is none.
"""

from __future__ import annotations

from ivr.definition import FULL, NONE, Authentication, Flow, Menu, Message, PinChange, Step, Transfer, reaches
from ivr.state import AtGreeting, Ended, New, State

# The end of a call that may not even go where it is led instead: no file that was checked leads to it.
BARRED = "barred"
# Who has come to no place in the menus, or to none any more.
_Nowhere = New | Ended | AtGreeting


def required(flow: Flow, step: Step) -> str:
    """The least level of callers who come to a step."""
    match step:
        case Menu() | Message():
            return step.requires
        case Transfer():
            return flow.queues[step.queue].requires
        case PinChange():
            return FULL
        case _:
            return NONE


def is_barred(flow: Flow, state: State, step: Step) -> bool:
    """Whether the caller may not come to a step."""
    return not reaches(state.auth_level, required(flow, step))


def is_out_of_place(flow: Flow, state: State) -> bool:
    """Whether the call stands where its caller may not be. Who is greeted in a callback has come to no queue yet."""
    at = state.position
    return not isinstance(at, _Nowhere) and is_barred(flow, state, flow.steps[at.step])


def way_on(flow: Flow) -> str:
    """The step for whoever may not go on: the login, or what follows the last try."""
    logins = (name for name, step in flow.steps.items() if isinstance(step, Authentication))
    return next(logins, flow.gathering.exhausted)
