"""Listening for keys and phrases at once, by Asterisk's speech commands (`SPEECH CREATE`, `SET`, `RECOGNIZE`).

Only when an engine is made does Asterisk tell whether the recogniser is there; but to end one is not without danger
(ARCHITECTURE.md). So a call has one engine, until there is doubt about it, and takes leave of it. A reply is
`200 result=1 (speech) endpos=N results=N score0=N text0="..." grammar0=...`, or `(digit) digit=N`, `(timeout)`,
`(hangup)`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from asterisk.agi import AGIError, AGIHangup

from ivr.audio import Sound
from ivr.gateways.agi.protocol import ProtocolError, SafeAGI
from ivr.gateways.agi.recogniser import Recogniser
from speech.messages import BETWEEN, ENGINE, GOODBYE, GRAMMAR, ask_for

# Asterisk waits for a second; a recogniser that needs longer than this for a grammar is not fit for callers.
SLOW_SECONDS = 0.9
# A recogniser's process that hangs is killed within twenty seconds: until then its engine cannot be ended.
LEFT_ALONE_SECONDS = 30.0
# A connection that is closed by the recogniser is over for Asterisk within some milliseconds; on a machine that is busy
# its thread may have to wait for that.
CLOSING_SECONDS = 0.25
_SAID = re.compile(r'score0=(-?\d{1,9}) text0="([^"]*)"')
_DIGIT = re.compile(r"digit=(\S)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came first: a key, or phrases with their confidence in percent; nothing of either is silence."""

    key: str = ""
    phrases: tuple[str, ...] = ()
    confidence: int = 0


class Listening:
    """The ear of one call.

    Doubtful is an engine whose connection was broken, and any after the recogniser was away. Who has waited too long
    for an answer asks nothing for a while.
    """

    def __init__(self, agi: SafeAGI, recogniser: Recogniser, now: Callable[[], float] = time.monotonic) -> None:
        self._agi = agi
        self._recogniser = recogniser
        self._now = now
        self._is_made = self._is_doubtful = False
        self._faults = 0
        self._not_before = 0.0

    def listen(self, lang: str, phrases: tuple[str, ...], sound: Sound, timeout: int) -> Outcome | None:
        """Play a sound over which keys and phrases count, and wait for either for `timeout` seconds behind it.

        None where nobody listens, or nobody does any more: keys can be asked for as ever.
        """
        if not phrases or self._now() < self._not_before or not self._recogniser.knows(lang):
            return None
        if not self._is_ready(lang, phrases, sound.seconds):
            return None
        value, kind, rest = self._agi.ask_all("SPEECH RECOGNIZE", sound.path, timeout)
        if value != "1":
            self._is_doubtful = True
            self._recogniser.lost("Asterisk cannot listen")
            return None
        outcome = self._outcome(kind, rest)
        self._is_doubtful = outcome is None
        return outcome

    @property
    def _is_in_doubt(self) -> bool:
        return self._is_doubtful or self._faults != self._recogniser.faults

    def leave(self) -> None:
        """Nothing will be listened for any more: the connection is closed by the recogniser, before Asterisk does."""
        if not self._is_made or self._is_in_doubt:
            return
        self._is_doubtful = True
        self._agi.ask("SPEECH SET", GOODBYE, "")
        self._agi.ask("EXEC", "Wait", str(CLOSING_SECONDS))

    def _is_ready(self, lang: str, phrases: tuple[str, ...], seconds: float) -> bool:
        try:
            if not self._is_made or self._is_in_doubt:
                self._make_anew()
            if not self._is_made:
                self._recogniser.lost("no connection")
                return False
            begun = self._now()
            self._agi.ask("SPEECH SET", GRAMMAR, ask_for(lang, phrases, seconds))
        except (AGIHangup, ProtocolError):
            raise
        except AGIError:
            self._recogniser.lost("Asterisk knows no such engine")
            return False
        if self._now() - begun > SLOW_SECONDS:
            # Nor is it known what is listened for.
            self._is_doubtful, self._not_before = True, self._now() + LEFT_ALONE_SECONDS
            self._recogniser.lost("no answer in time")
            return False
        return True

    def _make_anew(self) -> None:
        if self._is_made:
            self._is_made = False
            self._agi.ask("SPEECH DESTROY")
        self._faults = self._recogniser.faults
        made, _ = self._agi.ask("SPEECH CREATE", ENGINE)
        self._is_made = made == "1"

    def _outcome(self, kind: str, rest: str) -> Outcome | None:
        match kind:
            case "digit":
                found = _DIGIT.search(rest)
                return Outcome(key=found[1] if found else "")
            case "speech":
                said = _SAID.search(rest)
                if said is None:
                    # So it is told when the connection to the recogniser breaks.
                    self._recogniser.lost("the connection was broken")
                    return None
                return Outcome("", tuple(said[2].split(BETWEEN)), int(said[1]))
            case "hangup":
                self._agi.hung_up = True
                raise AGIHangup("the caller has gone")
            case _:
                return Outcome()
