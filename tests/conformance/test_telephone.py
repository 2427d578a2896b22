"""Every script on a real Asterisk."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ivr.scripts import Coverage, Script
from tests.conformance.by_telephone import Outcome
from tests.conformance.told import Told, differences

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]


def test_every_caller_hears_the_prompts_of_the_committed_turns(by_telephone: Mapping[Script, Outcome]) -> None:
    """In order, each to its end unless the caller's own key or hang-up cut it: read from the callers' RTP."""
    faults = [outcome.fault for outcome in by_telephone.values() if outcome.fault]
    assert [] == faults, "\n\n".join(faults)


def test_every_script_goes_by_telephone_as_in_a_terminal(
    by_telephone: Mapping[Script, Outcome], in_terminal: Mapping[Script, tuple[Told, ...]]
) -> None:
    """Both gateways commit the same events, states and prompts."""
    wrong = differences(in_terminal, {script: outcome.told for script, outcome in by_telephone.items()})
    assert [] == wrong, "\n\n".join(wrong)


def test_calls_by_telephone_cover_every_transition(covered: Coverage) -> None:
    """What was not only written but went as the flow says, on a real Asterisk, covers all of menus.yaml."""
    assert () == covered.missed
