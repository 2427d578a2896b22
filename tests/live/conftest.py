"""Live tests share one installation where they can: starting one takes seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import provision
from tests.live.stations import Live, live, menus_with, require_asterisk

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


@pytest.fixture(scope="session")
def helpline(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The shipped service in opening hours, two IVR processes, every consultant at a phone."""
    folder = tmp_path_factory.mktemp("helpline")
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT), nodes=2) as running:
        running.staff()
        yield running
