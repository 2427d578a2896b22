"""A carrier's leg is taken by its channel, and the dialplan is told before anything else."""

from __future__ import annotations

import io

import pytest
from asterisk.agi import AGIHangup

from ivr.gateways.agi.leg import taken
from ivr.gateways.agi.protocol import SafeAGI
from ivr.library import Library
from ivr.live import Arrival, Live, unanswered
from tests.agi.peers import introduction, new_call_id

CALL, CHANNEL = new_call_id(), "1795942800.17"


class Taking:
    """Takes every leg, and keeps which and on which channel."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.legs: list[tuple[str, str, str]] = []

    def __call__(self, *leg: str) -> Live:
        """Take one."""
        call_id, told, channel = leg
        self.legs.append((call_id, told, channel))
        return self.live


@pytest.fixture
def taking(library: Library) -> Taking:
    """Who takes legs."""
    return Taking(unanswered(Arrival(CALL, "twilio", "", ""), library.current))


def agi(written: io.BytesIO, replies: bytes, **introduced: str) -> SafeAGI:
    """A conversation with an Asterisk that replies so."""
    return SafeAGI(io.BytesIO(introduction(CALL, "leg", **introduced) + replies), written)


def test_the_dialplan_is_told_that_a_leg_is_taken(taking: Taking) -> None:
    """From then on the end of its channel is the end of the call."""
    written = io.BytesIO()
    assert taking.live is taken(agi(written, b"200 result=1\n", uniqueid=CHANNEL), taking, CALL, "1:help")
    assert [(CALL, "1:help", CHANNEL)] == taking.legs
    assert b'SET VARIABLE "LEG_TAKEN" "yes"\n' == written.getvalue()


@pytest.mark.parametrize("introduced", [{}, {"uniqueid": ""}, {"uniqueid": "1 2"}], ids=["none", "empty", "space"])
def test_a_leg_on_no_channel_is_refused(taking: Taking, introduced: dict[str, str]) -> None:
    """Nobody could take it again, and anybody could."""
    written = io.BytesIO()
    assert taken(agi(written, b"", **introduced), taking, CALL, "1:help") is None
    assert [] == taking.legs
    assert b"" == written.getvalue()


def test_a_caller_who_goes_while_the_leg_is_taken_is_noticed(taking: Taking) -> None:
    """The session ends as it does everywhere else."""
    with pytest.raises(AGIHangup):
        taken(agi(io.BytesIO(), b"HANGUP\n", uniqueid=CHANNEL), taking, CALL, "1:help")
