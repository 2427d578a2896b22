"""Asterisks that harm callers who are listened to are known by their version."""

from __future__ import annotations

import pytest

from speech.asterisks import is_mended


@pytest.mark.parametrize(
    ("version", "mended"),
    [
        ("22.10.1~dfsg+~cs6.17", False),
        ("21.12.0", False),
        ("23.4.0", False),
        ("certified-22.8-cert1", False),
        ("22.11.0-rc2+dfsg", True),
        ("23.5.0", True),
        ("24.0.0", True),
        ("GIT-22-1a2b3c", True),
        ("", True),
    ],
)
def test_each_branch_has_a_first_one_that_does_no_harm(version: str, mended: bool) -> None:
    """What does not tell is not blamed."""
    assert mended is is_mended(version)
