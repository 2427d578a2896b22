"""The account of the manager interface, and the process that uses it."""

from __future__ import annotations

import pytest

from centrala.settings import Settings
from routing.asterisk.plan import manager_password, phone_password

KEY = bytes(range(32))


def test_passwords_are_all_different() -> None:
    """A telephone's is no manager's, one user's not another's."""
    made = [manager_password(KEY, "1101"), manager_password(KEY, "1102"), phone_password(KEY, "1101")]
    assert 3 == len(set(made))


@pytest.mark.parametrize(
    ("ami", "reader"),
    [
        ({}, "10.0.0.1:4573"),
        ({"node": "10.0.0.2:4573"}, "10.0.0.2:4573"),
        (None, None),
    ],
)
def test_one_process_reads(ami: dict[str, str] | None, reader: str | None) -> None:
    """The one that is named, else the first; none where there is nothing to read."""
    nodes = {"nodes": ["10.0.0.1:4573", "10.0.0.2:4573"]}
    assert reader == Settings.model_validate({"ivr": nodes, "asterisk": {"ami": ami}}).manager_reader
