"""Live tests share one installation where they can: starting one takes seconds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import provision
from demo.asterisk_process import AsteriskError
from tests.live.relay import Relay
from tests.live.stations import RUNNING, Live, live, menus_with, require_asterisk
from tests.live.stories import IDENTIFIER, PIN

_numbers = itertools.count(600_200_000)

# A telephone that has not answered by then takes no more calls, even where its machine only was too busy.
RING_SECONDS = 6

# What nobody can cut short, made long enough for a process to die over it.
LONG = ("recording-notice", "connecting", "goodbye")
LASTING = 1.5
SHORT_TIMEOUT = ("  timeout: 6\n", "  timeout: 2\n")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever is in this folder and uses an installation needs a real Asterisk."""
    for item in items:
        if "tests/live/" in str(item.path):
            item.add_marker(pytest.mark.live)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows how every installation stood."""
    report = yield
    if report.when == "call" and report.failed:
        report.sections += [(str(one.station.home), _as_it_stands(one)) for one in RUNNING]
    return report


def _as_it_stands(running: Live) -> str:
    try:
        return running.as_it_stands()
    except (AsteriskError, OSError) as error:
        return f"it does not tell how it stands: {error}"


@pytest.fixture(scope="session")
def asterisk() -> provision.Asterisk:
    """An Asterisk to be had, or the reason why the test is skipped."""
    return require_asterisk()


@pytest.fixture(autouse=True)
def _callers_hang_up() -> Iterator[None]:
    """A story that fails leaves no caller behind who would keep a consultant from the next one."""
    yield
    for running in RUNNING:
        running.hang_up()
        running.back_to_work()


@pytest.fixture
def numbers() -> Callable[[], str]:
    """Callers' numbers that nobody else has."""
    return lambda: str(next(_numbers))


@pytest.fixture
def ani(numbers: Callable[[], str]) -> str:
    """A caller's number that nobody else has."""
    return numbers()


@pytest.fixture(scope="session")
def helpline(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The shipped service in opening hours, two IVR processes, every consultant at a phone."""
    folder = tmp_path_factory.mktemp("helpline")
    queues = {"ring_seconds": RING_SECONDS, "wrap_up_seconds": 0}
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT), nodes=2, settings={"queues": queues}) as running:
        running.staff()
        yield running


@contextmanager
def breakable_service(folder: Path, database_url: str | None = None) -> Iterator[Live]:
    """The shipped service whose processes may be killed; what nobody can cut short lasts long enough to die over."""
    lasting = dict.fromkeys(LONG, LASTING)
    queues = {"ring_seconds": RING_SECONDS, "wrap_up_seconds": 0}
    settings = {"queues": queues}
    with live(
        folder / "home", menus_with(folder), nodes=2, database_url=database_url, settings=settings, lasting=lasting
    ) as running:
        running.staff()
        running.station.centrala("profiles", "add", stdin=f"{IDENTIFIER}\n{PIN}\n")
        yield running


@pytest.fixture(scope="session")
def breakable(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service whose two IVR processes share an SQLite file. Its tests begin with `stand_up`."""
    with breakable_service(tmp_path_factory.mktemp("breakable")) as running:
        yield running


@pytest.fixture(scope="session")
def wire(postgresql_server: provision.Server) -> Iterator[Relay]:
    """The way from `breakable_on_postgresql` to its database."""
    postgresql_server.create_database("breakable")
    with Relay(postgresql_server.sockets) as relay:
        yield relay


@pytest.fixture(scope="session")
def breakable_on_postgresql(
    asterisk: provision.Asterisk, wire: Relay, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """A service whose two IVR processes share a PostgreSQL database."""
    with breakable_service(tmp_path_factory.mktemp("breakable-pg"), wire.url("breakable")) as running:
        yield running
