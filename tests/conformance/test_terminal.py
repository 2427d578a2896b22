"""Every script in a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.definition import Flow
from ivr.scripts import Script, coverage
from tests.conformance.scenes import Scenes
from tests.conformance.told import Told, differences, foretold


def test_scripts_cover_every_transition_of_the_shipped_menus(flow: Flow, written: Scenes) -> None:
    """Whatever a caller can do anywhere is done in some script."""
    assert () == coverage(flow, written.exploration, written.all).missed


def test_every_script_goes_in_a_terminal_as_the_flow_says(
    flow: Flow, in_terminal: Mapping[Script, tuple[Told, ...]]
) -> None:
    """The terminal commits the very events, states and prompts that the flow alone gives for the script."""
    wrong = differences({script: foretold(flow, script) for script in in_terminal}, in_terminal)
    assert [] == wrong, "\n\n".join(wrong)
