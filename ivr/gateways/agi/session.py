"""One call in one thread: carries out the waits of its turns with AGI commands.

The session ends when the flow leaves the IVR: for a queue, for a hang-up, or because the caller did. What comes next
is handed to the dialplan in channel variables, `IVR_NEXT` among them; a session that dies has not set it, and the
dialplan enters the IVR again.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import structlog
from asterisk.agi import AGIAppError, AGIHangup

from ivr.audio import Sound
from ivr.calls import Superseded
from ivr.events import Event, Keyed, NoInput, Played
from ivr.flow import GIVE_UP
from ivr.gateways.agi.protocol import SafeAGI
from ivr.prompts import Prompt
from ivr.runner import Arrival, Conversation, Live, Runner, ended, hang_up, leave_queue
from ivr.waits import Gather, Hangup, PlayOut, Transfer

# Seconds beyond the longest a wait can take, after which Asterisk takes the call away from a process that hangs.
PATIENCE = 10
STALE_TERMINATOR_SECONDS = 1.0
TERMINATOR = "#"
CALL_ID = re.compile(r"[0-9a-f-]{36}")
UNIX_TIME = re.compile(r"\d{1,12}(\.\d{1,6})?")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ufffd]")

log = structlog.get_logger()


Sounds = Callable[[tuple[Prompt, ...]], Sound]


class Session:
    """A call at this gateway."""

    def __init__(self, agi: SafeAGI, runner: Runner, sounds: Sounds) -> None:
        self._agi = agi
        self._runner = runner
        self._sounds = sounds
        self._number_was_full = False

    def run(self) -> None:
        """Carry the call until it leaves the IVR."""
        stage = self._agi.env.get("agi_arg_2", "enter")
        call_id = self._agi.env.get("agi_arg_1", "")
        if not CALL_ID.fullmatch(call_id):
            log.warning("not a call id", length=len(call_id))
            return
        with contextlib.suppress(Superseded), structlog.contextvars.bound_contextvars(call=call_id):
            match stage:
                case "gone":
                    self._gone(call_id)
                case "left":
                    self._carry(self._back(call_id))
                case _:
                    self._carry(self._runner.arrive(self._arrival(call_id)))

    def _arrival(self, call_id: str) -> Arrival:
        return Arrival(
            call_id,
            "asterisk",
            ani=printable(self._agi.env.get("agi_callerid", "")),
            dnis=printable(self._agi.env.get("agi_arg_3") or self._agi.env.get("agi_dnid", "")),
        )

    def _carry(self, live: Live | None) -> None:
        try:
            while live is not None and not self._left(live):
                live = self._runner.advance(live, self._wait(live))
        except AGIHangup:
            if live is not None and not ended(live):
                hang_up(self._runner, live)

    def _back(self, call_id: str) -> Live | None:
        """The call returns from a queue with its caller still there."""
        live = self._runner.resume(call_id)
        if live is None or not isinstance(live.turn.wait, Transfer):
            return self._runner.arrive(self._arrival(call_id))
        stay = self._conversation()
        if stay.outcome == ABANDONED:
            # Asterisk gives no status either where it could not begin; who is here has abandoned nothing.
            stay = replace(stay, outcome="failed")
        return leave_queue(self._runner, live, stay)

    def _gone(self, call_id: str) -> None:
        """The caller hung up where no session was: in a queue, with a consultant, or between two processes."""
        self._runner.note_end(self._arrival(call_id), self._conversation(), None)
        self._agi.ask("SET VARIABLE", "IVR_TOLD", "yes")

    def _conversation(self) -> Conversation:
        env = self._agi.env
        return conversation(*(env.get(f"agi_arg_{number}", "") for number in (4, 5, 6, 7, 8)))

    def _left(self, live: Live) -> bool:
        """Hand the call back to the dialplan if this turn leaves the IVR."""
        match live.turn.wait:
            case Transfer(topic, queue, level, recorded, lang):
                self._play(live.turn.prompts)
                self._set(QUEUE=queue, TOPIC=topic, LEVEL=level, RECORD=int(recorded), LANG=lang, IVR_NEXT="queue")
                return True
            case Hangup():
                self._play(live.turn.prompts)
                self._set(IVR_NEXT="hangup")
                return True
            case _:
                return False

    def _wait(self, live: Live) -> Event:
        match live.turn.wait:
            case Gather() as gather:
                return self._gather(gather, self._sounds(live.turn.prompts))
            case PlayOut():
                self._play(live.turn.prompts)
                return Played()
            case wait:
                raise AssertionError(f"{wait} is not for a gateway")

    def _gather(self, gather: Gather, sound: Sound) -> Event:
        """Prompts and keys in one exchange: GET DATA plays one file, which a key cuts short."""
        self._renew(sound.seconds + gather.timeout * (gather.max_digits + 1))
        began = time.monotonic()
        key, data = self._agi.ask("GET DATA", sound.path, gather.timeout * 1000, 1)
        stale = self._number_was_full and time.monotonic() - began < STALE_TERMINATOR_SECONDS
        self._number_was_full = False
        if not key and data == "timeout":
            return NoInput()
        if not key and stale:
            return self._gather(gather, sound)
        digits = self._number(gather, key) if key and gather.max_digits > 1 else key
        return Keyed(digits or TERMINATOR)

    def _number(self, gather: Gather, first: str) -> str:
        """The rest of a number, key by key, so that `*` takes the caller back at once and not after a timeout."""
        digits = first
        while len(digits) < gather.max_digits and GIVE_UP not in digits:
            code, _ = self._agi.ask("WAIT FOR DIGIT", gather.timeout * 1000)
            key = chr(int(code)) if code.isdecimal() else ""
            if key in ("", "\x00", TERMINATOR):
                return digits
            digits += key
        # A terminator after the last digit still belongs to the number and is not meant for the next gather.
        self._number_was_full = GIVE_UP not in digits
        return digits

    def _play(self, prompts: tuple[Prompt, ...]) -> None:
        """Play to the end; keys pressed meanwhile are dropped."""
        if not prompts:
            return
        sound = self._sounds(prompts)
        self._renew(sound.seconds)
        try:
            self._agi.ask("STREAM FILE", sound.path, "")
        except AGIHangup:
            raise
        except AGIAppError:
            log.error("a prompt cannot be played", prompts=[prompt.name for prompt in prompts])

    def _renew(self, seconds: float) -> None:
        """Wind up the timer by which Asterisk takes the call away from a process that hangs."""
        self._agi.ask("SET AUTOHANGUP", int(seconds) + PATIENCE)

    def _set(self, **variables: object) -> None:
        """Set channel variables, all in one exchange."""
        self._agi.ask("EXEC MSet", ",".join(f"{name}={value}" for name, value in variables.items()))


def conversation(outcome: str, agent: str, answered: str, recording: str, queue: str) -> Conversation:
    """A stay in a queue as the dialplan tells it: QUEUESTATUS, extension, Unix time of the answer, file name, queue."""
    answered_at = datetime.fromtimestamp(float(answered), UTC) if UNIX_TIME.fullmatch(answered) else None
    return Conversation(
        outcome="answered" if answered_at else OUTCOMES.get(outcome.upper(), "failed"),
        agent=agent or None,
        answered_at=answered_at,
        caller_file=f"{recording}-caller.wav" if recording else None,
        agent_file=f"{recording}-agent.wav" if recording else None,
        queue=queue or None,
    )


ABANDONED = "abandoned"

# https://docs.asterisk.org, Queue(): QUEUESTATUS
OUTCOMES = {
    "TIMEOUT": "timeout",
    "FULL": "full",
    "JOINEMPTY": "join_empty",
    "LEAVEEMPTY": "leave_empty",
    "JOINUNAVAIL": "join_empty",
    "LEAVEUNAVAIL": "leave_empty",
    "": ABANDONED,
}


def printable(text: str) -> str:
    """A number or name from the network, without what a database or a terminal could stumble over."""
    return "" if text == "unknown" else UNPRINTABLE.sub("", text)
