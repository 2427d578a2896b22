"""A caller withdraws consent in the conversation: recording stops at once, and nothing that was recorded stays."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

import provision
from demo.phone import Call, IncomingCall, sounds
from ivr.events import ConsentWithdrawn
from ivr.waits import Transfer
from recordings import catalogue, rejected
from recordings.identity import of_call
from recordings.intake import WITHDRAWN
from tests.live import tones
from tests.live.callers import (
    PATIENCE,
    Account,
    Talk,
    account,
    answered,
    press,
    recorded,
    recorded_files,
    row_of,
    talk,
    talk_at_once,
    to_topic,
)
from tests.live.conftest import SHORT_TIMEOUT
from tests.live.stations import Live, hears, live, menus_with
from tests.live.stories import node, nothing_stays, stand_up, wait_for

PENSIONS, BENEFITS = ("1201", "1202"), ("1301", "1302")
WITHDRAW, SEND_ON, ASK, ALL_THREE = "*9", "*2", "*3", "*3"
FIRST_VOICE, COLLEAGUE_VOICE = tones.CONSULTANT_VOICES[1:3]
BY_KEY = ("\n  consent: notice", "\n  consent: ask")
UNRECORDED = "pl:code-unrecorded"


@pytest.fixture(scope="module")
def groups(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service with consultants for pensions and for doctors."""
    folder = tmp_path_factory.mktemp("withdrawing")
    settings = {"queues": {"wrap_up_seconds": 0}}
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT), settings=settings) as running:
        running.staff(*PENSIONS, *BENEFITS)
        yield running


@pytest.fixture(scope="module")
def asking(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service that asks for consent by a key."""
    folder = tmp_path_factory.mktemp("asking-first")
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT, BY_KEY)) as running:
        running.staff(*BENEFITS)
        yield running


def withdraws(live: Live, desk: IncomingCall, times: int = 1) -> None:
    """The consultant keys the code, and hears that the conversation is not recorded."""
    press(desk, WITHDRAW)
    ear = tones.Ear(desk, live.table)
    ear.wait_end_of(UNRECORDED, times)


def id_of(live: Live, ani: str) -> str:
    """The call from that number."""
    row = row_of(live, ani)
    assert row is not None
    return row.id


def closed(live: Live, ani: str, parts: int = 1) -> list[str]:
    """The call's files, none of which is written any more."""
    names = recorded_files(live, id_of(live, ani))
    assert 2 * parts == len(names)
    for name in names:
        recorded(live, name)
    return names


def taken_in(live: Live) -> dict[str, int]:
    """Take in what is there."""
    told: dict[str, int] = json.loads(live.station.centrala("recordings", "intake", "--json"))
    return told


def hear(call: Call, *voices: int) -> None:
    """Until these voices are heard at once."""
    call.wait_until(lambda: all(hears(call, hertz) for hertz in voices), PATIENCE, f"the voices {voices}")


def nothing_kept(live: Live, kept: Account, parts: int) -> None:
    """The call has so many recorded parts, and nothing of them is left once they were taken in."""
    assert parts == len(kept.parts)
    taken_in(live)
    assert [] == recorded_files(live, kept.row.id)
    with live.database.reading() as connection:
        assert () == catalogue.of_call(connection, kept.row.id)
        why = [rejected.of_origin(connection, of_call(kept.row.id, part.seq)) for part in kept.parts]
    assert [WITHDRAWN] * parts == [one.reason for one in why if one is not None]


def test_recording_stops_and_nothing_of_it_is_kept(groups: Live, ani: str) -> None:
    """Both sides' files are closed while the two go on talking; the flow knows; the intake destroys them."""
    with nothing_stays(groups):
        there = talk(groups, ani, "2")
        there.wait(1)
        withdraws(groups, there.consultant)
        files = closed(groups, ani)
        there.wait(1)
        assert there.consultant.up
        there.end()

    kept = account(groups, ani)
    assert [(True, True)] == [(one.given, one.withdrawn_at is not None) for one in kept.consents]
    assert 1 == kept.events.count(ConsentWithdrawn())
    assert kept.turns[-1].state.consent is False
    assert {"taken_in": 0, "withdrawn": 1} == taken_in(groups)
    assert ([], 2) == (recorded_files(groups, kept.row.id), len(files))
    with groups.database.reading() as connection:
        why = rejected.of_origin(connection, of_call(kept.row.id, kept.parts[0].seq))
    assert why is not None
    assert (WITHDRAWN, False) == (why.reason, why.quarantined)


def test_after_a_transfer_nothing_is_recorded(groups: Live, numbers: Callable[[], str]) -> None:
    """Whoever the caller is sent on to; and a call beside it is recorded as ever."""
    ani, beside = numbers(), numbers()
    with nothing_stays(groups):
        talks = talk_at_once(groups, {ani: "2", beside: "2"})
        first, other = talks[ani], talks[beside]
        withdraws(groups, first.consultant)
        press(first.consultant, SEND_ON + "6")
        first.consultant.wait_ended()
        second = answered(groups, ani, first.call, first.ear)
        second.wait(1)
        assert 2 == len(closed(groups, ani)), "those of the first conversation"
        # Keyed once more, where nothing is recorded: it is said, and nothing else comes of it.
        withdraws(groups, second.consultant)
        second.end()
        other.wait(1)
        other.end()

    kept, ordinary = account(groups, ani), account(groups, beside)
    # The withdrawal is a turn of its own.
    assert [True, False, False] == [turn.wait.recorded for turn in kept.turns if isinstance(turn.wait, Transfer)]
    assert 1 == kept.events.count(ConsentWithdrawn())
    nothing_kept(groups, kept, parts=1)
    with groups.database.reading() as connection:
        assert 1 == len(catalogue.of_call(connection, ordinary.row.id))


def test_keyed_twice_it_is_withdrawn_once(groups: Live, ani: str) -> None:
    """The consultant hears the same again."""
    there = talk(groups, ani, "2")
    withdraws(groups, there.consultant)
    withdraws(groups, there.consultant, times=2)
    there.end()

    kept = account(groups, ani)
    assert (1, 1) == (kept.events.count(ConsentWithdrawn()), len(kept.consents))
    nothing_kept(groups, kept, parts=1)


def test_with_the_ivr_dead_it_is_kept_in_mind(groups: Live, ani: str) -> None:
    """The note tells it to the process that runs next, and the caller hangs up in the moment in which it is keyed."""
    there = talk(groups, ani, "2")
    node(groups, 0).kill()
    try:
        press(there.consultant, WITHDRAW)
        there.consultant.wait_until(lambda: not there.consultant.pressing, PATIENCE, "the keys to be sent")
        wait_for(lambda: list((groups.station.home / "spool").glob("*.withdrawn")), "the note")
        there.call.hang_up()
        there.consultant.wait_ended()
    finally:
        stand_up(groups)

    kept = account(groups, ani)
    assert 1 == kept.events.count(ConsentWithdrawn())
    nothing_kept(groups, kept, parts=1)


@pytest.mark.parametrize("who", ["first", "colleague"])
def test_among_three_either_consultant_stops_both_recordings(groups: Live, ani: str, who: str) -> None:
    """That of the other bridge as well: all four files are closed while the three go on talking."""
    with nothing_stays(groups):
        first, colleague = three_talk(groups, ani)
        withdraws(groups, first.consultant if who == "first" else colleague)
        closed(groups, ani, parts=2)
        hear(first.call, FIRST_VOICE, COLLEAGUE_VOICE)
        first.consultant.hang_up()
        first.consultant.wait_ended()
        first.call.hang_up()
        colleague.wait_ended()

    nothing_kept(groups, account(groups, ani), parts=2)


def test_when_the_caller_has_gone_no_recording_begins_again(groups: Live, ani: str) -> None:
    """Though the consultants hear others than before: what was withdrawn stays so while they talk on."""
    with nothing_stays(groups):
        first, colleague = three_talk(groups, ani)
        withdraws(groups, first.consultant)
        before = {name: len(recorded(groups, name)) for name in closed(groups, ani, parts=2)}
        first.call.hang_up()
        until = colleague.recording.seconds + 2
        colleague.wait_until(lambda: colleague.recording.seconds >= until, PATIENCE, "the two to talk on")
        hear(colleague, FIRST_VOICE)
        first.consultant.hang_up()
        colleague.wait_ended()
        assert before == {name: len(recorded(groups, name)) for name in before}

    nothing_kept(groups, account(groups, ani), parts=2)


def three_talk(live: Live, ani: str) -> tuple[Talk, IncomingCall]:
    """A caller, a consultant, and the colleague whom they have asked."""
    first = talk(live, ani, "2")
    press(first.consultant, ASK + "6")
    colleague = picked_up_by(live, BENEFITS)
    first.consultant.play(sounds.tone(FIRST_VOICE))
    colleague.play(sounds.tone(COLLEAGUE_VOICE))
    hear(colleague, FIRST_VOICE)
    press(first.consultant, ALL_THREE)
    hear(first.call, FIRST_VOICE, COLLEAGUE_VOICE)
    return first, colleague


def picked_up_by(live: Live, desks: tuple[str, ...]) -> IncomingCall:
    """The call that one of these consultants has just answered."""

    def up() -> list[IncomingCall]:
        return [call for desk in desks for call in live.desks[desk].incoming if call.up]

    wait_for(up, "a colleague")
    (call,) = up()
    return call


def test_who_never_agreed_withdraws_nothing(asking: Live, ani: str) -> None:
    """The consultant hears that nothing is recorded, which is so, and there is neither an event nor a note."""
    call, ear = to_topic(asking, ani, "6")
    ear.wait_for("pl:recording-question")
    press(call, "2")
    there = answered(asking, ani, call, ear)
    withdraws(asking, there.consultant)
    there.end()

    kept = account(asking, ani)
    assert [(False, None)] == [(one.given, one.withdrawn_at) for one in kept.consents]
    assert 0 == kept.events.count(ConsentWithdrawn())
