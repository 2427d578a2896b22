"""Text messages in a menu file: in every language, short, and with nothing to be filled in."""

from __future__ import annotations

import pytest

from ivr.menus.faults import MenuError
from ivr.menus.messages import MOST_CHARACTERS
from tests.menu_files import SMALL, load_text


def with_message(text: str) -> str:
    """The small file with a message whose English text is this one."""
    return f'{SMALL.rstrip()}\nmessages:\n  reminder:\n    pl: "Zadzwonimy."\n    en: "{text}"\n'


def test_messages_are_by_template_and_language() -> None:
    """As they stand in the file; where there are none, there are none."""
    flow = load_text(with_message("We will call.")).flow
    assert {("reminder", "pl"): "Zadzwonimy.", ("reminder", "en"): "We will call."} == flow.messages
    assert {} == load_text(SMALL).flow.messages


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x" * (MOST_CHARACTERS + 1), "a message has 268 at most"),
        ("We call {name}.", "nothing is filled in"),
    ],
)
def test_what_cannot_be_sent_is_a_fault(text: str, fault: str) -> None:
    """It would cost more, or hold something of a person."""
    with pytest.raises(MenuError) as raised:
        load_text(with_message(text))
    assert any(fault in str(one) for one in raised.value.faults)


def test_every_language_has_its_text() -> None:
    """Nobody is written to in another one."""
    with pytest.raises(MenuError) as raised:
        load_text(with_message("x").replace('    en: "x"\n', ""))
    assert any("the en text is missing" in str(one) for one in raised.value.faults)
