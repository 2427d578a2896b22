"""Which level callers have wherever they come to, and whether it is the one that is required there: a proof.

Every pair of a step and a level that a call can have there is walked through. What raises a level on the way is a
login; nothing lowers one. What is open to some level is open to each lower one that can be there at all, and leads to
the same steps, so that for every beginning the lowest level stands for the others. Calls begin

- at `start`, with none;
- behind a queue, with the level that it requires and no more: consultants send callers on to it, callbacks and callers
  whom no IVR process served come there;
- in a callback that nobody meets, with none;
- where the flow leads whoever may not go on (`ivr.flow.levels`), with none.

`back`, `repeat` and steps of the type `resume` lead to where the call has been before, with no higher level than now.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ivr.definition import CONSULTANT_KEY, FULL, NONE, reaches
from ivr.menus import schema
from ivr.menus.document import Path
from ivr.menus.groups import Told
from ivr.menus.ways import Edge, edges

MOST_TOLD = 10
UNMET: Path = ("callbacks", "unmet")


@dataclass(frozen=True, slots=True)
class _Place:
    """A step, and the level of a caller there."""

    step: str
    level: str


@dataclass(frozen=True, slots=True)
class _Beginning:
    """Where calls come in; `path` is what of the file says so, and `hint` what helps where it goes on wrongly."""

    place: _Place
    path: Path
    hint: str


def faults_of_levels(file: schema.MenuFile) -> Iterator[Told]:
    """Every way that leads somewhere below the level that is required there."""
    if all(queue.requires is not None for queue in file.queues.values()):
        message = "every queue requires a level, and there is none for calls that no IVR process serves"
        yield ("queues",), message, "leave one of them without requires:"
    yield from _overflows(file)
    if all(_required(file, name) == NONE for name in file.steps):
        return
    ways = _Ways(file)
    for beginning in _beginnings(file):
        yield from ways.explored(beginning)


class _Ways:
    """The ways through a file. What was walked on from one beginning is not walked again from the next."""

    def __init__(self, file: schema.MenuFile) -> None:
        self._file = file
        self._onward: Mapping[str, list[Edge]] = defaultdict(list)
        for edge in edges(file):
            # Where nobody meets a callback is a beginning.
            if edge.path != UNMET:
                self._onward[edge.origin].append(edge)
        self._came: dict[_Place, tuple[_Place, Edge] | None] = {}
        self._told: set[tuple[Path, str]] = set()

    def explored(self, beginning: _Beginning) -> Iterator[Told]:
        """Everything below its level that is reached from there, by the shortest way."""
        place = beginning.place
        if place.step not in self._file.steps or place in self._came:
            return
        if self._is_barred(place):
            yield beginning.path, f'"{place.step}" requires {_required(self._file, place.step)}', beginning.hint
            return
        self._came[place] = None
        pending = deque([place])
        while pending:
            place = pending.popleft()
            for edge in self._onward[place.step]:
                reached = self._along(edge, place.level)
                if reached is None or reached in self._came:
                    continue
                if self._is_barred(reached):
                    yield from self._fault(edge, place, reached, beginning.hint)
                    continue
                self._came[reached] = place, edge
                pending.append(reached)

    def _along(self, edge: Edge, level: str) -> _Place | None:
        """Where a way leads; None if it is not there for this level, or leads to nothing new."""
        step = self._file.steps[edge.origin]
        is_refused = edge.path[-1] == "otherwise"
        if edge.target not in self._file.steps or (isinstance(step, schema.Resume) and not is_refused):
            return None
        if not isinstance(step, schema.Authentication):
            return _Place(edge.target, level)
        if is_refused:
            return None if level == FULL else _Place(edge.target, level)
        return _Place(edge.target, FULL)

    def _is_barred(self, place: _Place) -> bool:
        return not reaches(place.level, _required(self._file, place.step))

    def _fault(self, edge: Edge, before: _Place, reached: _Place, hint: str) -> Iterator[Told]:
        if (edge.path, reached.step) in self._told:
            return
        self._told.add((edge.path, reached.step))
        required = _required(self._file, reached.step)
        message = f'"{reached.step}" requires {required}, and callers of level {reached.level} come there'
        yield edge.path, f"{message}: {self._way(before, edge)}", hint

    def _way(self, place: _Place, edge: Edge) -> str:
        """The steps on the way, each with the key to press there, or what else leads on."""
        told = [edge.target, f"{edge.origin} ({self._how(edge)})"]
        while (came := self._came[place]) is not None:
            place, edge = came
            told.append(f"{edge.origin} ({self._how(edge)})")
        if len(told) > MOST_TOLD:
            told[MOST_TOLD // 2 : -MOST_TOLD // 2] = ["..."]
        return " > ".join(reversed(told))

    def _how(self, edge: Edge) -> str:
        match edge.path:
            case (_, _, "options" | "subjects", key, _):
                return str(key)
            case ("queueing", "leaving", _) if self._file.queueing.leaving is not None:
                return self._file.queueing.leaving.key
            case ("callbacks", "to") if self._file.callbacks is not None:
                return self._file.callbacks.key
            case (_, _, "payers", *_):
                return CONSULTANT_KEY
            case (*_, "exhausted"):
                return "silence"
            case path:
                return str(path[-1])


def _beginnings(file: schema.MenuFile) -> Iterator[_Beginning]:
    behind_a_login = "lead there from the then: of a login, or take requires: out"
    yield _Beginning(_Place(file.start, NONE), ("start",), behind_a_login)
    led_away = "callers without the level are led here: take requires: out"
    logins = (name for name, step in file.steps.items() if isinstance(step, schema.Authentication))
    way_on = next(logins, file.gathering.exhausted)
    yield _Beginning(_Place(way_on, NONE), ("gathering", "exhausted"), led_away)
    if file.callbacks is not None:
        unmet = "callbacks begin without a level: lead elsewhere, or take requires: out"
        yield _Beginning(_Place(file.callbacks.unmet, NONE), UNMET, unmet)
    for name, step in file.steps.items():
        if isinstance(step, schema.Transfer):
            hint = f'consultants can send anybody to "{step.topic}": let its queue require as much, or lead elsewhere'
            yield _Beginning(_Place(name, _required(file, name)), ("steps", name), hint)


def _required(file: schema.MenuFile, name: str) -> str:
    match file.steps[name]:
        case schema.Menu(requires=level) | schema.Message(requires=level):
            return level or NONE
        case schema.PinChange():
            return FULL
        case schema.Transfer(topic=topic) if topic in file.topics and file.topics[topic].queue in file.queues:
            return file.queues[file.topics[topic].queue].requires or NONE
        case _:
            return NONE


def _overflows(file: schema.MenuFile) -> Iterator[Told]:
    """Who waits goes on to another group without coming through a step: it may require no more."""
    for name, queue in file.queues.items():
        if queue.overflow is None or queue.overflow.to not in file.queues:
            continue
        required = file.queues[queue.overflow.to].requires or NONE
        if not reaches(queue.requires or NONE, required):
            message = f'"{queue.overflow.to}" requires {required}, and callers of "{name}" go on to it without'
            hint = f'let "{name}" require as much, or name another queue'
            yield ("queues", name, "overflow", "to"), message, hint
