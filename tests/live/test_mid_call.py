"""A caller logs in in the middle of a conversation, and the same two talk on, the consultant knowing who it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import provision
from ivr.events import LoginAsked
from ivr.waits import Transfer
from tests.live import tones
from tests.live.callers import PATIENCE, Talk, account, press, talk
from tests.live.conftest import SHORT_TIMEOUT
from tests.live.stations import Live, hears, hears_caller, hears_music, live, menus_with
from tests.live.stories import IDENTIFIER, PIN, nothing_stays

PENSIONS, BENEFITS = ("1201", "1202"), ("1301", "1302")
LOG_IN = "*4"
FULL = "pl:whisper-pensions-pl-full"


@pytest.fixture(scope="module")
def service(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service with consultants for pensions and for doctors, two IVR processes, and one person's profile."""
    folder = tmp_path_factory.mktemp("mid-call")
    settings = {"queues": {"ring_seconds": 3, "wrap_up_seconds": 0}}
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT), nodes=2, settings=settings) as running:
        running.staff(*PENSIONS, *BENEFITS)
        running.station.centrala("profiles", "add", stdin=f"{IDENTIFIER}\n{PIN}\n")
        yield running


def logs_in(there: Talk, times: int = 1) -> None:
    """The caller keys identifier and PIN as they are asked for."""
    there.ear.wait_for("pl:identifier", times)
    press(there.call, f"{IDENTIFIER}#")
    there.ear.wait_for("pl:pin", times)
    press(there.call, f"{PIN}#")


def joined(there: Talk) -> None:
    """Until the two hear each other again."""
    there.consultant.wait_until(lambda: hears_caller(there.consultant), PATIENCE, "the caller's voice")
    voice = tones.CONSULTANT_VOICES[0]
    there.call.wait_until(lambda: hears(there.call, voice), PATIENCE, "the consultant's voice")


def test_the_caller_logs_in_and_the_two_talk_on(service: Live, ani: str) -> None:
    """The consultant hears music meanwhile, then the level, then the caller; level and subject are the call's."""
    with nothing_stays(service):
        there = talk(service, ani, "2")
        press(there.consultant, LOG_IN)
        there.ear.wait_for("pl:identifier")
        there.consultant.wait_until(lambda: hears_music(there.consultant), PATIENCE, "music")
        logs_in(there)
        tones.Ear(there.consultant, service.table).wait_for(FULL, timeout=PATIENCE)
        joined(there)
        there.end()

    kept = account(service, ani)
    assert ("full", True) == (kept.row.auth_level, kept.row.subject is not None)
    assert [LoginAsked(there.extension)] == [event for event in kept.events if isinstance(event, LoginAsked)]
    assert ["none", "full"] == [turn.wait.auth_level for turn in kept.turns if isinstance(turn.wait, Transfer)]
    assert [(there.extension, "answered")] == [(visit.agent, visit.outcome) for visit in kept.visits]
