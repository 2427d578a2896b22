"""The scripts of the shipped menus, sorted by the scene that each is played in.

Most calls run side by side where consultants' telephones answer some callers and let others wait. The other ways out of
a queue need the whole installation to be in some condition (nobody signed on, queues full), so those calls have scenes
of their own, one way out of a queue in each. So has the survey: in its scene everybody is asked, elsewhere nobody. So
have calls in which nobody listens for what is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from ivr.definition import Flow, Survey
from ivr.events import CUT_OFF
from ivr.exploration import Exploration, explore
from ivr.exploration.moves import LISTENED
from ivr.scripts import Script, scripts
from ivr.scripts.writing import MOST_GATHERS

STAFFED = "staffed"
CLOSED = "closed"
ASKED = "asked"
UNHEARD = "unheard"
BY_PHONE = ("answered", CUT_OFF, "timeout", "returned_to_ivr", "callback_requested")
BY_CONDITION = ("join_empty", "full", "leave_empty", "failed")
LASTING = ("join_empty", "full")


@dataclass(frozen=True, slots=True)
class Scenes:
    """Scripts by scene, and all that they are to cover."""

    exploration: Exploration
    scripts: Mapping[str, tuple[Script, ...]]

    @property
    def all(self) -> tuple[Script, ...]:
        """Every script."""
        return tuple(chain.from_iterable(self.scripts.values()))


def scenes(flow: Flow) -> Scenes:
    """Write the scripts of a flow."""
    exploration, asking_nobody = explore(flow), with_share(flow, 0)
    without_survey = explore(asking_nobody)
    by_phone = scripts(asking_nobody, _limited(without_survey, BY_PHONE, BY_CONDITION))
    closed = tuple(script for script in by_phone if _is_closed(flow, script))
    staffed = tuple(
        script for script in by_phone if not _is_closed(flow, script) and script.circumstance(LISTENED, True)
    )
    unheard = tuple(script for script in by_phone if not script.circumstance(LISTENED, True))
    known = frozenset(without_survey.transitions)
    only = tuple(transition for transition in exploration.transitions if transition not in known)
    asked = scripts(flow, replace(exploration, outcomes=("answered",), transitions=only))
    by_condition = dict(_by_condition(asking_nobody, without_survey))
    return Scenes(exploration, {STAFFED: staffed, CLOSED: closed, ASKED: asked, UNHEARD: unheard, **by_condition})


def with_share(flow: Flow, share: int) -> Flow:
    """The flow whose surveys ask so many percent of the callers."""
    steps = {name: replace(one, share=share) if isinstance(one, Survey) else one for name, one in flow.steps.items()}
    return replace(flow, steps=steps)


def _by_condition(flow: Flow, exploration: Exploration) -> Iterator[tuple[str, tuple[Script, ...]]]:
    """For each condition, scripts of what only happens there, and behind it.

    Where the condition lasts, callers go on; where it is a moment, each script has one visit to a queue.
    """
    known = frozenset(explore(flow, BY_PHONE).transitions)
    for outcome in BY_CONDITION:
        behind = frozenset(explore(flow, (outcome,)).transitions) if outcome in LASTING else frozenset()
        limited = _limited(exploration, (outcome,), ())
        only = tuple(
            transition
            for transition in limited.transitions
            if transition.event == _event(outcome) or transition in behind - known
        )
        known |= behind
        yield outcome, scripts(flow, replace(limited, transitions=only), MOST_GATHERS if outcome in LASTING else 1)


def _limited(exploration: Exploration, outcomes: tuple[str, ...], without: tuple[str, ...]) -> Exploration:
    """The exploration as if queues had only these ways out."""
    events = set(map(_event, without))
    left = tuple(transition for transition in exploration.transitions if transition.event not in events)
    return replace(exploration, outcomes=outcomes, transitions=left)


def _event(outcome: str) -> str:
    return f"queue {outcome}"


def _is_closed(flow: Flow, script: Script) -> bool:
    return any(not script.circumstance(name, True) for name in flow.hours)
