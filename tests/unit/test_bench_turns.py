"""The benchmark measures real calls: over the shipped menus, and through the menus of its own."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from bench import ground, turns
from bench.crowd import gather
from bench.tones import FIRST, GOODBYE, PROMPTS, SECOND
from ivr.calls import calls
from ivr.definition import Flow
from ivr.events import Event, Keyed, Started
from ivr.flow import start, step
from ivr.menus.loading import load_menus
from ivr.state import State
from ivr.turns import Turn
from ivr.waits import Hangup
from storage.database import Database


def test_the_realistic_call_goes_all_the_way() -> None:
    """Every event of the measured script means something over the shipped menus."""
    assert len(turns.CALL) == turns.walk(load_menus(turns.MENUS).flow)


def test_the_pace_is_of_the_turns_made() -> None:
    """Whole calls are counted, and time passes."""
    pace = turns.measure(0.01)
    assert 0 == pace.turns % len(turns.CALL)
    assert pace.per_second > 0


def test_the_measured_call_is_two_menus_and_a_goodbye() -> None:
    """A key in each menu leads to the tones that the callers listen for, and then to the end."""
    flow = load_menus(ground.MENUS).flow
    first = made(flow, start(flow), Started())
    second = made(flow, first.state, Keyed("1"))
    last = made(flow, second.state, Keyed("1"))
    heard = [{PROMPTS[prompt.name][0] for prompt in turn.prompts} for turn in (first, second, last)]
    assert [{FIRST}, {SECOND}, {GOODBYE}] == heard
    assert Hangup("completed") == last.wait


def made(flow: Flow, state: State, event: Event) -> Turn:
    """The turn that an event makes."""
    turn = step(flow, state, event)
    assert isinstance(turn, Turn)
    return turn


def test_a_small_crowd_is_weighed(tmp_path: Path) -> None:
    """Each call holds a thread of a real IVR process while it is counted, and all have hung up afterwards."""
    crowd = gather(5, tmp_path / "home")
    assert crowd.threads >= 5
    with Database(f"sqlite:///{tmp_path / 'home' / 'centrala.db'}").reading() as connection:
        assert {"caller"} == set(connection.execute(select(calls.c.cause)).scalars())
