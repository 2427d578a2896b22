"""The ways through a menu file, as a graph of its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from ivr.definition import BACK, REPEAT
from ivr.events import CUT_OFF
from ivr.menus import schema
from ivr.menus.document import Path

ANSWERED = "answered"

# Where a service is asked, and a caller may be elsewhere at once.
Gate = schema.Opening | schema.Survey | schema.Authentication | schema.Assistant
PASSED = (schema.Opening, schema.Survey, schema.Assistant)


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one step to another; `silent` is the way of a caller who keys nothing, `waits` stops on it."""

    origin: str
    target: str
    path: Path
    silent: bool
    waits: bool


def edges(file: schema.MenuFile) -> list[Edge]:
    """Every way between steps, `repeat` and `back` left out: they lead nowhere new."""
    return [edge for name, step in file.steps.items() for edge in _edges_of(file, name, step)]


def _edges_of(file: schema.MenuFile, name: str, step: schema.Step) -> Iterator[Edge]:
    at: Path = ("steps", name)
    match step:
        case schema.Menu():
            yield from _edges_of_options(name, step)
            default: Path = ("gathering", "exhausted")
            path = (*at, "exhausted") if step.exhausted else default
            yield Edge(name, step.exhausted or file.gathering.exhausted, path, True, True)
        case schema.Message() | schema.Cancellation() | schema.Survey():
            yield Edge(name, step.then, (*at, "then"), True, False)
        case schema.Opening():
            yield Edge(name, step.open, (*at, "open"), True, False)
            yield Edge(name, step.closed, (*at, "closed"), True, False)
        case schema.Authentication():
            yield from _edges_of_login(name, step)
        case schema.Offices():
            yield from _edges_of_options(name, step)
            yield Edge(name, step.then, (*at, "then"), True, True)
        case schema.Transfer():
            yield from _edges_of_queue(name, file, step.topic)
            yield from _edges_of_callbacks(name, file.callbacks)
        case schema.Resume():
            yield Edge(name, step.otherwise, (*at, "otherwise"), True, False)
            for transfer, other in file.steps.items():
                if isinstance(other, schema.Transfer):
                    yield Edge(name, transfer, at, True, False)
        case schema.Callback() | schema.PinChange():
            yield Edge(name, step.then, (*at, "then"), False, True)
            yield Edge(name, step.otherwise, (*at, "otherwise"), True, True)
        case schema.Promised():
            yield Edge(name, step.promised, (*at, "promised"), True, False)
            yield Edge(name, step.otherwise, (*at, "otherwise"), True, False)
        case schema.Assistant():
            yield from _edges_of_assistant(name, step)
        case schema.End():
            pass


def _edges_of_assistant(name: str, step: schema.Assistant) -> Iterator[Edge]:
    at: Path = ("steps", name)
    yield Edge(name, step.declined, (*at, "declined"), True, False)
    yield Edge(name, step.by_key, (*at, "by_key"), True, True)
    yield Edge(name, step.consultant.to, (*at, "consultant", "to"), False, True)
    for key, subject in step.subjects.items():
        if subject.to not in (REPEAT, BACK):
            yield Edge(name, subject.to, (*at, "subjects", key, "to"), False, True)


def _edges_of_login(name: str, step: schema.Authentication) -> Iterator[Edge]:
    at: Path = ("steps", name)
    yield Edge(name, step.then, (*at, "then"), False, False)
    yield Edge(name, step.otherwise, (*at, "otherwise"), True, True)
    if step.payers is not None:
        yield Edge(name, step.payers.consultant.to, (*at, "payers", "consultant", "to"), False, True)


def _edges_of_callbacks(name: str, callbacks: schema.Callbacks | None) -> Iterator[Edge]:
    """The key that asks for one; and whoever is called back is greeted on the way to the queue."""
    if callbacks is not None:
        yield Edge(name, callbacks.to, ("callbacks", "to"), False, True)
        yield Edge(name, callbacks.unmet, ("callbacks", "unmet"), False, True)


def _edges_of_queue(name: str, file: schema.MenuFile, topic: str) -> Iterator[Edge]:
    """The ways out of the queue of a topic; where nobody answered, as in a full or empty one, they need no wait."""
    own = ways_of(file, file.topics[topic].queue) if topic in file.topics else {}
    for outcome, (way, path) in {**ways_of(file), **own}.items():
        talked = outcome in (ANSWERED, CUT_OFF)
        yield Edge(name, way, path, not talked, talked)
    if (leaving := file.queueing.leaving) is not None:
        yield Edge(name, leaving.to, ("queueing", "leaving", "to"), False, True)


def ways_of(file: schema.MenuFile, queue: str | None = None) -> Mapping[str, tuple[str, Path]]:
    """The ways out of a queue that are its own, by outcome; without a queue those of all that have none."""
    at: Path = ("queueing",) if queue is None else ("queues", queue, "ways")
    ways = file.queueing if queue is None else file.queues[queue].ways if queue in file.queues else schema.Ways()
    named = {outcome: getattr(ways, outcome) for outcome in schema.Ways.model_fields}
    return {outcome: (way, (*at, outcome)) for outcome, way in named.items() if way is not None}


def _edges_of_options(name: str, step: schema.Menu | schema.Offices) -> Iterator[Edge]:
    for key, option in step.options.items():
        if option.to not in (REPEAT, BACK):
            yield Edge(name, option.to, ("steps", name, "options", key, "to"), False, True)


def hours_in_a_row(file: schema.MenuFile) -> Iterator[list[str]]:
    """Gates that a call meets without a wait while each is closed: behind an open one its caller is admitted to all.

    A survey, whose draw is a service too, counts as a gate, and so do a login that looks for payers and finds none and
    an assistant that nobody listens for.
    One list from each gate that no other leads to.
    """
    gates = {name: step for name, step in file.steps.items() if _is_gate(step)}
    nexts = {name: _next_gate(file, step) for name, step in gates.items()}
    targets = set(nexts.values())
    for begin in nexts:
        if begin not in targets:
            chain, following = {begin: None}, nexts[begin]
            while following is not None and following not in chain:
                chain[following] = None
                following = nexts[following]
            yield list(chain)


def _is_gate(step: schema.Step) -> TypeGuard[Gate]:
    asks = isinstance(step, schema.Authentication) and step.payers is not None
    return asks or isinstance(step, PASSED)


def _next_gate(file: schema.MenuFile, gate: Gate) -> str | None:
    """The gate behind a closed one, messages between them passed; None if something else comes first."""
    match gate:
        case schema.Opening():
            target = gate.closed
        case schema.Assistant():
            target = gate.declined
        case _:
            target = gate.then
    passed = set[str]()
    while isinstance(step := file.steps.get(target), schema.Message) and target not in passed:
        passed.add(target)
        target = step.then
    return target if isinstance(step, PASSED) else None


def closure(begin: set[str], ways: Iterable[Edge], ends: Callable[[Edge], tuple[str, str]]) -> set[str]:
    """Every step that `begin` leads to along the ways."""
    nexts: dict[str, set[str]] = {}
    for edge in ways:
        origin, target = ends(edge)
        nexts.setdefault(origin, set()).add(target)
    found, pending = set(begin), list(begin)
    while pending:
        new = nexts.get(pending.pop(), set()) - found
        found |= new
        pending.extend(new)
    return found


def circles(ways: Iterable[Edge], counts: Callable[[Edge], bool]) -> list[list[Edge]]:
    """One circle per group of steps that lead round to themselves along the ways that count."""
    nexts: dict[str, list[Edge]] = {}
    for edge in ways:
        if counts(edge):
            nexts.setdefault(edge.origin, []).append(edge)
    found: list[list[Edge]] = []
    done: set[str] = set()
    for begin in nexts:
        if begin not in done:
            found += _circles_from(begin, nexts, done)
    return found


def _circles_from(begin: str, nexts: dict[str, list[Edge]], done: set[str]) -> Iterator[list[Edge]]:
    """Walk depth first; without recursion, since a file may chain thousands of steps."""
    trail: list[Edge] = []
    places = {begin: 0}
    pending = [iter(nexts[begin])]
    while pending:
        edge = next(pending[-1], None)
        if edge is None:
            left = trail.pop().target if trail else begin
            del places[left]
            done.add(left)
            pending.pop()
        elif edge.target in places:
            yield [*trail[places[edge.target] :], edge]
        elif edge.target not in done:
            trail.append(edge)
            places[edge.target] = len(trail)
            pending.append(iter(nexts.get(edge.target, ())))
