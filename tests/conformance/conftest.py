"""Every script is played once over each gateway; the tests look at what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from ivr.definition import Flow
from ivr.library import Library
from ivr.menus.loading import Loaded
from ivr.scripts import Coverage, Script, coverage
from storage.installation import open_installation
from tests.carried import carried
from tests.conformance.by_telephone import Outcome
from tests.conformance.by_terminal import MORNING, Terminal
from tests.conformance.by_twilio import Webhooks
from tests.conformance.scenes import Scenes, scenes
from tests.conformance.stages import play_all
from tests.conformance.told import Told, foretold
from tests.conftest import CLOSING_WORDS
from tests.live.stations import require_asterisk


@pytest.fixture(scope="session")
def written(flow: Flow) -> Scenes:
    """The scripts of the shipped menus."""
    return scenes(flow)


@pytest.fixture(scope="session")
def in_terminal(
    written: Scenes, shipped: Loaded, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[Script, tuple[Told, ...]]:
    """What each script led to in a terminal."""
    home = tmp_path_factory.mktemp("terminal")
    installation = open_installation({"CENTRALA_HOME": str(home)})
    terminal = Terminal(installation, shipped)
    told = {script: terminal.play(script) for script in written.all}
    installation.database.close()
    return told


@pytest.fixture(scope="session")
def over_webhooks(
    written: Scenes, shipped: Loaded, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[Script, tuple[Told, ...]]:
    """What each script led to over webhooks."""
    installation = open_installation({"CENTRALA_HOME": str(tmp_path_factory.mktemp("webhooks"))})
    library = Library(installation.database)
    library.publish(shipped, MORNING)
    with carried(installation, library) as service:
        webhooks = Webhooks(service)
        told = {script: webhooks.play(script) for script in written.all}
    installation.database.close()
    return told


@pytest.fixture(scope="session")
def by_telephone(written: Scenes, tmp_path_factory: pytest.TempPathFactory) -> Mapping[Script, Outcome]:
    """What each script led to on a real Asterisk."""
    require_asterisk()
    return play_all(written, tmp_path_factory.mktemp("telephone"))


@pytest.fixture
def covered(
    flow: Flow, written: Scenes, by_telephone: Mapping[Script, Outcome], record_property: Callable[[str, object], None]
) -> Coverage:
    """What the scripts cover that went by telephone as the flow says; the run ends with how much that is."""
    right = [script for script, outcome in by_telephone.items() if outcome.told == foretold(flow, script)]
    found = coverage(flow, written.exploration, right)
    total, *missed = str(found).splitlines()
    record_property(CLOSING_WORDS, "\n".join([f"{total} of menus.yaml", *missed]))
    return found
