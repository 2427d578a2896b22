"""The service where nobody may log in by keys."""

from __future__ import annotations

import pytest

from ivr.definition import Authentication, Flow, Menu
from ivr.exploration import explore
from tests.menu_files import SMALL, load_text

SECRETS = {"PIN right", "PIN wrong"}


@pytest.fixture(scope="module", params=["shipped", "small"])
def variant(request: pytest.FixtureRequest, flow: Flow) -> tuple[Flow, Flow]:
    """A service, and the same without logins."""
    whole = flow if request.param == "shipped" else load_text(SMALL).flow
    assert whole.without_login is not None
    return whole, whole.without_login


def test_nothing_leads_to_a_login(variant: tuple[Flow, Flow]) -> None:
    """Whatever a caller keys and whatever becomes of it, neither an identifier nor a PIN is ever asked for."""
    whole, less = variant
    assert SECRETS <= {one.event for one in explore(whole).transitions}
    assert not any("PIN" in one.event or one.event in SECRETS for one in explore(less).transitions)
    assert [] == [step for step in less.steps.values() if isinstance(step, Authentication)]


def test_no_menu_offers_one(variant: tuple[Flow, Flow]) -> None:
    """What is heard is what keys do: an option that is not there is not spoken of."""
    whole, less = variant
    for name, menu in less.steps.items():
        if isinstance(menu, Menu):
            before = whole.steps[name]
            assert isinstance(before, Menu)
            gone = before.options.keys() - menu.options.keys()
            assert all(isinstance(whole.steps[before.options[key].to], Authentication) for key in gone)
            for lang in less.languages:
                is_same = whole.prompts[name, lang] == less.prompts[name, lang]
                assert is_same == (not gone)


def test_all_other_steps_are_the_same(variant: tuple[Flow, Flow]) -> None:
    """So that a call may pass from one to the other, as in a queue."""
    whole, less = variant
    others = [name for name, step in whole.steps.items() if not isinstance(step, Authentication | Menu)]
    assert [whole.steps[name] for name in others] == [less.steps[name] for name in others]
    assert (whole.steps.keys(), whole.version) == (less.steps.keys(), less.version)
