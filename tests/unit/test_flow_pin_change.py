"""Changing the PIN: the old one, the new one, the new one again; and every way in which it stays as it was."""

from __future__ import annotations

import pytest

from ivr.definition import Flow
from ivr.events import WEAKNESSES, Reentered
from ivr.flow import start, step
from ivr.state import (
    AtDelay,
    AtIdentifier,
    AtMenu,
    AtNewPin,
    AtOldPin,
    AtPinAgain,
    AtResult,
    PinPosition,
    replace,
)
from ivr.telling import DELAYS
from ivr.turns import Turn
from routing.estimates import MINUTE
from tests.callers import Caller
from tests.menu_files import SHIPPED, edited, faults_of

STEP = "change-pin"
OLD, NEW, AGAIN = AtOldPin(STEP), AtNewPin(STEP), AtPinAgain(STEP)
UNCHANGED = AtResult(STEP, "pin-unchanged", "personal")


@pytest.fixture
def changing(flow: Flow) -> Caller:
    """A caller who has logged in and asks for another PIN."""
    caller = Caller(flow).keys("2").identifier().pin(right=True).listens()
    assert AtMenu("personal") == caller.position
    return caller.keys("1")


def test_who_knows_the_old_pin_gets_another(changing: Caller) -> None:
    """Three questions, what came of it, and back; nothing else of the call is changed."""
    before = changing.state
    assert (OLD, ("old-pin",)) == (changing.position, changing.said)
    assert (NEW, ("new-pin",)) == (changing.pin(right=True).position, changing.said)
    assert (AGAIN, ("new-pin-again",)) == (changing.new_pin().position, changing.said)
    result = AtResult(STEP, "pin-changed", "personal")
    assert (result, ("pin-changed",)) == (changing.new_pin().position, changing.said)
    assert AtMenu("personal") == changing.listens().position
    assert replace(before, old_pins=1, position=changing.position, trail=changing.state.trail) == changing.state


def test_a_wrong_old_pin_ends_it(changing: Caller) -> None:
    """It cannot be cut short, so that keys of the change act on no menu; each one has a number of its own."""
    for tries in (1, 2):
        result = AtResult(STEP, "wrong-old-pin", "personal")
        assert (result, tries) == (changing.pin(right=False).position, changing.state.old_pins)
        changing.listens().keys("1")
    assert (OLD, "full") == (changing.position, changing.state.auth_level)


@pytest.mark.parametrize("minutes", DELAYS)
def test_a_pin_that_is_not_looked_at_is_told_with_the_wait(changing: Caller, minutes: int) -> None:
    """The limits are those of the login."""
    changing.delayed(minutes * MINUTE)
    assert (AtDelay(STEP, minutes), (f"change-delayed-{minutes}",)) == (changing.position, changing.said)
    assert AtMenu("personal") == changing.listens().position


@pytest.mark.parametrize("weakness", WEAKNESSES)
def test_a_pin_that_is_refused_is_asked_for_again(changing: Caller, weakness: str) -> None:
    """What is wrong with it is said without a digit; after the last try the PIN stays."""
    changing.pin(right=True)
    for _ in range(changing.flow.gathering.tries - 1):
        assert (NEW, (f"new-pin-{weakness}", "new-pin")) == (
            changing.new_pin(weakness=weakness).position,
            changing.said,
        )
    assert UNCHANGED == changing.new_pin(weakness=weakness).position


def test_two_that_differ_begin_anew(changing: Caller) -> None:
    """With the new one, not with the old one."""
    changing.pin(right=True).new_pin().another_pin()
    assert (NEW, ("new-pin-differs", "new-pin")) == (changing.position, changing.said)
    assert AtResult(STEP, "pin-changed", "personal") == changing.new_pin().new_pin().position


@pytest.mark.parametrize("at", [OLD, NEW, AGAIN])
def test_who_gives_up_or_keys_nothing_keeps_the_pin(changing: Caller, at: PinPosition) -> None:
    """By the star, or after the last silence; and it is said."""
    for gives_up in (True, False):
        if at != OLD:
            changing.pin(right=True)
        if at == AGAIN:
            changing.new_pin()
        assert at == changing.position
        left = changing.keys("*") if gives_up else changing.silent(changing.flow.gathering.tries)
        assert UNCHANGED == left.position
        assert "pin-unchanged" == left.said[-1]
        changing.listens().keys("1")


def test_a_profile_that_was_blocked_meanwhile_gets_none(changing: Caller) -> None:
    """Which is told as whatever else keeps the PIN."""
    changing.usable = False
    assert UNCHANGED == changing.pin(right=True).new_pin().new_pin().position


def test_who_takes_the_call_over_asks_for_the_new_pin_anew(changing: Caller) -> None:
    """The first process had it in memory."""
    changing.pin(right=True).new_pin().taken_over()
    assert (NEW, ("new-pin",)) == (changing.position, changing.said)


def test_nobody_changes_a_pin_without_having_logged_in(flow: Flow) -> None:
    """Neither by the file, which is refused, nor by a state that came from elsewhere: that leads to the login."""
    text = edited(
        SHIPPED.read_text("utf-8"), ("    exhausted: keep-waiting\n  keep-", "    exhausted: change-pin\n  keep-")
    )
    (fault,) = [fault for fault in faults_of(text) if "requires" in fault]
    assert '"change-pin" requires full, and callers of level none come there' in fault
    assert "to-technical (*) > while-waiting (silence) > change-pin" in fault
    for level in ("none", "substitute"):
        astray = replace(start(flow), position=AtOldPin(STEP), subject="profile", auth_level=level)
        turn = step(flow, astray, Reentered())
        assert isinstance(turn, Turn)
        assert AtIdentifier("authentication") == turn.state.position
