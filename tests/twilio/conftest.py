"""A service whose webhooks are asked over HTTP."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from centrala.carrier import carrier_variant, make_outbox, make_sender
from centrala.service import make_runner
from centrala.settings import Messages, Settings
from demo.carrier import CarriedCall, Dial, Gather, HangsUp, Verb
from demo.carrier.api import api_on_loopback
from demo.carrier.twiml import Redirect, read
from ivr import calls
from ivr.gateways.terminal import Clock
from ivr.library import Library
from ivr.menus.loading import Loaded
from ivr.runner import Runner
from storage.installation import open_installation
from tests.carried import ACCOUNT, TOKEN, Carried, carried
from tests.conformance.by_terminal import MORNING
from tests.conformance.told import Told, logged
from tests.scripted_people import add_everybody
from tests.twilio.posting import Post

_sids = itertools.count(1)


@dataclass(slots=True)
class Words:
    """A caller who keys these words, `-` for silence, and hangs up after the last."""

    words: list[str]
    met: list[tuple[Verb, ...]] = field(default_factory=list)

    def meets(self, document: tuple[Verb, ...]) -> None:
        """Keep it."""
        self.met.append(document)

    def keys(self, _gather: Gather) -> str | None:
        """The next word."""
        if not self.words:
            raise HangsUp
        word = self.words.pop(0)
        return None if word == "-" else word

    def leg(self, _dial: Dial) -> str:
        """Nobody is there."""
        return "no-answer"


@dataclass(slots=True)
class Desk:
    """What tests do with a service: call it, ask single webhooks, look into the turn log."""

    carried: Carried
    clock: Clock

    def runner(self) -> Runner:
        """A runner as another process has one."""

        def draw(_call_id: str, _share: int) -> bool:
            return False

        variant = carrier_variant(Settings(twilio=self.carried.settings))
        return make_runner(
            self.carried.installation, self.carried.library, node="twilio", now=self.clock, draw=draw, variant=variant
        )

    def another_process(self) -> None:
        """From now on another process answers, which remembers nothing."""
        self.carried.serve(self.runner(), self.clock)

    def call(self, *words: str) -> CarriedCall:
        """A call by somebody who keys these words."""
        return self.carried.call(Words(list(words)), self.clock)

    def come_to(self, *words: str) -> Standing:
        """A call that waits at a gather, after these words; what cannot be cut short is heard."""
        call = self.call()
        call.sid = f"CA{next(_sids):032x}"
        standing = Standing(self, call, read(call.line.post(f"{self.carried.base}/twilio/voice", call.told({}))))
        for word in words:
            standing.key(word)
        return standing

    def told(self, call: CarriedCall) -> tuple[Told, ...]:
        """The turns of the call."""
        return logged(self.carried.installation.database, self.call_id(call))

    def call_id(self, call: CarriedCall) -> str:
        """Our id of the call."""
        with self.carried.installation.database.reading() as connection:
            found = calls.carried(connection, call.sid)
        assert found is not None, "there is no such call"
        return found

    def how_many(self) -> int:
        """How many calls there are."""
        with self.carried.installation.database.reading() as connection:
            return len(calls.newest(connection, 10_000))


@dataclass(slots=True)
class Standing:
    """A call between two webhooks: the document that it was last given."""

    desk: Desk
    call: CarriedCall
    document: tuple[Verb, ...]

    @property
    def action(self) -> str:
        """The URL that is asked next."""
        for verb in self.document:
            match verb:
                case Gather(action=url) | Dial(action=url) | Redirect(url):
                    return url
                case _:
                    continue
        raise AssertionError("the call has ended")

    def ask(self, url: str, **told: str) -> tuple[Verb, ...]:
        """A webhook of this call, whatever it leads to."""
        return read(self.call.line.post(url, self.call.told(told)))

    def key(self, word: str) -> None:
        """Key a word as a whole; what cannot be cut short is heard before and after."""
        self.hear_out()
        digits = word.removesuffix("#")
        self.document = self.ask(self.action, Digits=digits, FinishedOnKey="#" if digits != word else "")

    def hear_out(self) -> None:
        """Hear what cannot be cut short."""
        while not any(isinstance(verb, Gather | Dial) for verb in self.document):
            self.call.clock.wait(60)
            self.document = self.ask(self.action)


@pytest.fixture(scope="module")
def make_desk(shipped: Loaded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Desk]]:
    """Makes services; options are settings of `twilio:`."""
    with ExitStack() as stack:

        def make(**options: object) -> Desk:
            home: Path = tmp_path_factory.mktemp("carried")
            installation = open_installation({"CENTRALA_HOME": str(home)})
            stack.callback(installation.database.close)
            library = Library(installation.database)
            library.publish(shipped, MORNING)
            add_everybody(installation, shipped.flow, MORNING)
            desk = Desk(stack.enter_context(carried(installation, library, **options)), Clock(MORNING))
            desk.another_process()
            return desk

        yield make


@pytest.fixture(scope="module")
def desk(make_desk: Callable[..., Desk]) -> Desk:
    """The shipped service, with PCI mode."""
    return make_desk()


@pytest.fixture(scope="module")
def without_pci(make_desk: Callable[..., Desk]) -> Desk:
    """The shipped service with an account that keeps what is keyed."""
    return make_desk(pci_mode=False)


@pytest.fixture
def make_post(make_desk: Callable[..., Desk]) -> Iterator[Callable[..., Post]]:
    """Makes an empty outbox with small limits, of a sender; so many messages a day are one number's."""
    carried, clock = make_desk().carried, Clock(datetime(2026, 11, 23, 10, tzinfo=UTC))

    def make(sender: str = "+48225601600", per_number: int = 2) -> Post:
        messages = Messages(sender=sender, callbacks=True, per_number_a_day=per_number, a_day=4)
        settings = Settings(twilio=carried.settings.model_copy(update={"messages": messages}))
        outbox = make_outbox(carried.installation, settings, carried.library, clock)
        sends = make_sender(carried.installation, settings, outbox, api.http_client)
        return Post(carried, settings, outbox, sends, api, clock)

    with api_on_loopback(ACCOUNT, TOKEN, clock) as api:
        yield make


@pytest.fixture
def post(make_post: Callable[..., Post]) -> Post:
    """An empty outbox of a number."""
    return make_post()
