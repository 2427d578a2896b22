"""Logins in the middle of a conversation while others wait for the same consultants, or listen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import provision
from demo.phone import Call, IncomingCall, sounds
from ivr.events import LoginAsked
from tests.live import dtmf, tones
from tests.live.callers import PATIENCE, Talk, account, answered, press, recorded, talk, to_topic
from tests.live.conftest import SHORT_TIMEOUT
from tests.live.logins import (
    FULL,
    LOG_IN,
    SHORTEST_LOGIN,
    VOICE,
    asks,
    keys_both,
    levels,
    longest_silence,
    sings,
    told,
    up,
)
from tests.live.stations import Live, hears, hears_caller, hears_music, live, menus_with
from tests.live.stories import IDENTIFIER, PIN, nothing_stays, wait_for

PENSIONS, DOCTORS = ("1201", "1202"), ("1301",)
COLLEAGUE_VOICE = tones.CONSULTANT_VOICES[1]


@pytest.fixture(scope="module")
def service(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service with two consultants for pensions and a colleague, and one person's profile."""
    folder = tmp_path_factory.mktemp("company")
    settings = {"queues": {"wrap_up_seconds": 0}}
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT), settings=settings) as running:
        running.staff(*PENSIONS, *DOCTORS)
        running.station.centrala("profiles", "add", stdin=f"{IDENTIFIER}\n{PIN}\n")
        yield running


def takes_a_break(live: Live, *desks: str) -> None:
    """After the conversation that they are in, if they are in one."""
    assert live.station.asterisk is not None
    for desk in desks:
        live.station.asterisk.rx(f"database put break {desk} lunch")
        live.station.asterisk.rx(f"queue pause member PJSIP/{desk}")


def comes_back(live: Live, desk: str) -> None:
    """From the break."""
    assert live.station.asterisk is not None
    live.station.asterisk.rx(f"database del break {desk}")
    live.station.asterisk.rx(f"queue unpause member PJSIP/{desk}")


def test_who_is_left_alone_goes_before_later_callers_and_behind_earlier_ones(
    service: Live, numbers: Callable[[], str]
) -> None:
    """By when each began to wait: one who was sent on has waited since before, and somebody else has just come."""
    before, ani, after = numbers(), numbers(), numbers()
    with nothing_stays(service):
        earlier = talk(service, before, "2")
        there = talk(service, ani, "2")
        takes_a_break(service, *PENSIONS)
        later = to_topic(service, after, "2")
        press(earlier.consultant, "*22")
        earlier.consultant.wait_ended()
        asks(there)
        there.consultant.hang_up()
        there.consultant.wait_ended()
        keys_both(there)
        there.ear.wait_for("pl:conversation-cut-off", timeout=PATIENCE)
        for call in (earlier.call, there.call, later[0]):
            call.wait_until(lambda call=call: hears_music(call), PATIENCE, "music")  # type: ignore[misc]
        comes_back(service, PENSIONS[0])
        waiting = [(before, earlier.call, earlier.ear), (ani, there.call, there.ear), (after, *later)]
        for place, (number, call, ear) in enumerate(waiting):
            served = answered(service, number, call, ear)
            assert [None] * (2 - place) == [service.consultant_of(one[0]) for one in waiting[place + 1 :]]
            served.end()
        comes_back(service, PENSIONS[1])

    begun = [account(service, number).visits[-1].enqueued_at for number in (before, ani, after)]
    assert sorted(begun) == begun
    assert [FULL] == tones.Ear(served_by(service, ani), service.table).keys()


def served_by(live: Live, ani: str) -> IncomingCall:
    """The last call of a consultant with that caller."""
    return [call for desk in PENSIONS for call in live.desks[desk].incoming if call.caller == ani][-1]


def hear(call: Call, *voices: int) -> None:
    """Until these voices are heard together."""
    call.wait_until(lambda: all(hears(call, hertz) for hertz in voices), PATIENCE, f"the voices {voices}")


def test_of_three_who_talk_nobody_hears_or_records_the_login(service: Live, ani: str) -> None:
    """Neither recording has a key's sound, and all three talk on; the colleague cannot have the caller log in."""
    with nothing_stays(service):
        there, colleague = three_talk(service, ani)
        press(colleague, LOG_IN)
        colleague.wait_until(lambda: not colleague.pressing, PATIENCE, "the keys to be sent")
        hear(colleague, VOICE, tones.CALLER_VOICE)
        asks(there)
        sings(there.call, PIN)
        keys_both(there)
        told(service, there, FULL)
        hear(colleague, VOICE, tones.CALLER_VOICE)
        hear(there.consultant, COLLEAGUE_VOICE, tones.CALLER_VOICE)
        assert "" == there.consultant.keys + colleague.keys
        there.wait(1)
        there.consultant.hang_up()
        there.consultant.wait_ended()
        there.call.hang_up()
        colleague.wait_ended()

    kept = account(service, ani)
    assert ("full", 2) == (kept.row.auth_level, len(kept.parts))
    assert [LoginAsked(there.extension)] == [one for one in kept.events if isinstance(one, LoginAsked)]
    for part in kept.parts:
        assert part.pauses
        heard, spoken = (recorded(service, name) for name in (part.caller_file, part.agent_file))
        assert ["", ""] == [dtmf.decoded(sound) for sound in (heard, spoken)]
        assert SHORTEST_LOGIN < longest_silence(heard)
    first = recorded(service, kept.parts[0].caller_file)
    assert any(levels(first[-tones.RATE :], tones.CALLER_VOICE))


def three_talk(live: Live, ani: str) -> tuple[Talk, IncomingCall]:
    """A caller, a consultant and the colleague who was asked."""
    there = talk(live, ani, "2")
    press(there.consultant, "*36")
    wait_for(lambda: up(live, DOCTORS), "a colleague")
    (colleague,) = up(live, DOCTORS)
    colleague.play(sounds.tone(COLLEAGUE_VOICE))
    hear(there.consultant, COLLEAGUE_VOICE)
    press(there.consultant, "*3")
    colleague.wait_until(lambda: hears_caller(colleague), PATIENCE, "the caller's voice")
    return there, colleague
