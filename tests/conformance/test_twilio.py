"""Every script over webhooks."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ivr.scripts import Script
from tests.conformance.told import Told, differences

pytestmark = pytest.mark.timeout(1800)


def test_every_script_goes_over_webhooks_as_in_a_terminal(
    over_webhooks: Mapping[Script, tuple[Told, ...]], in_terminal: Mapping[Script, tuple[Told, ...]]
) -> None:
    """Both gateways commit the same events, states and prompts."""
    wrong = differences(in_terminal, over_webhooks)
    assert [] == wrong, "\n\n".join(wrong)
