"""Live tests share one installation where they can: starting one takes seconds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

import provision
from tests.live.stations import RUNNING, Live, live, menus_with, require_asterisk

_numbers = itertools.count(600_200_000)

SHORT_TIMEOUT = ("  timeout: 6\n", "  timeout: 2\n")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever is in this folder and uses an installation needs a real Asterisk."""
    for item in items:
        if "tests/live/" in str(item.path):
            item.add_marker(pytest.mark.live)


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
    queues = {"ring_seconds": 3, "wrap_up_seconds": 0}
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT), nodes=2, settings={"queues": queues}) as running:
        running.staff()
        yield running
