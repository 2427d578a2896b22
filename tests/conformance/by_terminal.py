"""Playing scripts in a terminal, all in one installation."""

from __future__ import annotations

import itertools
import uuid
from collections import deque
from datetime import datetime

from centrala.context import moment as parsed
from centrala.service import make_runner
from ivr.exploration.moves import AWAITED, LISTENED, NUMBER, OWN_NUMBER
from ivr.gateways import terminal
from ivr.gateways.terminal import SILENCE, Clock, Keypad
from ivr.library import Library
from ivr.menus.loading import Loaded
from ivr.runner import Arrival, Runner, hang_up
from ivr.scripts import Act, HangUp, Key, Listen, Queue, Script, moment
from ivr.waits import Gather, Transfer
from routing import callbacks
from storage.installation import Installation
from tests.conformance.told import Told, logged, promise
from tests.scripted_people import add_everybody, besiege

ANI, WITHHELD = NUMBER.spoken, ""
MORNING = parsed("2026-11-23T10:00")


class Terminal:
    """A terminal whose callers follow scripts. Everybody of the scripts' world has a profile."""

    def __init__(self, installation: Installation, loaded: Loaded) -> None:
        self._installation = installation
        self._flow = loaded.flow
        self._library = Library(installation.database)
        self._library.publish(loaded, MORNING)
        add_everybody(installation, loaded.flow, MORNING)
        self._strangers = itertools.count()

    def play(self, script: Script) -> tuple[Told, ...]:
        """Play a script; the turns that were committed."""
        at = moment(self._flow, script, MORNING)
        assert at is not None, f"opening hours are never as this script needs them: {script}"
        call_id = str(uuid.uuid4())
        clock = Clock(at)
        if script.circumstance(AWAITED, False):
            promise(self._installation.database, ANI)
        besiege(self._installation, self._flow, at)
        ani = ANI if script.circumstance(OWN_NUMBER, True) else WITHHELD
        acts = script.as_stranger(next(self._strangers)).acts
        _play(self._runner(clock, script), Arrival(call_id, "terminal", ani, ""), acts, clock)
        with self._installation.database.writing() as connection:
            for one in callbacks.waiting_callbacks(connection):
                callbacks.over(connection, one.call_id, "cancelled", clock())
        return logged(self._installation.database, call_id)

    def _runner(self, clock: Clock, script: Script) -> Runner:
        def now() -> datetime:
            return clock()

        def draw(_call_id: str, _share: int) -> bool:
            return script.drawn

        def hears(_lang: str) -> bool:
            return script.circumstance(LISTENED, True)

        return make_runner(self._installation, self._library, node="terminal", now=now, draw=draw, hears=hears)


def _play(runner: Runner, arrival: Arrival, script: tuple[Act, ...], clock: Clock) -> None:
    acts = deque(script)

    def keyed(_gather: Gather) -> str | None:
        act = acts.popleft()
        assert isinstance(act, Key), f"{act} at a gather"
        return None if act.word == SILENCE else act.word

    def queue(_transfer: Transfer) -> str:
        act = acts.popleft()
        assert isinstance(act, Queue), f"{act} in a queue"
        return act.outcome

    for live in terminal.call(runner, arrival, Keypad(keyed), clock, queue):
        if acts and acts[0] == HangUp():
            hang_up(runner, live)
            return
        if acts and acts[0] == Listen():
            acts.popleft()
