"""The account of the manager interface, and what is known by the menus of those whom it tells of."""

from __future__ import annotations

from datetime import UTC, datetime

from centrala.following import wrap_up_of
from centrala.settings import Settings
from ivr.library import Library
from routing.asterisk.plan import manager_password, phone_password
from storage.database import Database
from tests.menu_files import SMALL, edited, load_text

KEY = bytes(range(32))


def test_passwords_are_all_different() -> None:
    """A telephone's is no manager's, one user's not another's."""
    made = [manager_password(KEY, "1101"), manager_password(KEY, "1102"), phone_password(KEY, "1101")]
    assert 3 == len(set(made))


def test_wrap_up_is_the_groups_own_or_that_of_the_settings(database: Database) -> None:
    """For the queues of its further languages, too; a queue that no menu knows any more has the usual one."""
    library = Library(database)
    own = ("help: {hours: daytime,", "help: {hours: daytime, wrap_up: 45,")
    library.publish(load_text(edited(SMALL, own)), datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    settings = Settings.model_validate({"queues": {"wrap_up_seconds": 7}})
    assert [45, 45, 7] == [wrap_up_of(library, settings, name) for name in ("help", "help-en", "unheard-of")]
