"""Playing scripts over webhooks, by a carrier on loopback; what Asterisk does with a leg is done here in its place."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import parse_qs

from centrala.carrier import carrier_variant, make_take_leg
from centrala.service import make_runner
from centrala.settings import Settings
from demo.carrier import Dial, Gather, HangsUp, Verb
from ivr import calls
from ivr.exploration.moves import AWAITED, LISTENED, OWN_NUMBER
from ivr.gateways.terminal import SILENCE, SIMULATED_AGENT, TALK, TALKED, Clock
from ivr.legs import HEADERS
from ivr.runner import Arrival, Conversation, Runner
from ivr.scripts import Act, HangUp, Key, Listen, Queue, Script, moment
from routing import callbacks
from tests.carried import Carried
from tests.conformance.by_terminal import MORNING
from tests.conformance.told import Told, logged, promise
from tests.scripted_people import add_everybody, besiege

ANI, WITHHELD = "+48600100200", "+266696687"


@dataclass(slots=True)
class Follower:
    """A caller who follows a script. Legs are taken as an IVR session beside Asterisk takes them."""

    acts: deque[Act]
    runner: Runner
    carried: Carried
    clock: Clock

    def meets(self, document: tuple[Verb, ...]) -> None:
        """Hang up where the script does; else hear what cannot be cut short."""
        if self.acts and self.acts[0] == HangUp():
            self.acts.popleft()
            raise HangsUp
        if not any(isinstance(verb, Gather | Dial) for verb in document) and self.acts and self.acts[0] == Listen():
            self.acts.popleft()

    def keys(self, _gather: Gather) -> str | None:
        """What the script keys."""
        act = self.acts.popleft()
        assert isinstance(act, Key), f"{act} at a gather"
        return None if act.word == SILENCE else act.word

    def leg(self, dial: Dial) -> str:
        """A stay in a queue as the script has it."""
        act = self.acts.popleft()
        assert isinstance(act, Queue), f"{act} in a queue"
        if act.outcome == "failed":
            # Asterisk does not answer.
            return "failed"
        told = {name: values[0] for name, values in parse_qs(dial.sip.partition("?")[2]).items()}
        call_id = told["X-Centrala-Call"]
        header = ":".join(told[f"X-Centrala-{name}"] for name in HEADERS)
        take = make_take_leg(self.carried.installation, self.runner, self.clock)
        live = take(call_id, header, "1.1")
        assert live is not None, "a leg that we have just signed is taken"
        assert take(call_id, header, "1.2") is None, "it is taken by one channel"
        stay = Conversation(act.outcome, turn=live.seq)
        if act.outcome in TALKED:
            stay = replace(stay, agent=SIMULATED_AGENT, answered_at=self.clock())
            self.clock.wait(TALK)
        self.runner.back_from_queue(Arrival(call_id, "asterisk", live.ani, ""), stay)
        return "completed"


class Webhooks:
    """Callers who come over the carrier and follow scripts. Everybody of the scripts' world has a profile."""

    def __init__(self, carried: Carried) -> None:
        self._carried = carried
        self._flow = carried.library.current
        add_everybody(carried.installation, self._flow, MORNING)
        self._strangers = itertools.count()

    def play(self, script: Script) -> tuple[Told, ...]:
        """Play a script; the turns that were committed."""
        at = moment(self._flow, script, MORNING)
        assert at is not None, f"opening hours are never as this script needs them: {script}"
        clock, database = Clock(at), self._carried.installation.database
        if script.circumstance(AWAITED, False):
            promise(database, ANI.removeprefix("+48"))
        besiege(self._carried.installation, self._flow, at)
        runner = self._runner(clock, script)
        self._carried.serve(runner, clock)
        acts = deque(script.as_stranger(next(self._strangers)).acts)
        ani = ANI if script.circumstance(OWN_NUMBER, True) else WITHHELD
        call = self._carried.call(Follower(acts, runner, self._carried, clock), clock, ani)
        call.run()
        assert not acts, f"the call ended before {acts} in {script}"
        with database.writing() as connection:
            for one in callbacks.waiting_callbacks(connection):
                callbacks.over(connection, one.call_id, "cancelled", clock())
            call_id = calls.carried(connection, call.sid)
        assert call_id is not None
        return logged(database, call_id)

    def _runner(self, clock: Clock, script: Script) -> Runner:
        def now() -> datetime:
            return clock()

        def draw(_call_id: str, _share: int) -> bool:
            return script.drawn

        def hears(_lang: str) -> bool:
            return script.circumstance(LISTENED, True)

        variant = carrier_variant(Settings(twilio=self._carried.settings))
        installation, library = self._carried.installation, self._carried.library
        return make_runner(installation, library, node="twilio", now=now, draw=draw, hears=hears, variant=variant)
