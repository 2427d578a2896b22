"""The account of the manager interface."""

from __future__ import annotations

from routing.asterisk.plan import manager_password, phone_password

KEY = bytes(range(32))


def test_passwords_are_all_different() -> None:
    """A telephone's is no manager's, one user's not another's."""
    made = [manager_password(KEY, "1101"), manager_password(KEY, "1102"), phone_password(KEY, "1101")]
    assert 3 == len(set(made))
