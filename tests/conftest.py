from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import settings

import provision
from ivr.definition import Flow
from ivr.menus.loading import Loaded, load_menus
from storage.database import Database
from storage.installation import Installation, open_installation
from tests.menu_files import SHIPPED, SMALL, load_text

# No test is timed: a busy machine is no defect.
settings.register_profile("centrala", deadline=None)
settings.load_profile("centrala")

CLOSING_WORDS = "calls over Asterisk"
"""The property of a test whose value is told at the end of the run, under this heading."""

_numbers = itertools.count(1)


def pytest_configure() -> None:
    """No logger keeps the level that one test's command has set."""
    configure = structlog.configure

    def without_keeping(**told: Any) -> None:
        configure(**{**told, "cache_logger_on_first_use": False})

    pytest.MonkeyPatch().setattr(structlog, "configure", without_keeping)


def pytest_runtest_teardown() -> None:
    """That level ends with the test."""
    structlog.reset_defaults()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Side by side, what waits for real telephone calls comes first, so that no worker waits for it alone at last."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.get_closest_marker("live") is None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """End with the closing words of tests; they come with their reports, from workers too."""
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for words in (words for name, words in report.user_properties if name == CLOSING_WORDS):
            terminalreporter.write_sep("=", CLOSING_WORDS)
            terminalreporter.write_line(str(words))


@pytest.fixture(scope="session")
def shipped() -> Loaded:
    """The shipped menus.yaml, loaded."""
    return load_menus(SHIPPED)


@pytest.fixture(scope="session")
def flow(shipped: Loaded) -> Flow:
    """The shipped service."""
    return shipped.flow


@pytest.fixture(scope="session")
def asking(flow: Flow) -> Flow:
    """The shipped service where consent to record is asked for by a key."""
    return replace(flow, recording=replace(flow.recording, ask=True))


@pytest.fixture(scope="session")
def small() -> Flow:
    """A small service with a step of every kind."""
    return load_text(SMALL).flow


@contextmanager
def new_postgresql_server(folder: Path) -> Iterator[provision.Server]:
    """A PostgreSQL server in a folder; where none can be had, the tests say why they are skipped."""
    try:
        programs = provision.postgresql()
    except provision.ProvisionError as error:
        pytest.skip(f"no PostgreSQL: {error}")
    with programs.server(folder) as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[provision.Server]:
    """A server for all tests of a run."""
    with new_postgresql_server(tmp_path_factory.mktemp("postgresql")) as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database: once SQLite, once PostgreSQL."""
    if request.param == "sqlite":
        folder = tmp_path / "database"
        folder.mkdir()
        return f"sqlite:///{folder / 'centrala.db'}"
    server: provision.Server = request.getfixturevalue("postgresql_server")
    return server.create_database(f"test_{next(_numbers)}")


@pytest.fixture
def environment(tmp_path: Path, database_url: str) -> dict[str, str]:
    """The environment of a new installation."""
    return {"CENTRALA_HOME": str(tmp_path / "home"), "CENTRALA_DATABASE_URL": database_url}


@pytest.fixture
def installation(environment: dict[str, str]) -> Iterator[Installation]:
    """A new installation."""
    opened = open_installation(environment)
    yield opened
    opened.database.close()


@pytest.fixture
def database(installation: Installation) -> Database:
    """The database of a new installation."""
    return installation.database
