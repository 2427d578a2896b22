"""A FastAGI server with a runner over a new installation, and everything that is logged meanwhile."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
import structlog

from auth_pin import profiles
from centrala.service import make_identify, make_runner, profile_keys
from ivr.audio import Sound
from ivr.gateways.agi import notes
from ivr.gateways.agi.protocol import SafeAGI
from ivr.gateways.agi.recogniser import Recogniser
from ivr.gateways.agi.server import Server
from ivr.gateways.agi.session import Session
from ivr.library import Library
from ivr.menus.loading import Loaded
from ivr.prompts import Prompt
from ivr.runner import Runner
from storage.installation import Installation
from tests.agi.peers import WAIT_SECONDS
from tests.menu_files import SMALL, WHISPERING, edited, load_text

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
IDENTIFIER, PIN = "30517842", "471155"


# Of a call, and of its last stay in a queue: `arg_4` to `arg_10` as a session is told them.
TellOfEnd = Callable[[str, Mapping[str, str]], None]


class MakeServer(Protocol):
    """Starts a server; `node` names its runner, `most_calls` bounds it."""

    def __call__(
        self,
        *,
        node: str = ...,
        most_calls: int = ...,
        runner: Runner | None = ...,
        recogniser: Recogniser | None = ...,
    ) -> Server:
        """The server, listening."""


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """What is told here holds for any database: the runner's tests have both."""
    return f"sqlite:///{tmp_path / 'centrala.db'}"


@pytest.fixture(scope="session")
def service() -> Loaded:
    """The small service; whom nobody answered is back in its menu."""
    return load_text(
        edited(SMALL, ("unanswered: sorry", "unanswered: main"), ("exhausted: to-help", "exhausted: sorry"), WHISPERING)
    )


@pytest.fixture
def library(installation: Installation, service: Loaded) -> Library:
    """The small service, published."""
    made = Library(installation.database)
    made.publish(service, NOW)
    return made


@pytest.fixture
def make_test_runner(installation: Installation, library: Library) -> Callable[[str], Runner]:
    """Runners over the same database, as processes of one installation."""

    def make(node: str) -> Runner:
        return make_runner(installation, library, node=node, now=lambda: NOW)

    return make


@pytest.fixture
def serve(make_test_runner: Callable[[str], Runner], installation: Installation) -> Iterator[MakeServer]:
    """Servers that listen until the test ends."""
    with contextlib.ExitStack() as stack:

        def start(
            *,
            node: str = "one",
            most_calls: int = 50,
            runner: Runner | None = None,
            recogniser: Recogniser | None = None,
        ) -> Server:
            carried_by = runner or make_test_runner(node)

            def session(agi: SafeAGI) -> Session:
                identify, folder = make_identify(installation), Path("/recordings")
                return Session(agi, carried_by, sound, identify, recogniser=recogniser, recordings=folder)

            server = Server(("127.0.0.1", 0), session, most_calls)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
            stack.callback(server.drain, WAIT_SECONDS)
            return server

        yield start


def sound(prompts: tuple[Prompt, ...]) -> Sound:
    """Where the sound of prompts would lie."""
    return Sound("/prompts/" + "+".join(prompt.name for prompt in prompts), 1.0)


@pytest.fixture
def tell_of_end(make_test_runner: Callable[[str], Runner], tmp_path: Path) -> TellOfEnd:
    """The dialplan's note about a caller who has gone, taken in."""
    runner, spool = make_test_runner("notes"), tmp_path / "spool"
    spool.mkdir(exist_ok=True)

    def tell(call_id: str, told: Mapping[str, str]) -> None:
        stay = ",".join(told.get(f"arg_{number}", "") for number in (*range(4, 11), 12, 13))
        note = f"{NOW.timestamp():.3f}|600100200|225601600|{stay}|end\n"
        (spool / f"{call_id}.note").write_text(note, "utf-8")
        assert 1 == notes.take_in(spool, runner)

    return tell


@pytest.fixture
def server(serve: MakeServer) -> Server:
    """One server."""
    return serve()


@pytest.fixture
def address(server: Server) -> tuple[str, int]:
    """Where it listens."""
    return address_of(server)


def address_of(server: Server) -> tuple[str, int]:
    """Where a server listens."""
    host, port = server.server_address[:2]
    return str(host), int(port)


@pytest.fixture
def profile(installation: Installation) -> str:
    """A confirmed profile; its subject."""
    return profiles.add(
        installation.database, profile_keys(installation), IDENTIFIER, PIN, profiles.State.CONFIRMED, NOW
    )


class Log(list[dict[str, Any]]):
    """Everything that was logged, tracebacks included."""

    @property
    def text(self) -> str:
        """All of it as text."""
        return "\n".join(json.dumps(line, default=str, ensure_ascii=False) for line in self)

    @property
    def tracebacks(self) -> list[str]:
        """The tracebacks."""
        return [line["exception"] for line in self if "exception" in line]


@pytest.fixture
def log() -> Iterator[Log]:
    """What is logged during the test."""
    kept = Log()

    def keep(_logger: object, method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
        kept.append({**line, "level": method})
        raise structlog.DropEvent

    # In place: loggers that are bound already hold this list.
    processors = structlog.get_config()["processors"]
    before = processors.copy()
    processors[:] = [structlog.contextvars.merge_contextvars, structlog.processors.format_exc_info, keep]
    yield kept
    processors[:] = before


def idle(*servers: Server) -> bool:
    """Wait until no session runs; whether that came true."""
    deadline = time.monotonic() + WAIT_SECONDS
    while any(server.running for server in servers):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True
