"""The same call in a terminal: prompts are printed, keys and words are typed or given beforehand.

It behaves as a telephone does: what is keyed beyond what a gather takes stays for the next one (type-ahead), and is
dropped while something plays that cannot be cut short. The clock is the call's own and moves only when something
waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.events import CUT_OFF, Event, Keyed, NoInput, Played
from ivr.phrases import CERTAIN, meaning
from ivr.runner import Arrival, Conversation, Live, Runner, ended, leave_queue
from ivr.waits import Gather, PlayOut, Transfer

SILENCE = "-"
TERMINATOR = "#"
TALK = timedelta(minutes=5)
SIMULATED_AGENT = "terminal"
TALKED = ("answered", CUT_OFF)


@dataclass(slots=True)
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime

    def __call__(self) -> datetime:
        """Now."""
        return self.at

    def wait(self, length: timedelta) -> None:
        """Let time pass."""
        self.at += length


class Keypad:
    """Hands out what is keyed, gather by gather.

    `more` gives what the caller keys or says at the next gather: digits or words, or None for silence.
    """

    def __init__(self, more: Callable[[Gather], str | None]) -> None:
        self._more = more
        self._ahead = ""

    def take(self, gather: Gather) -> str | None:
        """The digits of one gather, or None for silence until the timeout."""
        keyed, self._ahead = self._ahead or self._more(gather), ""
        if not keyed:
            return None
        if are_words(keyed):
            return keyed
        digits, terminator, rest = keyed.partition(TERMINATOR)
        if len(digits) >= gather.max_digits:
            self._ahead = ahead_of(gather, keyed[gather.max_digits :])
            return digits[: gather.max_digits]
        self._ahead = rest
        return digits or terminator

    def drop(self) -> None:
        """Forget what was keyed ahead."""
        self._ahead = ""


def ahead_of(gather: Gather, rest: str) -> str:
    """What stays for the next gather: a terminator after the last digit still belongs to a number."""
    return rest.removeprefix(TERMINATOR) if gather.max_digits > 1 else rest


def are_words(text: str) -> bool:
    """Whether somebody says this, as no key is called so."""
    return any(map(str.isalpha, text))


def scripted(keys: str) -> Callable[[Gather], str | None]:
    """Keys given beforehand: a word for one gather each, `-` for silence; silence when they are used up.

    A word of letters is said, and `_` in it is a space.
    """
    words = iter(keys.split())

    def more(_gather: Gather) -> str | None:
        word = next(words, SILENCE)
        return None if word == SILENCE else word.replace("_", " ")

    return more


def always_answered(_wait: Transfer) -> str:
    """A consultant answers every call."""
    return "answered"


def call(
    runner: Runner, arrival: Arrival, keypad: Keypad, clock: Clock, queue: Callable[[Transfer], str] = always_answered
) -> Iterator[Live]:
    """Carry a call to its end, giving each turn as it is committed; `queue` says how a stay in one ends."""
    live = runner.arrive(arrival)
    yield live
    while not ended(live):
        live = _advance(runner, live, keypad, clock, queue)
        yield live


def _advance(runner: Runner, live: Live, keypad: Keypad, clock: Clock, queue: Callable[[Transfer], str]) -> Live:
    match live.turn.wait:
        case Gather() as gather:
            return runner.advance(live, _gathered(live, gather, keypad, clock))
        case PlayOut():
            keypad.drop()
            return runner.advance(live, Played())
        case Transfer() as transfer:
            return leave_queue(runner, live, _stay(queue(transfer), clock))
        case wait:
            raise AssertionError(f"{wait} is not for a gateway")


def _stay(outcome: str, clock: Clock) -> Conversation:
    if outcome not in TALKED:
        return Conversation(outcome)
    answered_at = clock()
    clock.wait(TALK)
    return Conversation(outcome, SIMULATED_AGENT, answered_at)


def _gathered(live: Live, gather: Gather, keypad: Keypad, clock: Clock) -> Event:
    taken = keypad.take(gather)
    if taken is not None and not are_words(taken):
        return Keyed(taken)
    if taken is not None and gather.spoken:
        return meaning(live.flow, gather, (taken,), CERTAIN)
    # Words where nobody listens are silence.
    clock.wait(timedelta(seconds=gather.timeout))
    return NoInput()
