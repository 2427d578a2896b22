"""Faults of routing: the day ends with people waiting, a consultant's telephone is gone, Asterisk begins anew."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

import provision
from demo.phone import IncomingCall, Ring
from routing import waiting
from tests.live import tones
from tests.live.callers import PATIENCE, Talk, press, recorded_files, talk, talk_at_once
from tests.live.conftest import SHORT_TIMEOUT
from tests.live.stations import CLOSED, OPEN, Live, hears_music, live, menus_with
from tests.live.stories import Caller, channels, faults, node, on_a_break, unfinished, wait_for

Numbers = Callable[[], str]
RING_SECONDS, SILENCE_SECONDS = 3, 3
# The topic of consultants who log in, and those of two desks each.
LOGGED_IN, BENEFITS, INSURED, PAYERS = "2", "3", "4", "5"
TABLE = "agent,name,site,skills,languages\n1701,Anna,Here,pensions:1,pl:1\n"


@pytest.fixture(scope="module")
def centre(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Pensions are answered by who logs in; telephones that send no sound are soon taken for gone."""
    folder = tmp_path_factory.mktemp("routing")
    (folder / "agents.csv").write_text(TABLE)
    settings = {
        "agents": str(folder / "agents.csv"),
        "queues": {"ring_seconds": RING_SECONDS, "wrap_up_seconds": 0},
        "sip": {"phone_silence_seconds": SILENCE_SECONDS, "extensions": ["1701"]},
    }
    menus = menus_with(folder, SHORT_TIMEOUT, ('    agents: ["1201", "1202"]\n', ""))
    with live(folder / "home", menus, settings=settings) as running:
        running.staff("1301", "1302", "1401", "1402", "1501", "1502", "1701")
        yield running


@contextmanager
def _nothing_stays(centre: Live) -> Iterator[None]:
    """No channel, no open stay, no fault in a log."""
    yield
    wait_for(lambda: channels(centre) == 0, "all channels gone")
    wait_for(lambda: not unfinished(centre), "every end on record")
    assert not (found := faults(centre)), "\n".join(found)


def _waits(centre: Live, ani: str, topic: str) -> Caller:
    """A caller in the queue of a topic."""
    caller = Caller(centre, ani)
    caller.dials()
    caller.comes_to(("main", "0"), ("topics", topic))
    caller.hears("leaving-the-queue")
    caller.call.wait_until(lambda: hears_music(caller.call), what="music")
    return caller


def _keys(centre: Live, extension: str, code: str, heard: str) -> None:
    """A consultant keys a code, in a conversation or not, and hears what it did."""
    call = centre.desks[extension].dial(code)
    ear = tones.Ear(call, centre.table)
    call.wait_up()
    ear.wait_for(f"pl:{heard}")
    call.wait_ended()


@contextmanager
def _closing_time(centre: Live) -> Iterator[None]:
    """The hours are over; who waits or talks is in no IVR process, which may be another one then."""
    try:
        _start_again(centre, CLOSED)
        yield
    finally:
        _start_again(centre, OPEN)


def _start_again(centre: Live, hours_at: str) -> None:
    node(centre, 0).stop()
    centre.station.hours_at = hours_at
    centre.station.start_node(0)


def test_at_closing_time_who_waits_is_served_or_told(centre: Live, numbers: Numbers) -> None:
    """Who was admitted is served as long as somebody is there, and then told; who comes later hears the hours.

    Some consultants log out by a code in their last conversation, some telephones are switched off.
    """
    _keys(centre, "1701", "*11", "code-logged-in")
    with _nothing_stays(centre):
        talks = talk_at_once(centre, {numbers(): PAYERS, numbers(): PAYERS, numbers(): LOGGED_IN})
        by_desk = {there.extension: there for there in talks.values()}
        early, patient, other = (_waits(centre, numbers(), topic) for topic in (PAYERS, PAYERS, LOGGED_IN))
        with _closing_time(centre):
            late = Caller(centre, numbers())
            late.dials()
            late.comes_to(("main", "0"))
            late.hears("closed-hours")
            early.keys("*")
            early.comes_to(("while-waiting", "0"))
            early.hears("leaving-the-queue", times=2)
            early.call.wait_until(lambda: hears_music(early.call), what="music again")
            by_desk["1501"].end()
            served = early.talks()
            for extension in ("1501", "1502"):
                assert 200 == centre.desks[extension].register(expires=0)
            _keys(centre, "1701", "*12", "code-logged-out")
            for there in (served, by_desk["1502"], by_desk["1701"]):
                there.end()
            for caller in (patient, other):
                caller.hears("nobody-there-now", "nobody-there")
                assert caller.call.up
                caller.keys("1")
                caller.hears("information")
                caller.hangs_up()
            late.hangs_up()
        for extension in ("1501", "1502"):
            centre.desks[extension].register()

    told = {caller: caller.account() for caller in (early, patient, other, late)}
    assert ["returned_to_ivr", "answered"] == [visit.outcome for visit in told[early].visits]
    assert ["leave_empty", "leave_empty"] == [told[caller].visits[0].outcome for caller in (patient, other)]
    assert () == told[late].visits
    assert "completed" == told[early].row.cause


def test_a_telephone_that_is_gone_while_it_rings_is_passed_over(centre: Live, ani: str) -> None:
    """The next consultant is tried; whose telephone it was is on a break."""
    caller = Caller(centre, ani)
    with _nothing_stays(centre):
        with on_a_break(centre, "1402"):
            centre.desks["1401"].when_called = Ring()
            caller.dials()
            caller.comes_to(("main", "0"), ("topics", INSURED))
            caller.call.wait_until(lambda: centre.desks["1401"].incoming, PATIENCE, "a telephone to ring")
            centre.desks.pop("1401").vanish()
        there = caller.talks()
        assert "1402" == there.extension
        assert centre.station.asterisk is not None
        assert "Auto-Pause" in centre.station.asterisk.rx("queue show insured")
        there.end()
        centre.staff("1401")
    assert [("answered", "1402")] == [(visit.outcome, visit.agent) for visit in caller.account().visits]


def test_a_telephone_that_is_gone_in_a_conversation_leaves_its_caller_to_the_next(
    centre: Live, numbers: Numbers
) -> None:
    """Told so within seconds, the caller stands before who came meanwhile; both parts of the recording are kept."""
    with _nothing_stays(centre):
        talks = talk_at_once(centre, {numbers(): BENEFITS, numbers(): BENEFITS}).values()
        by_desk = {there.extension: there for there in talks}
        later = _waits(centre, numbers(), BENEFITS)
        lost = by_desk["1301"]
        lost.wait(1)
        centre.desks.pop("1301").vanish()
        lost.ear.wait_for("pl:conversation-cut-off")
        lost.ear.wait_for("pl:connecting", times=2)
        caller = Caller(centre, lost.consultant.caller)
        caller.call, caller.ear = lost.call, lost.ear
        caller.call.wait_until(lambda: hears_music(caller.call), what="music")
        by_desk["1302"].end()
        again = caller.talks()
        assert "1302" == again.extension
        assert centre.consultant_of(later.ani) is None
        again.end()
        later.talks().end()
        centre.staff("1301")

    kept = caller.account()
    assert [("cut_off", "1301"), ("answered", "1302")] == [(visit.outcome, visit.agent) for visit in kept.visits]
    assert 1 == len({visit.enqueued_at for visit in kept.visits})
    files = sorted(name for part in kept.parts for name in (part.caller_file, part.agent_file))
    assert (4, files) == (len(files), recorded_files(centre, kept.row.id))
    assert "completed" == kept.row.cause


def _asks(centre: Live, first: Talk) -> None:
    """A consultant asks a colleague of the payers' and leaves the caller to them."""
    press(first.consultant, "*3" + PAYERS)
    first.call.wait_until(lambda: len(_payers(centre)) == 2, PATIENCE, "a colleague")
    first.consultant.hang_up()


def _sends_on(centre: Live, first: Talk) -> None:
    """A consultant sends the caller on to the payers' group."""
    press(first.consultant, "*2" + PAYERS)


def _payers(centre: Live) -> dict[str, IncomingCall]:
    """The conversations of the payers' consultants, by extension."""
    return {name: call for name, call in centre.answered().items() if name in ("1501", "1502")}


@pytest.mark.parametrize("hands_over", [_asks, _sends_on], ids=["asked", "sent on"])
def test_a_colleagues_telephone_that_is_gone_leaves_the_caller_to_the_next_of_that_group(
    centre: Live, numbers: Numbers, hands_over: Callable[[Live, Talk], None]
) -> None:
    """As the first consultant's does: told so, the caller stands there before who came meanwhile."""
    caller = Caller(centre, numbers())
    with _nothing_stays(centre):
        busy = talk(centre, numbers(), PAYERS)
        first = talk(centre, caller.ani, BENEFITS)
        caller.call, caller.ear = first.call, first.ear
        hands_over(centre, first)
        first.consultant.wait_ended()
        colleague = caller.talks()
        connected = caller.heard().count("connecting")
        later = _waits(centre, numbers(), PAYERS)
        centre.desks.pop(colleague.extension).vanish()
        caller.hears("conversation-cut-off")
        caller.hears("connecting", times=connected + 1)
        caller.call.wait_until(lambda: hears_music(caller.call), what="music")
        busy.end()
        again = caller.talks()
        assert busy.extension == again.extension
        assert centre.consultant_of(later.ani) is None
        again.end()
        later.talks().end()
        centre.staff(colleague.extension)

    kept = caller.account()
    assert [
        ("answered", "benefits", first.extension),
        ("cut_off", "payers", colleague.extension),
        ("answered", "payers", again.extension),
    ] == [(visit.outcome, visit.queue, visit.agent) for visit in kept.visits]
    assert kept.visits[0].enqueued_at == kept.visits[2].enqueued_at
    files = sorted(name for part in kept.parts for name in (part.caller_file, part.agent_file))
    assert (6, files) == (len(files), recorded_files(centre, kept.row.id))
    assert "completed" == kept.row.cause


def test_who_waited_when_asterisk_died_stands_there_again(centre: Live, numbers: Numbers) -> None:
    """Queues and members are back; the stays are counted once, as failed; who dials again has the old place.

    Though the later one dials first.
    """
    with _nothing_stays(centre):
        with on_a_break(centre, "1501", "1502"):
            early, late = (_waits(centre, numbers(), PAYERS) for _ in range(2))
            assert 2 == _waiting(centre)
            assert centre.station.asterisk is not None
            os.killpg(centre.station.asterisk.pid, signal.SIGKILL)
            centre.station.start_asterisk()
            for desk in centre.desks.values():
                assert 200 == desk.register()
            wait_for(lambda: not _waiting(centre), "both to be counted out")
            assert 0 == _now(centre)["waiting"]
        stays = [caller.account().visits for caller in (early, late)]
        assert [["failed"]] * 2 == [[visit.outcome for visit in own] for own in stays]
        begun = [[visit.enqueued_at for visit in own] for own in stays]
        with on_a_break(centre, "1501", "1502"):
            again = [_waits(centre, caller.ani, PAYERS) for caller in (late, early)][::-1]
            assert 2 == _now(centre)["waiting"]
            centre.station.asterisk.rx("queue unpause member PJSIP/1501")
            first = again[0].talks()
            assert centre.consultant_of(late.ani) is None
            first.end()
            again[1].talks().end()

    assert begun == [[visit.enqueued_at for visit in caller.account().visits] for caller in again]
    assert [["answered"]] * 2 == [[visit.outcome for visit in caller.account().visits] for caller in again]


def _waiting(centre: Live) -> int:
    """How many callers wait for payers' consultants, by the records."""
    with centre.database.reading() as connection:
        return len(waiting.waiting(connection, "payers"))


def _now(centre: Live) -> dict[str, object]:
    """What `centrala queues` says of the queue of payers."""
    lines = map(json.loads, centre.station.centrala("queues", "--json").splitlines())
    (found,) = [line for line in lines if line.get("queue") == "payers"]
    return dict(found)
