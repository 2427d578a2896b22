"""What a level allows: what the check proves of a file holds in every call, and what can be passed round is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from ivr.definition import Flow, Message, reaches
from ivr.exploration.walk import walk
from ivr.flow import start, step
from ivr.flow.levels import is_out_of_place, required
from ivr.menus.faults import MenuError
from ivr.state import State
from ivr.turns import Turn
from tests.menu_files import SMALL, load_text
from tests.property.walks import checked_step, random_event

Data = dict[str, Any]

DATA: Data = YAML(typ="safe", pure=True).load(SMALL)
TEXT = {"pl": "Tekst.", "en": "Text."}
OUTCOMES = ("answered", "timeout")
BYE = "goodbye"
SLOTS = {"menu": ("1", "2", "3"), "login": ("then", "otherwise"), "message": ("then",), "transfer": ()}
LOGIN = ("type", "identifier", "pin", "wrong", "success", "failure")
levels = st.sampled_from([None, "substitute", "full"])
seldom = st.integers(0, 9).map(lambda number: number == 9)
kinds = st.lists(st.sampled_from(["menu", "menu", "message", "login", "transfer"]), min_size=2, max_size=5)


@st.composite
def files(draw: st.DrawFn) -> Data:
    """A file whose steps lead anywhere, each led to by one before it, and of which some require a level."""
    names = ["menu", "login", *(f"{kind}-{number}" for number, kind in enumerate(draw(kinds)))]
    slots = [(name, slot) for name in names for slot in SLOTS[name.split("-")[0]]]
    ways: dict[tuple[str, str], str] = {}
    led_to = ["menu"]
    behind: set[str] = set()
    for name in names[1:]:
        free = [one for one in slots if one not in ways and one[0] in led_to and "message" not in one[0]]
        if free:
            led_by = draw(st.sampled_from(free))
            ways[led_by] = name
            led_to.append(name)
            if led_by[0] in {"login", *behind}:
                behind.add(name)
    menus = [name for name in led_to if name.startswith("menu")]
    in_front = [BYE, *(name for name in menus if name not in behind)]
    for slot in slots:
        anywhere = slot[0] in behind or slot[1] == "then" or draw(seldom)
        ways.setdefault(slot, draw(st.sampled_from([BYE, *menus] if anywhere else in_front)))
    made: Data = {name: _step(name, {slot: ways[one, slot] for one, slot in slots if one == name}) for name in led_to}
    for name, made_step in made.items():
        if name.startswith(("menu-", "message")) and (name in behind or draw(seldom)):
            made_step |= _requiring(draw(levels))
    data = deepcopy(DATA) | {"start": "menu"}
    data["steps"] = {**made, BYE: DATA["steps"][BYE]}
    data["prompts"] = {name: texts for name, texts in DATA["prompts"].items() if name != "address"}
    data["prompts"] |= {name: TEXT for name in led_to if name.startswith("message")}
    data["queues"]["own"] = (
        data["queues"]["help"] | {"agents": ["13"]} | _requiring(draw(levels) if draw(seldom) or draw(seldom) else None)
    )
    data["topics"]["own"] = {"queue": "own", "label": TEXT}
    data["gathering"]["exhausted"] = BYE
    data["queueing"] |= {"answered": draw(st.sampled_from(in_front)), "unanswered": BYE}
    return data


def _requiring(level: str | None) -> Data:
    return {} if level is None else {"requires": level}


def _step(name: str, ways: dict[str, str]) -> Data:
    match name.split("-")[0]:
        case "menu":
            return {"type": "menu", "options": {key: {"label": TEXT, "to": to} for key, to in ways.items()}}
        case "message":
            return {"type": "message", "play": [name], **ways}
        case "login":
            return {field: DATA["steps"]["login"][field] for field in LOGIN} | ways
        case _:
            return {"type": "transfer", "topic": "own" if name[-1] in "02468" else "help"}


def loaded(data: Data) -> Flow | None:
    """The flow of a file, or None if it has faults."""
    try:
        return load_text(json.dumps(data)).flow
    except MenuError:
        return None


def without_levels(data: Data) -> Data:
    """The same file, in which nothing requires a level."""
    free = deepcopy(data)
    for entry in (*free["steps"].values(), *free["queues"].values()):
        entry.pop("requires", None)
    return free


def below(flow: Flow, walked: Flow) -> Iterator[State]:
    """Where calls through `walked` come to what they have no level for, as `flow` has it."""
    messages = {step.play[0]: step for step in flow.steps.values() if isinstance(step, Message)}
    for edge in walk(walked, OUTCOMES):
        state = edge.move.turn.state
        heard = (messages[prompt.name] for prompt in edge.move.turn.prompts if prompt.name in messages)
        if is_out_of_place(flow, state) or not all(reaches(state.auth_level, required(flow, one)) for one in heard):
            yield state


def told(data: Data) -> list[str]:
    """What the check says of levels."""
    try:
        load_text(json.dumps(data))
    except MenuError as error:
        return [fault.message for fault in error.faults if " require" in fault.message]
    return []


@settings(max_examples=150, deadline=None)
@given(files(), st.integers(0, 2**32))
def test_in_a_file_that_passes_no_call_comes_below_a_level(data: Data, seed: int) -> None:
    """Whatever callers do, and whatever comes from elsewhere: the walk holds the same rule at each step."""
    flow = loaded(data)
    if flow is None:
        return
    assert [] == list(below(flow, flow))
    random, state = Random(seed), start(flow)
    for _ in range(60):
        state = checked_step(flow, state, random_event(flow, state, random))


@settings(max_examples=150, deadline=None)
@given(files())
def test_what_can_be_passed_round_is_found(data: Data) -> None:
    """Were the levels not looked at in calls, none would come below one in a file in which the check finds nothing."""
    flow, free = loaded(data), loaded(without_levels(data))
    if free is None:
        return
    if flow is None:
        assert told(data), "it is the levels that are at fault"
        return
    assert [] == list(below(flow, free))


@settings(max_examples=150, deadline=None)
@given(files(), st.integers(0, 2**32))
def test_calls_never_need_to_be_led_elsewhere_by_keys(data: Data, seed: int) -> None:
    """In a file that passes the flow does what it would do without levels: they are a second look and no way."""
    flow, free = loaded(data), loaded(without_levels(data))
    if flow is None or free is None:
        return
    for edge in walk(free, OUTCOMES):
        state = edge.before
        for event in edge.move.events:
            turn = step(flow, state, event)
            assert isinstance(turn, Turn)
            assert turn == step(free, state, event)
            state = turn.state
