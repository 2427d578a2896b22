"""A service that a carrier on loopback brings calls to, in this process."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.types import ASGIApp, Receive, Scope, Send

from centrala.carrier import TOKEN_FILE, make_app
from centrala.settings import Twilio
from demo.carrier import Caller, CarriedCall, Line
from ivr.audio import PromptStore
from ivr.audio.speech import Speech
from ivr.audio.wav import silence
from ivr.gateways.terminal import Clock
from ivr.gateways.twilio.server import serving
from ivr.library import Library
from ivr.prompts import Prompt
from ivr.runner import Runner
from storage.installation import Installation

ACCOUNT = "AC" + "0" * 32
TOKEN = "0123456789abcdef0123456789abcdef"
ANI, DNIS = "+48600100200", "+48225601600"
STOP_SECONDS = 5


@dataclass(slots=True)
class Seconds:
    """A call's clock, as the carrier lets it pass."""

    clock: Clock

    def wait(self, seconds: float) -> None:
        """So much is heard or waited for."""
        self.clock.wait(timedelta(seconds=seconds))


class Quiet(Speech):
    """A voice that takes as long as one, and says nothing: what is said here is read in the turn log."""

    def say(self, prompt: Prompt) -> bytes:
        """Silence."""
        return silence(len(prompt.text) / 15)


@dataclass(slots=True)
class Switch:
    """An application that can be exchanged while its server runs."""

    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the present one answer."""
        assert self.app is not None, "an application is given first"
        await self.app(scope, receive, send)


@dataclass(slots=True)
class Carried:
    """The webhooks of an installation at `base`, with the runner and clock that they were last given."""

    installation: Installation
    library: Library
    store: PromptStore
    settings: Twilio
    switch: Switch = field(default_factory=Switch)

    @property
    def base(self) -> str:
        """The public URL."""
        return self.settings.public_url

    def serve(self, runner: Runner, now: Callable[[], datetime]) -> None:
        """Answer by this runner from now on."""
        app = make_app(self.installation, self.settings, runner, self.library, self.store, now)
        self.switch.app = app.routes()

    def line(self, token: str = TOKEN) -> Line:
        """The carrier's connection."""
        return Line(self.base, ACCOUNT, token)

    def call(self, caller: Caller, clock: Clock, ani: str = ANI) -> CarriedCall:
        """A call that comes in."""
        return CarriedCall(self.line(), caller, Seconds(clock), ani, DNIS)


@contextmanager
def carried(installation: Installation, library: Library, **options: object) -> Iterator[Carried]:
    """Webhooks on loopback; `options` are settings of `twilio:`."""
    (installation.home.secrets / TOKEN_FILE).write_text(f"{TOKEN}\n", "ascii")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {"account": ACCOUNT, "public_url": f"http://127.0.0.1:{port}", "sip": "127.0.0.1:5060", "pci_mode": True}
    settings = Twilio.model_validate(given | options)
    store = PromptStore(installation.home.prompts, speech=Quiet({}, 150))
    made = Carried(installation, library, store, settings)
    with serving(made.switch, ("127.0.0.1", port), STOP_SECONDS):
        yield made
