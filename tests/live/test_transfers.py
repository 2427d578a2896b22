"""Consultants who send callers on: what goes with the call, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

import provision
from demo.phone import IncomingCall, Ring, sounds
from demo.phone.call import Call
from ivr.waits import Transfer
from routing.visits import Visit
from tests.live import tones
from tests.live.callers import (
    PATIENCE,
    Talk,
    account,
    answered,
    choose,
    desks_react,
    is_heard,
    press,
    recorded,
    recorded_files,
    row_of,
    talk,
)
from tests.live.conftest import SHORT_TIMEOUT
from tests.live.stations import Live, hears, hears_music, live, menus_with
from tests.live.stories import IDENTIFIER, PIN, node, nothing_stays, stand_up

PENSIONS, BENEFITS, INSURED = ("1201", "1202"), ("1301", "1302"), "1401"
# Whom the person of the profile speaks for, and chooses.
PAYER = "9261847390"
LOGIN = (("main", "2"), ("identifier", f"{IDENTIFIER}#"), ("pin", f"{PIN}#"), ("authentication-others", "2"))
SEND_ON, ASK = "*2", "*3"
ALL_THREE, BACK = "*3", "*1"
FIRST_VOICE, COLLEAGUE_VOICE = tones.CONSULTANT_VOICES[1:3]
KEY_SECONDS, GAP_SECONDS = 0.1, 0.1


@pytest.fixture(scope="module")
def groups(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service with consultants for pensions and for doctors, and one person's profile."""
    folder = tmp_path_factory.mktemp("groups")
    settings = {"queues": {"wrap_up_seconds": 0}}
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT), settings=settings) as running:
        running.staff(*PENSIONS, *BENEFITS, INSURED)
        running.station.centrala("profiles", "add", stdin=f"{IDENTIFIER}\n{PIN}\n")
        (folder / "mandates.csv").write_text(f"identifier,payer\n{IDENTIFIER},{PAYER}\n", "ascii")
        running.station.centrala("profiles", "mandates", "import", str(folder / "mandates.csv"))
        yield running


def _press(call: Call, keys: str) -> None:
    call.press(keys, KEY_SECONDS, GAP_SECONDS)
    call.wait_until(lambda: not call.pressing, what="the keys to be sent")


def _send_on(there: Talk, key: str) -> None:
    """The consultant sends the caller on and is out of the call."""
    _send_on_from(there.consultant, key)


def _send_on_from(desk: IncomingCall, key: str) -> None:
    _press(desk, SEND_ON + key)
    desk.wait_ended()


def test_a_caller_who_is_sent_on_is_answered_there(groups: Live, ani: str) -> None:
    """By the other group, which hears the topic; consent stays, and each stay is kept, with its recording."""
    with nothing_stays(groups):
        first = talk(groups, ani, "2")
        first.wait(1)
        _send_on(first, "6")
        second = answered(groups, ani, first.call, first.ear)
        second.wait(1)
        second.end()

    desk = tones.Ear(second.consultant, groups.table)
    kept = account(groups, ani)
    assert (first.extension in PENSIONS, second.extension in BENEFITS) == (True, True)
    assert ["pl:whisper-doctors-pl-none"] == desk.keys()
    assert ("topic=doctors;lang=pl;level=none",) == second.consultant.headers.all("X-Centrala")
    assert ["pl:connecting", "pl:connecting", "pl:goodbye"] == first.ear.keys()[-3:]
    stays = [(visit.topic, visit.queue, visit.agent, visit.outcome) for visit in kept.visits]
    assert [
        ("pensions", "pensions", first.extension, "answered"),
        ("doctors", "benefits", second.extension, "answered"),
    ] == stays
    assert 1 == len(kept.consents)
    assert [first.extension, second.extension] == [part.agent for part in kept.parts]
    for part in kept.parts:
        assert is_heard(recorded(groups, part.agent_file), tones.CONSULTANT_VOICES[0])
    assert ("doctors", "completed") == (kept.row.topic, kept.row.cause)


def test_the_level_and_the_payer_go_with_the_call(groups: Live, ani: str) -> None:
    """Who has logged in, and for whom they speak, is known to the second consultant, too."""
    call, ear = choose(groups, ani, *LOGIN)
    for prompt, key in (("pl:personal", "0"), ("pl:topics", "6")):
        ear.wait_for(prompt)
        press(call, key)
    first = answered(groups, ani, call, ear)
    _send_on(first, "2")
    second = answered(groups, ani, call, ear)
    second.end()

    known = f"topic=pensions;lang=pl;level=full;identifier={IDENTIFIER};payer={PAYER}"
    assert (known,) == second.consultant.headers.all("X-Centrala")
    waits = [turn.wait for turn in account(groups, ani).turns if isinstance(turn.wait, Transfer)]
    assert [("doctors", "full"), ("pensions", "full")] == [(wait.topic, wait.auth_level) for wait in waits]


def test_the_caller_hears_music_on_the_way(groups: Live, ani: str) -> None:
    """While the consultant keys, and while the other group's telephone rings; then leaves, and nothing stays."""
    with nothing_stays(groups), desks_react(groups, Ring(), *BENEFITS):
        first = talk(groups, ani, "2")
        _press(first.consultant, SEND_ON)
        first.call.wait_until(lambda: hears_music(first.call), what="music")
        assert first.consultant.up
        _press(first.consultant, "3")
        first.consultant.wait_ended()
        first.call.wait_until(lambda: hears_music(first.call), what="music")
        first.call.wait_until(lambda: _ringing(groups, ani), PATIENCE, "a telephone to ring")
        first.call.hang_up()

    assert ["answered", "abandoned"] == [visit.outcome for visit in account(groups, ani).visits]


def _ringing(running: Live, ani: str) -> bool:
    offered = (call for extension in BENEFITS for call in running.desks[extension].incoming)
    return any(call.caller == ani and not call.up and not call.ended for call in offered)


def test_a_key_that_leads_nowhere_sends_nobody_on(groups: Live, ani: str) -> None:
    """The consultant hears a beep and is with the caller again."""
    first = talk(groups, ani, "2")
    _press(first.consultant, SEND_ON + "9")
    first.call.wait_until(lambda: hears_music(first.call), what="music")
    first.consultant.wait_until(lambda: not hears_music(first.call), PATIENCE, "the caller again")
    first.wait(1)
    first.end()

    assert [("pensions", "answered")] == [(visit.queue, visit.outcome) for visit in account(groups, ani).visits]


def test_callers_send_nobody_on(groups: Live, ani: str) -> None:
    """What they key in a conversation is theirs."""
    first = talk(groups, ani, "2")
    _press(first.call, SEND_ON + "6")
    first.wait(2)
    assert first.consultant.up
    first.end()

    assert 1 == len(account(groups, ani).visits)


def test_a_consultant_is_free_after_sending_on(groups: Live, numbers: Callable[[], str]) -> None:
    """For the next caller, as after any conversation."""
    anis = [numbers() for _ in range(3)]
    first = talk(groups, anis[0], "2")
    _send_on(first, "6")
    answered(groups, anis[0], first.call, first.ear).end()
    both = [talk(groups, ani, "2") for ani in anis[1:]]
    for one in both:
        one.end()

    assert set(PENSIONS) == {one.extension for one in both}


def _asks(live: Live, first: Talk, key: str) -> IncomingCall:
    """A colleague of the other group has picked up, and the two consultants hear each other."""
    _press(first.consultant, ASK + key)
    first.call.wait_until(lambda: _picked_up(live), PATIENCE, "a colleague")
    (colleague,) = _picked_up(live)
    first.consultant.play(sounds.tone(FIRST_VOICE))
    colleague.play(sounds.tone(COLLEAGUE_VOICE))
    _hear(colleague, FIRST_VOICE)
    _hear(first.consultant, COLLEAGUE_VOICE)
    return colleague


def _picked_up(live: Live) -> list[IncomingCall]:
    return [call for extension in BENEFITS for call in live.desks[extension].incoming if call.up]


@contextmanager
def _numbered(live: Live, *firsts: int) -> Iterator[None]:
    """The packets of the telephones that join a conversation have these numbers, in their order."""
    drawn, draws = live.exchange.first_sequence, iter(firsts)
    live.exchange.first_sequence = lambda: next(draws)
    try:
        yield
    finally:
        live.exchange.first_sequence = drawn


def _last_heard(live: Live, name: str) -> set[int]:
    """The voices in the last second of a recorded file."""
    voices = (tones.CALLER_VOICE, FIRST_VOICE, COLLEAGUE_VOICE)
    last = recorded(live, name)[-tones.RATE :]
    return {hertz for hertz in voices if is_heard(last, hertz)}


def _talk_on(call: Call) -> None:
    until = call.recording.seconds + 2
    call.wait_until(lambda: call.recording.seconds >= until, PATIENCE, "a conversation")


def _hear(call: Call, *voices: int) -> None:
    call.wait_until(lambda: all(hears(call, hertz) for hertz in voices), PATIENCE, f"the voices {voices}")


def test_a_colleague_who_was_asked_takes_the_caller_over(groups: Live, ani: str) -> None:
    """The caller hears music while the two talk; each has a stay and a recorded part of their own.

    The caller's packets have lower numbers than the first consultant's: the colleague's recording has them too.
    """
    with nothing_stays(groups), _numbered(groups, 100, 30_000, 15_000):
        first = talk(groups, ani, "2")
        first.wait(1)
        colleague = _asks(groups, first, "6")
        assert hears_music(first.call)
        first.consultant.hang_up()
        _hear(colleague, tones.CALLER_VOICE)
        _hear(first.call, COLLEAGUE_VOICE)
        _talk_on(colleague)
        colleague.hang_up()
        first.call.wait_ended()

    kept = account(groups, ani)
    assert ani == colleague.caller
    assert ("topic=pensions;lang=pl;level=none",) == colleague.headers.all("X-Centrala")
    before, after = kept.visits
    assert (first.extension, "pensions", "pensions", "answered") == _of(before)
    assert (after.agent in BENEFITS, ("doctors", "benefits", "answered")) == (True, _of(after)[1:])
    assert before.left_at == after.enqueued_at == after.answered_at
    assert [before.agent, after.agent] == [part.agent for part in kept.parts]
    assert sorted(recorded_files(groups, kept.row.id)) == sorted(
        name for part in kept.parts for name in (part.caller_file, part.agent_file)
    )
    assert is_heard(recorded(groups, kept.parts[1].agent_file), COLLEAGUE_VOICE)
    assert {tones.CALLER_VOICE} == _last_heard(groups, kept.parts[1].caller_file)
    assert (1, "completed") == (len(kept.consents), kept.row.cause)


def test_a_colleague_sends_the_caller_on_again(groups: Live, ani: str) -> None:
    """To a third group, by the same keys: level, consent and the place in line go along, and everything is kept."""
    with nothing_stays(groups):
        first = talk(groups, ani, "2")
        colleague = _asks(groups, first, "6")
        first.consultant.hang_up()
        _hear(colleague, tones.CALLER_VOICE)
        _send_on_from(colleague, "4")
        third = answered(groups, ani, first.call, first.ear)
        third.wait(1)
        third.end()

    desk = tones.Ear(third.consultant, groups.table)
    kept = account(groups, ani)
    assert ["pl:whisper-insured-pl-none"] == desk.keys()
    assert [
        (first.extension, "pensions", "pensions", "answered"),
        (_desk_of(groups, colleague), "doctors", "benefits", "answered"),
        (third.extension, "insured", "insured", "answered"),
    ] == [_of(visit) for visit in kept.visits]
    before, between, after = kept.visits
    assert before.enqueued_at == after.enqueued_at
    assert before.left_at == between.enqueued_at == between.answered_at
    assert [visit.agent for visit in kept.visits] == [part.agent for part in kept.parts]
    assert sorted(recorded_files(groups, kept.row.id)) == sorted(
        name for part in kept.parts for name in (part.caller_file, part.agent_file)
    )
    assert is_heard(recorded(groups, kept.parts[2].agent_file), tones.CONSULTANT_VOICES[0])
    assert (1, "insured", "completed") == (len(kept.consents), kept.row.topic, kept.row.cause)


def test_who_was_asked_names_somebody_else_to_ask(groups: Live, ani: str) -> None:
    """While the first consultant is still there, it is they who are sent on; the caller goes on hearing music."""
    with nothing_stays(groups):
        first = talk(groups, ani, "2")
        asked = _asks(groups, first, "6")
        _send_on_from(asked, "4")
        first.consultant.wait_until(lambda: groups.desks[INSURED].incoming[-1].up, PATIENCE, "the other colleague")
        other = groups.desks[INSURED].incoming[-1]
        _hear(other, FIRST_VOICE)
        assert hears_music(first.call)
        first.consultant.hang_up()
        _hear(other, tones.CALLER_VOICE)
        other.hang_up()
        first.call.wait_ended()

    kept = account(groups, ani)
    assert [(first.extension, "pensions"), (INSURED, "insured")] == [(one.agent, one.queue) for one in kept.visits]
    assert [first.extension, _desk_of(groups, asked), INSURED] == [part.agent for part in kept.parts]


def _desk_of(live: Live, call: IncomingCall) -> str:
    (extension,) = [name for name, desk in live.desks.items() if call in desk.calls]
    return extension


def _of(visit: Visit) -> tuple[str | None, ...]:
    return visit.agent, visit.topic, visit.queue, visit.outcome


@pytest.mark.parametrize("leaves", [True, False], ids=["one-leaves", "all-stay"])
def test_three_talk(groups: Live, ani: str, leaves: bool) -> None:
    """All hear all; who is left when the first one goes has the call. The colleague's recording has whom they hear."""
    with _numbered(groups, 15_000, 100, 30_000):
        first = talk(groups, ani, "2")
        colleague = _asks(groups, first, "6")
        _press(first.consultant, ALL_THREE)
        _hear(first.call, FIRST_VOICE, COLLEAGUE_VOICE)
        _hear(colleague, FIRST_VOICE, tones.CALLER_VOICE)
        _talk_on(colleague)
        if leaves:
            first.consultant.hang_up()
            first.consultant.wait_ended()
            _talk_on(colleague)
            first.call.hang_up()
            colleague.wait_ended()
        else:
            colleague.hang_up()
            colleague.wait_ended()
            _talk_on(first.consultant)
            first.end()

    kept = account(groups, ani)
    before, after = kept.parts
    heard = {tones.CALLER_VOICE} if leaves else {tones.CALLER_VOICE, FIRST_VOICE}
    assert (heard, {COLLEAGUE_VOICE}) == (_last_heard(groups, after.caller_file), _last_heard(groups, after.agent_file))
    assert ({tones.CALLER_VOICE, COLLEAGUE_VOICE} if leaves else {tones.CALLER_VOICE}) == _last_heard(
        groups, before.caller_file
    )
    assert {"answered"} == {visit.outcome for visit in kept.visits}


def test_a_colleague_who_was_only_asked_had_no_caller(groups: Live, ani: str) -> None:
    """The first consultant goes back: one stay, two recorded parts; and the caller, whose packets have lower numbers
    than the colleague's, is recorded on.
    """
    with _numbered(groups, 100, 15_000, 30_000):
        first = talk(groups, ani, "2")
        colleague = _asks(groups, first, "6")
        _press(first.consultant, BACK)
        colleague.wait_ended()
        _hear(first.call, FIRST_VOICE)
        _talk_on(first.consultant)
        first.end()

    kept = account(groups, ani)
    assert [first.extension] == [visit.agent for visit in kept.visits]
    before, asked = kept.parts
    assert {tones.CALLER_VOICE} == _last_heard(groups, before.caller_file)
    assert {COLLEAGUE_VOICE} == _last_heard(groups, asked.agent_file)


def test_without_the_ivr_callers_are_sent_on_all_the_same(groups: Live, ani: str) -> None:
    """To the other group's queue, with nothing known of them and never recorded."""
    call, ear = choose(groups, ani, *LOGIN)
    for prompt, key in (("pl:personal", "0"), ("pl:topics", "2")):
        ear.wait_for(prompt)
        press(call, key)
    first = answered(groups, ani, call, ear)
    node(groups, 0).kill()
    try:
        _send_on(first, "6")
        second = answered(groups, ani, call, ear)
        row = row_of(groups, ani)
        assert row is not None
        files = recorded_files(groups, row.id)
        second.end()
    finally:
        stand_up(groups)

    assert (second.extension in BENEFITS, 2) == (True, len(files))
    assert ("topic=;lang=pl;level=none",) == second.consultant.headers.all("X-Centrala")
    assert IDENTIFIER not in str(second.consultant.headers.lines)
    assert PAYER not in str(second.consultant.headers.lines)
