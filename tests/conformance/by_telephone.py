"""Playing a script by telephone: real SIP to a real Asterisk, keys as RFC 4733 events, prompts read from the RTP."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from demo.phone import Answer, Call, IncomingCall, PhoneTimeoutError, Reaction, Ring
from ivr import calls
from ivr.definition import LEAVING, OFFERING
from ivr.events import CUT_OFF
from ivr.exploration.moves import AWAITED
from ivr.scripts import Act, HangUp, Key, Listen, Queue, Script, expected, spoken
from ivr.scripts.script import SILENCE, TERMINATOR
from tests.conformance.told import Told, logged, promise
from tests.live import tones
from tests.live.stations import Live, hears_caller, hears_music, tone_key
from tests.scripted_people import besiege

# Seconds until the next prompt at most: a stay in a queue, a silence, a busy machine.
PATIENCE = 40.0
POLL_SECONDS = 0.1
TOLD_WAITING = re.compile(rf"[a-z]{{2}}:(place-(\d+|far)|wait-(\d+|over)-\d+|{LEAVING}|{OFFERING})")


TALKS = (Queue("answered"), Queue(CUT_OFF))


@dataclass(slots=True)
class Desks:
    """What consultants' telephones do: they answer the callers in `answered` and let all others wait.

    `waiting` are the callers who have heard music.
    """

    answered: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)

    def react(self, call: IncomingCall) -> Reaction:
        """Answer, or ring on."""
        return Answer() if call.caller in self.answered else Ring()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a script: the turns that were committed, and what is wrong with what was heard."""

    told: tuple[Told, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A prompt that must be heard; `whole` if nothing may cut it, `twice` if it may have a false start.

    A terminator that follows the last digit of a full number reaches the next gather and starts its prompt anew.
    """

    key: str
    whole: bool
    twice: bool


def score(live: Live, script: Script) -> tuple[tuple[Wanted, ...], ...]:
    """What must be heard in each turn of a script."""
    turns = [spoken(live.flow, turn.prompts) for turn in expected(live.flow, script)]
    acts: tuple[Act, ...] = (Listen(), *script.acts, Listen())
    return tuple(
        tuple(
            Wanted(tone_key(prompt), place < len(said) or not _cuts(acts[number + 1]), _is_number(acts[number]))
            for place, prompt in enumerate(said, start=1)
        )
        for number, said in enumerate(turns)
    )


def _cuts(act: Act) -> bool:
    return act == HangUp() or (isinstance(act, Key) and act.word != SILENCE)


def _is_number(act: Act) -> bool:
    return isinstance(act, Key) and len(act.word) > 1 and act.word.endswith(TERMINATOR)


class Caller:
    """Somebody who follows a script, listens before keying, and is known by the number `ani`."""

    def __init__(self, live: Live, desks: Desks, script: Script, ani: str) -> None:
        self._live = live
        self._desks = desks
        self._script = script.as_stranger(int(ani))
        self._ani = ani
        self._wanted: tuple[Wanted, ...] = ()

    def play(self) -> Outcome:
        """Play the script from the answer to the end of the call."""
        try:
            if self._script.circumstance(AWAITED, False):
                promise(self._live.database, self._ani)
            besiege(self._live.installation, self._live.flow, datetime.now(UTC))
            call, ear = self._live.dial(self._ani)
            self._follow(call, ear)
            return Outcome(logged(self._live.database, self._call_id()))
        except (PhoneTimeoutError, AssertionError) as error:
            return Outcome(fault=str(error))

    def _follow(self, call: Call, ear: tones.Ear) -> None:
        turns = score(self._live, self._script)
        try:
            for number, act in enumerate(self._script.acts):
                self._wish(number)
                self._listen(call, ear, turns[number])
                self._do(call, act)
            self._listen(call, ear, turns[-1])
            call.wait_ended(PATIENCE)
            self._check_whole(ear)
        finally:
            call.hang_up()

    def _wish(self, number: int) -> None:
        """Let consultants answer this caller if that is how the next stay in a queue ends."""
        stays = (act for act in self._script.acts[number:] if isinstance(act, Queue))
        if next(stays, None) in TALKS:
            self._desks.answered.add(self._ani)

    def _listen(self, call: Call, ear: tones.Ear, wanted: tuple[Wanted, ...]) -> None:
        """Until the last prompt of a turn has begun, all before it having been heard in order."""
        self._wanted += wanted
        keys = [one.key for one in self._wanted]

        def heard_enough() -> bool:
            heard = [one.key for one in self._heard(ear)]
            return len(heard) >= len(keys) or heard != keys[: len(heard)]

        call.wait_until(heard_enough, PATIENCE, f"{keys[-1]} after {keys[:-1]}, in {self._script}")
        heard = [one.key for one in self._heard(ear)]
        assert keys == heard, f"heard {heard[-6:]} and not {keys[-6:]} in {self._script}\n{call.describe()}"

    def _heard(self, ear: tones.Ear) -> list[tones.Heard]:
        """What was heard, but for what those who wait are told: it depends on who else is there."""
        heard = [one for one in ear.heard() if not TOLD_WAITING.fullmatch(one.key)]
        for place, wanted in enumerate(self._wanted):
            again = heard[place : place + 2]
            if wanted.twice and len(again) == 2 and again[0].cut and again[0].key == again[1].key:
                del heard[place]
        return heard

    def _check_whole(self, ear: tones.Ear) -> None:
        cut = [one.key for one, wanted in zip(self._heard(ear), self._wanted, strict=True) if wanted.whole and one.cut]
        assert [] == cut, f"prompts were cut by nobody in {self._script}"

    def _do(self, call: Call, act: Act) -> None:
        match act:
            case Key(word) if word != SILENCE:
                call.press(word)
            case HangUp():
                call.hang_up()
            case Queue("answered" | "cut_off" as outcome):
                self._talk(call, outcome == CUT_OFF)
            case Queue("timeout" | "leave_empty"):
                call.wait_until(lambda: hears_music(call), PATIENCE, "music")
                self._desks.waiting.add(self._ani)
            case Queue("returned_to_ivr" | "callback_requested" as outcome):
                call.wait_until(lambda: hears_music(call), PATIENCE, "music")
                queueing = self._live.flow.queueing
                call.press((queueing.leaving_key if outcome == "returned_to_ivr" else queueing.callback_key) or "")
            case _:
                pass

    def _talk(self, call: Call, cut_off: bool) -> None:
        """Until a consultant has answered and hung up, or fallen silent for good."""
        call.wait_until(lambda: self._live.consultant_of(self._ani), PATIENCE, "a consultant")
        self._desks.answered.discard(self._ani)
        if consultant := self._live.consultant_of(self._ani):
            consultant.wait_until(lambda: hears_caller(consultant), PATIENCE, "the caller's voice")
            if cut_off:
                consultant.stream.close()
            else:
                consultant.hang_up()

    def _call_id(self) -> str:
        """The id of the call, once its end has been committed."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with self._live.database.reading() as connection:
                for row in calls.newest(connection, 1000):
                    if row.ani == self._ani and row.ended_at is not None:
                        return row.id
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"the end of the call from {self._ani} was never committed")
