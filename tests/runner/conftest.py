"""Runners over one new installation, as the processes of one service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from auth_pin import profiles
from auth_pin.authentication import Authenticator
from centrala.service import make_authenticator, make_mandates, profile_keys
from ivr import calls
from ivr.calls import CallRow, LoggedTurn
from ivr.events import Event, Keyed, NoInput, Played
from ivr.library import Library
from ivr.menus.loading import Loaded
from ivr.runner import Arrival, Conversation, Live, Runner, leave_queue
from ivr.state import InQueue, Position
from ivr.surroundings import Observer
from ivr.waits import Gather, PlayOut
from recordings import consents, parts
from routing import visits
from storage.database import Database
from storage.installation import Installation
from tests.menu_files import SMALL, edited, load_text

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
IDENTIFIER, PIN, WRONG = "30517842", "471155", "924816"


@dataclass(slots=True)
class Clock:
    """A clock that stands until it is set forward."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def wait(self, **duration: float) -> datetime:
        """Set it forward; the time then."""
        self.now += timedelta(**duration)
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Monday, ten o'clock in Warsaw."""
    return Clock()


@pytest.fixture(scope="session")
def service() -> Loaded:
    """The small service; whom nobody answered is back in its menu."""
    return load_text(edited(SMALL, ("unanswered: sorry", "unanswered: main"), LEAVE))


@pytest.fixture
def library(database: Database, service: Loaded) -> Library:
    """The small service, published."""
    made = Library(database)
    made.publish(service, MONDAY)
    return made


LEAVE = ("exhausted: to-help", "exhausted: sorry")

MakeRunner = Callable[..., Runner]


@pytest.fixture
def make_runner(installation: Installation, library: Library, clock: Clock) -> MakeRunner:
    """Runners of several processes over the same database."""

    def make(node: str = "one", observe: Observer | None = None, authenticator: Authenticator | None = None) -> Runner:
        known = authenticator or make_authenticator(installation)
        mandates = make_mandates(installation)
        return Runner(installation.database, library, known, mandates, node=node, now=clock, observe=observe)

    return make


@pytest.fixture
def runner(make_runner: MakeRunner) -> Runner:
    """A process."""
    return make_runner()


@pytest.fixture
def other(make_runner: MakeRunner) -> Runner:
    """Another process."""
    return make_runner("two")


@pytest.fixture
def profile(installation: Installation) -> str:
    """A confirmed profile; its subject."""
    return profiles.add(
        installation.database, profile_keys(installation), IDENTIFIER, PIN, profiles.State.CONFIRMED, MONDAY
    )


@dataclass(slots=True)
class Line:
    """One call, carried by whichever process answers."""

    database: Database
    ani: str = "600100200"
    id: str = field(default_factory=lambda: str(uuid4()))
    live: Live | None = None

    @property
    def arrival(self) -> Arrival:
        """The call as a gateway announces it."""
        return Arrival(self.id, "asterisk", self.ani, "225601600")

    def arrives(self, runner: Runner) -> Live:
        """The call comes to a process."""
        self.live = runner.arrive(self.arrival)
        return self.live

    def keys(self, runner: Runner, *gathers: str) -> Live:
        """Key something at each of the next gathers (`-` is silence), hearing out what cannot be cut short before."""
        for digits in gathers:
            self.hears_out(runner)
            assert isinstance(self.now.turn.wait, Gather), self.now.turn.wait
            event: Event = NoInput() if digits == "-" else Keyed(digits)
            self.live = runner.advance(self.now, event)
        return self.now

    def hears_out(self, runner: Runner) -> Live:
        """Hear what cannot be cut short."""
        while isinstance(self.now.turn.wait, PlayOut):
            self.live = runner.advance(self.now, Played())
        return self.now

    def leaves_queue(self, runner: Runner, stay: Conversation) -> Live:
        """Come back from the queue."""
        self.live = leave_queue(runner, self.now, stay)
        return self.now

    @property
    def now(self) -> Live:
        """The call as its process holds it."""
        assert self.live is not None, "it has arrived"
        return self.live

    @property
    def position(self) -> Position:
        """Where it stands."""
        return self.now.turn.state.position

    @property
    def said(self) -> list[str]:
        """The names of the prompts of its newest turn."""
        return [prompt.name for prompt in self.now.turn.prompts]

    @property
    def row(self) -> CallRow:
        """Its row."""
        with self.database.reading() as connection:
            row = calls.find(connection, self.id)
        assert row is not None
        return row

    @property
    def turns(self) -> tuple[LoggedTurn, ...]:
        """Its turns as they were logged."""
        with self.database.reading() as connection:
            return calls.turns_of(connection, self.id)

    @property
    def visits(self) -> tuple[visits.Visit, ...]:
        """Its stays in queues."""
        with self.database.reading() as connection:
            return visits.of_call(connection, self.id)

    @property
    def consents(self) -> tuple[consents.Consent, ...]:
        """Its caller's decisions."""
        with self.database.reading() as connection:
            return consents.of_call(connection, self.id)

    @property
    def parts(self) -> tuple[parts.RecordingPart, ...]:
        """Its recordings."""
        with self.database.reading() as connection:
            return parts.of_call(connection, self.id)


@pytest.fixture
def line(database: Database) -> Line:
    """A caller."""
    return Line(database)


@pytest.fixture
def queued(line: Line, runner: Runner) -> Line:
    """A caller whom nobody knows, who has agreed to be recorded and waits for a consultant."""
    line.arrives(runner)
    line.keys(runner, "2")
    line.hears_out(runner)
    assert isinstance(line.position, InQueue)
    return line


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """The folder of notes."""
    (tmp_path / "spool").mkdir()
    return tmp_path / "spool"
