"""Callers whom a carrier on loopback brings: webhooks to an IVR process, and real SIP legs into the real Asterisk."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

from centrala.carrier import TOKEN_FILE
from demo.asterisk_process import free_port
from demo.carrier import CarriedCall, Dial, Gather, HangsUp, Line, Verb
from demo.phone import IncomingCall, Phone, sounds
from demo.phone.outgoing import OutgoingCall
from tests.carried import ACCOUNT, DNIS, TOKEN
from tests.live import tones
from tests.live.callers import PATIENCE
from tests.live.conftest import SHORT_TIMEOUT
from tests.live.stations import Live, hears_caller, live, menus_with

ANSWERED = 200
# Who the leg is from, unescaped, would be a line of the AGI protocol.
FORGED = b"0%0aagi_arg_2%3a%20enter%0aagi_arg_18%3a"


@contextmanager
def carried_service(folder: Path, *edits: tuple[str, str], **options: object) -> Iterator[Live]:
    """The shipped service with text edits, to which a carrier brings calls; `options` are settings of `twilio:`."""
    port = free_port()
    secrets = folder / "home" / "secrets"
    secrets.mkdir(parents=True, mode=0o700)
    (secrets / TOKEN_FILE).write_text(f"{TOKEN}\n", "ascii")
    given = {"account": ACCOUNT, "public_url": f"http://127.0.0.1:{port}", "listen": f"127.0.0.1:{port}"}
    settings = {"twilio": {**given, "sip": "127.0.0.1:5060", **options}, "queues": {"wrap_up_seconds": 0}}
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT, *edits), settings=settings) as running:
        running.staff()
        yield running


@dataclass(slots=True)
class Passing:
    """Time that really passes: what is played to nobody takes as long as if it were heard."""

    def wait(self, seconds: float) -> None:
        """So much is heard."""
        threading.Event().wait(seconds)


@dataclass(slots=True)
class Somebody:
    """A caller who keys these words, gather by gather, and then nothing; legs are placed by a real telephone."""

    live: Live
    ani: str
    words: deque[str]
    change: Callable[[dict[str, str]], dict[str, str]] = dict
    legs: list[OutgoingCall] = field(default_factory=list)
    told: list[dict[str, str]] = field(default_factory=list)
    hears: list[tuple[Verb, ...]] = field(default_factory=list)
    has_left: threading.Event = field(default_factory=threading.Event)
    # Also set where the call has ended without a leg.
    has_dialled: threading.Event = field(default_factory=threading.Event)
    carried: Future[None] | None = None

    def meets(self, document: tuple[Verb, ...]) -> None:
        """Go on, unless the caller has hung up."""
        self.hears.append(document)
        if self.has_left.is_set():
            raise HangsUp

    def keys(self, _gather: Gather) -> str | None:
        """The next word."""
        return self.words.popleft() if self.words else None

    def leg(self, dial: Dial) -> str:
        """Call Asterisk as the carrier does, with the headers of the address, until one side hangs up."""
        address, _, query = dial.sip.partition("?")
        user = address.removeprefix("sip:").partition("@")[0]
        self.told.append(dict(parse_qsl(query)))
        call = self.places(user, self.change(self.told[-1]))
        self.has_dialled.set()
        call.wait_until(lambda: call.ended, 2 * PATIENCE, "the end of the leg")
        return "completed" if call.status == ANSWERED else "failed"

    def places(self, user: str, headers: dict[str, str]) -> OutgoingCall:
        """A SIP call to Asterisk; who it is from says nothing."""
        phone = Phone(self.live.exchange, "carrier", self.live.sip)
        call = phone.dial(user, ani=FORGED, headers=tuple(headers.items()))
        call.play(sounds.tone(tones.CALLER_VOICE))
        self.legs.append(call)
        self.live.calls.append(call)
        return call

    def talks(self) -> IncomingCall:
        """The consultant who has answered and hears the caller."""
        self.has_dialled.wait(PATIENCE)
        if not self.legs and self.carried is not None:
            self.carried.result(0)
        assert self.legs, f"no leg was placed: {self.hears[-1:]}"
        self.legs[0].wait_until(lambda: self.live.consultant_of(self.ani), PATIENCE, "a consultant")
        consultant = self.live.consultant_of(self.ani)
        assert consultant is not None
        consultant.wait_until(lambda: hears_caller(consultant), PATIENCE, "the caller's voice")
        return consultant

    def leaves(self) -> None:
        """Hang up: the carrier ends the leg, and the call."""
        self.has_left.set()
        self.legs[-1].hang_up()


@contextmanager
def calling(somebody: Somebody) -> Iterator[Future[None]]:
    """The call, carried by the carrier beside the test."""
    options = somebody.live.station.settings["twilio"]
    assert isinstance(options, dict)
    call = CarriedCall(Line(options["public_url"], ACCOUNT, TOKEN), somebody, Passing(), somebody.ani, DNIS)
    with ThreadPoolExecutor(1) as pool:
        somebody.carried = pool.submit(call.run)
        somebody.carried.add_done_callback(lambda _: somebody.has_dialled.set())
        yield somebody.carried
