"""What a process remembers of the calls that it has carried."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ivr.gateways.twilio.memory import LIFETIME, Memory
from ivr.live import Arrival, Live, unanswered
from ivr.menus.loading import Loaded
from tests.conformance.by_terminal import MORNING

SECOND = timedelta(seconds=1)


def live(shipped: Loaded, name: str) -> Live:
    """A call of that name."""
    return unanswered(Arrival(name, "twilio", "", ""), shipped.flow)


@pytest.mark.parametrize("passed", [LIFETIME + SECOND, -LIFETIME - SECOND], ids=["later", "a clock set back"])
def test_what_is_kept_drops_what_is_old(shipped: Loaded, passed: timedelta) -> None:
    """Nobody need ask for it."""
    memory = Memory()
    memory.keep("CA1", live(shipped, "one"), MORNING)
    memory.keep("CA2", live(shipped, "two"), MORNING + passed)
    assert 1 == len(memory)
    assert memory.find("one", MORNING + passed) is None


def test_a_call_that_goes_on_is_remembered(shipped: Loaded) -> None:
    """Its age is that of what was kept last; once it is old it is not found."""
    memory = Memory()
    for passed in (timedelta(), LIFETIME, 2 * LIFETIME):
        memory.keep("CA1", live(shipped, "one"), MORNING + passed)
    assert memory.find("one", MORNING + 3 * LIFETIME) is not None
    assert memory.find("one", MORNING + 3 * LIFETIME + SECOND) is None
    assert 0 == len(memory)


def test_a_forgotten_call_is_gone(shipped: Loaded) -> None:
    """Whether or not it was kept."""
    memory = Memory()
    memory.keep("CA1", live(shipped, "one"), MORNING)
    for name in ("one", "two"):
        memory.forget(name)
        assert memory.find(name, MORNING) is None


def test_there_is_room_for_so_many(shipped: Loaded) -> None:
    """The oldest makes place."""
    memory = Memory(most=1)
    for name in ("one", "two"):
        memory.keep("CA", live(shipped, name), MORNING)
    assert memory.find("one", MORNING) is None
    assert memory.find("two", MORNING) is not None
