"""One call as the carrier carries it: document after document, until one ends it or the caller hangs up."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from demo.carrier.line import Line
from demo.carrier.twiml import Dial, Gather, Hangup, Pause, Play, Redirect, Say, Verb, read

# About as fast as people speak.
CHARACTERS_PER_SECOND = 15.0
MOST_DOCUMENTS = 500


class HangsUp(Exception):
    """The caller hangs up."""


class Caller(Protocol):
    """Somebody at the other end. Any of these may raise HangsUp."""

    def meets(self, document: tuple[Verb, ...]) -> None:
        """A document begins."""
        ...

    def keys(self, gather: Gather) -> str | None:
        """What is keyed at a gather, its terminator included; None for silence."""
        ...

    def leg(self, dial: Dial) -> str:
        """The DialCallStatus of a leg, once it is over."""
        ...


class CarrierClock(Protocol):
    """Time, as it passes in a call."""

    def wait(self, seconds: float) -> None:
        """So much is heard or waited for."""
        ...


@dataclass(slots=True)
class CarriedCall:
    """A call from `ani` to `dnis`. `requests` are those that were made: URLs and parameters."""

    line: Line
    caller: Caller
    clock: CarrierClock
    ani: str
    dnis: str
    sid: str = field(default_factory=lambda: f"CA{secrets.token_hex(16)}")
    requests: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    # What was keyed behind a full number, before the next document was there.
    late: str = ""

    def run(self) -> None:
        """From the first webhook to the last. Raises LineError, TwimlError."""
        try:
            document: tuple[Verb, ...] | None = self.ask(f"{self.line.base}/twilio/voice", {}, "ringing")
            for _ in range(MOST_DOCUMENTS):
                if document is None:
                    break
                self.caller.meets(document)
                document = self._carry_out(document)
        except HangsUp:
            pass
        finally:
            self.over()

    def over(self) -> None:
        """Tell that the call has ended."""
        self.line.post(f"{self.line.base}/twilio/status", self.told({}, "completed"))
        self.line.close()

    def told(self, more: Mapping[str, str], status: str = "in-progress") -> dict[str, str]:
        """The parameters of every request about the call, and more."""
        return {
            "AccountSid": self.line.account,
            "ApiVersion": "2010-04-01",
            "CallSid": self.sid,
            "CallStatus": status,
            "Direction": "inbound",
            "From": self.ani,
            "To": self.dnis,
            **more,
        }

    def ask(self, url: str, more: Mapping[str, str], status: str = "in-progress") -> tuple[Verb, ...]:
        """The document that a webhook answers with. Raises LineError, TwimlError."""
        values = self.told(more, status)
        self.requests.append((url, values))
        return read(self.line.post(url, values))

    def _carry_out(self, document: tuple[Verb, ...]) -> tuple[Verb, ...] | None:
        """The next document, or None at the end of the call."""
        for verb in document:
            match verb:
                case Play() | Say() | Pause():
                    self._hear(verb)
                case Gather():
                    if (keyed := self._gather(verb)) is not None:
                        return self.ask(verb.action, keyed)
                case Dial(_, action):
                    status = self.caller.leg(verb)
                    return self.ask(action, {"DialCallStatus": status, "DialCallSid": f"CA{secrets.token_hex(16)}"})
                case Redirect(url):
                    return self.ask(url, {})
                case Hangup():
                    return None
        return None

    def _hear(self, verb: Play | Say | Pause) -> None:
        match verb:
            case Play(url):
                self.clock.wait(self.line.seconds(url))
            case Say(text):
                self.clock.wait(len(text) / CHARACTERS_PER_SECOND)
            case Pause(seconds):
                self.clock.wait(seconds)

    def _gather(self, gather: Gather) -> Mapping[str, str] | None:
        """The parameters for the action, or None where it is not asked for."""
        word, self.late = self.late or self.caller.keys(gather), ""
        if not word:
            for one in gather.heard:
                self._hear(one)
            self.clock.wait(gather.timeout)
            return {"Digits": ""} if gather.on_empty else None
        if gather.heard:
            # It begins to play, and the first key cuts it short.
            first = gather.heard[0]
            _ = self.line.seconds(first.url) if isinstance(first, Play) else None
        digits = "".join(itertools.takewhile(lambda key: key != gather.finish_on_key, word))[: gather.num_digits]
        is_full = len(digits) == gather.num_digits
        if not is_full and len(digits) == len(word):
            self.clock.wait(gather.timeout)
        is_finished = not is_full and len(word) > len(digits)
        if not digits and not gather.on_empty:
            return None
        return {"Digits": digits, "FinishedOnKey": gather.finish_on_key if is_finished else ""}
