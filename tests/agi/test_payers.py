"""Whom a call is about, between the flow and the dialplan."""

from __future__ import annotations

import pytest

from auth_pin import mandates, profiles
from auth_pin.mandates import Entry
from ivr.menus.loading import Loaded
from storage.installation import Installation
from tests.agi.conftest import IDENTIFIER, PIN, Log
from tests.agi.peers import variables
from tests.agi.test_sessions import Line, line
from tests.menu_files import REPRESENTING, SMALL, edited, load_text

__all__ = ["line"]

PAYERS = ("9261847390", "7010364836")
# Prompts before the last one are heard to their ends.
UNCUT = {"STREAM FILE": "200 result=0"}
LOGIN = "4" + f"{IDENTIFIER}#" + PIN


@pytest.fixture(scope="session")
def service() -> Loaded:
    """The small service, whose login asks whom the call is about."""
    return load_text(edited(SMALL, *REPRESENTING))


@pytest.fixture(autouse=True)
def _speaks(installation: Installation, profile: str) -> None:
    """The person of the profile may speak for two payers."""
    entries = [Entry(profile, payer, place, None) for place, payer in enumerate(PAYERS, start=1)]
    with installation.database.writing() as connection:
        mandates.store(connection, installation.key("identifier"), entries)


def test_the_payer_goes_to_the_dialplan_beside_the_identifier(line: Line, log: Log) -> None:
    """In a command of its own; nowhere else, in no log, is the number spoken of."""
    commands = line.calls(LOGIN + "3" + "2", replies=UNCUT)

    assert [f'SET VARIABLE "PAYER" "{PAYERS[1]}"'] == [one for one in commands if PAYERS[1] in one]
    assert [f'SET VARIABLE "IDENTIFIER" "{IDENTIFIER}"'] == [one for one in commands if IDENTIFIER in one]
    assert [] == [payer for payer in PAYERS if payer in log.text]
    assert "full" == variables(commands)["LEVEL"]


def test_matters_of_ones_own_leave_no_payer_of_an_earlier_stay(line: Line) -> None:
    """The variable is emptied: a session that died may have set it."""
    assert 'SET VARIABLE "PAYER" ""' in line.calls(LOGIN + "1" + "2", replies=UNCUT)


def test_a_profile_that_is_gone_shows_no_payer_either(line: Line, installation: Installation) -> None:
    """The call goes on, and nobody is named."""
    line.calls(LOGIN + "2", replies=UNCUT)
    with installation.database.writing() as connection:
        connection.execute(profiles.profiles.update().values(state=profiles.State.BLOCKED))
    commands = line.calls("2")

    assert [] == [one for one in commands if "PAYER" in one or "IDENTIFIER" in one]
    assert "queue" == variables(commands)["IVR_NEXT"]


def test_each_digit_is_a_file_of_its_own(line: Line) -> None:
    """A joined one would be a cache of people's numbers."""
    played = [one for one in line.calls(LOGIN + "-", replies=UNCUT) if "digit-" in one]

    files = [one.split('"')[1].rpartition("/")[2] for one in played]
    assert ["digit-3", "digit-9", "digit-0", "digit-8", "digit-3", "digit-6"] == files[:6]
