"""Callbacks: asked for while waiting, kept in the queue, and called when their turn comes."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

import provision
from demo.phone import Answer, Call, Exchange, IncomingCall, Phone, Reaction, Refuse, Ring, sounds
from demo.phone.outgoing import OutgoingCall
from demo.phone.phone import Settings
from ivr.events import ConsentWithdrawn
from ivr.menus.loading import load_menus
from routing import callbacks
from routing.asterisk.rendering import RELOAD
from routing.callbacks import Callback
from tests.live import tones
from tests.live.callers import (
    PATIENCE,
    Talk,
    account,
    answered,
    is_heard,
    press,
    recorded,
    recorded_files,
    row_of,
    talk_at_once,
    to_topic,
)
from tests.live.logins import FULL, asks, keys_both, levels, sides_of, told
from tests.live.stations import Live, hears, hears_caller, hears_music, live, menus_with
from tests.live.stories import IDENTIFIER, PIN, node, on_a_break, wait_for
from tests.menu_files import without_callbacks

SUBSCRIBER_LINES = 8
NOWHERE = ("127.0.0.1", 9)
DESKS = ("1201", "1202")
# Another group: its key, and its consultant.
SENT_TO, HELPER = "1", "1101"
FIRST_VOICE, COLLEAGUE_VOICE = tones.CONSULTANT_VOICES[1:3]
ANOTHER_NUMBER = "223344556"
PREMIUM = "700100200"
DIALLED = re.compile(r"sip:\+48(\d+)@")
E164 = "+48{}"
# The hours end at six.
BEFORE_CLOSING, AFTER_CLOSING = timedelta(seconds=2), "2026-11-23T18:30"
LAST_MOMENT = "2026-11-23T17:59:58"
UNTIL_MORNING = timedelta(hours=12)


class Subscribers:
    """The telephones of those who are called back: one phone for all of them, with a way to react for each number."""

    def __init__(self, exchange: Exchange) -> None:
        settings = Settings(lines=SUBSCRIBER_LINES)
        self.phone = Phone(exchange, "outside", NOWHERE, settings=settings, when_called=self._react)
        self.reactions: dict[str, list[Reaction]] = {}

    def _react(self, call: IncomingCall) -> Reaction:
        call.play(sounds.tone(tones.CALLER_VOICE))
        planned = self.reactions.get(_number(call), [])
        return planned.pop(0) if planned else Answer(after=0.2)

    def called(self, number: str) -> list[IncomingCall]:
        """The calls to a number."""
        return [call for call in self.phone.incoming if _number(call) == number]

    def wait_for(self, number: str, times: int = 1) -> IncomingCall:
        """The call to a number, so many times."""
        self.phone.wait_until(lambda: len(self.called(number)) >= times, PATIENCE, f"a call to {number}")
        return self.called(number)[times - 1]


def _number(call: IncomingCall) -> str:
    """The number that was called, without its country."""
    found = DIALLED.search(call.headers.get("to"))
    assert found is not None
    return found[1]


@dataclass(frozen=True, slots=True)
class Network:
    """The installation, and who can be called from it."""

    live: Live
    outside: Subscribers


@pytest.fixture(scope="module")
def network(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The shipped service with a telephone network behind its trunk, where tries follow one another quickly."""
    folder = tmp_path_factory.mktemp("callbacks")
    with Exchange() as exchange:
        outside = Subscribers(exchange)
        settings = {
            "queues": {"wrap_up_seconds": 0},
            "callbacks": {
                "trunk": f"127.0.0.1:{outside.phone.address[1]}",
                "pauses_seconds": [1, 1],
                "ring_seconds": 60,
            },
        }
        menus = menus_with(folder, ("  timeout: 6\n", "  timeout: 2\n"))
        with live(folder / "home", menus, settings=settings) as running:
            running.staff(*DESKS, HELPER)
            running.station.centrala("profiles", "add", stdin=f"{IDENTIFIER}\n{PIN}\n")
            yield Network(running, outside)


@contextmanager
def _all_busy(running: Live, numbers: Callable[[], str]) -> Iterator[list[Talk]]:
    """Both consultants talk."""
    talks = list(talk_at_once(running, {numbers(): "2", numbers(): "2"}).values())
    yield talks
    for one in talks:
        if one.consultant.up:
            one.end()


def _waits(running: Live, ani: str) -> tuple[OutgoingCall, tones.Ear]:
    call, ear = to_topic(running, ani, "2")
    call.wait_until(lambda: hears_music(call), PATIENCE, "music")
    return call, ear


def _asks(running: Live, ani: str, *keys: tuple[str, str]) -> None:
    """Wait, ask to be called back, and hear it promised; `keys` are pressed at prompts on the way."""
    call, ear = to_topic(running, ani, "2")
    call.wait_until(lambda: hears_music(call), PATIENCE, "music")
    press(call, "1")
    for prompt, keyed in (*keys, ("callback-choice", "1")):
        times = 1 + sum(earlier == prompt for earlier, _ in keys) if prompt == "callback-choice" else 1
        ear.wait_for(f"pl:{prompt}", times)
        press(call, keyed)
    ear.wait_for("pl:callback-promised")
    call.wait_ended(PATIENCE)


def _of(running: Live, ani: str) -> Callback:
    """The callback that was asked for in the call from a number."""
    with running.database.reading() as connection:
        return next(one for one in callbacks.newest(connection, 100) if one.number.endswith(ani[-3:]))


def _stands(running: Live, ani: str) -> None:
    wait_for(lambda: _of(running, ani).line_at is not None, f"the callback of {ani} to stand in its queue")


def _is(running: Live, ani: str, state: str) -> None:
    wait_for(lambda: _of(running, ani).state == state, f"the callback of {ani} to be {state}")


def _picks_up(network: Network, ani: str, times: int = 1) -> tuple[IncomingCall, tones.Ear]:
    """Whoever is called back hears the greeting and shows that it is a person."""
    call = network.outside.wait_for(ani, times)
    ear = tones.Ear(call, network.live.table)
    ear.wait_for("pl:callback-greeting")
    press(call, "1")
    return call, ear


def _consultant_hears(running: Live, number: str) -> IncomingCall:
    """The consultant's side of a callback, from when the two hear each other."""
    wait_for(lambda: running.consultant_of(E164.format(number)), "a consultant")
    desk = running.consultant_of(E164.format(number))
    assert desk is not None
    desk.wait_until(lambda: hears_caller(desk), PATIENCE, "the caller's voice")
    return desk


def _talk(desk: IncomingCall) -> None:
    """Until the two have talked for some seconds."""
    until = desk.recording.seconds + 3
    desk.wait_until(lambda: desk.recording.seconds >= until, PATIENCE, "a conversation")


def test_a_callback_keeps_its_place_and_is_a_call_like_any(network: Network, numbers: Callable[[], str]) -> None:
    """Behind who waited before, before who came later; the recording notice comes first, as in any call."""
    running, (early, ani, late) = network.live, (numbers(), numbers(), numbers())
    with _all_busy(running, numbers) as busy:
        first = _waits(running, early)
        _asks(running, ani)
        last = _waits(running, late)
        _stands(running, ani)
        busy[0].end()
        served = answered(running, early, *first)
        assert [] == network.outside.called(ani), "who waited before is served before"
        busy[1].end()
        call, ear = _picks_up(network, ani)
        assert running.consultant_of(late) is None, "who came later waits"
        desk = _consultant_hears(running, ani)
        call.wait_until(lambda: hears(call, tones.CONSULTANT_VOICES[0]), PATIENCE, "the consultant's voice")
        _talk(desk)
        shown, header = desk.remote, desk.headers.all("X-Centrala")
        desk.hang_up()
        call.wait_ended(PATIENCE)
        served.end()
        answered(running, late, *last).end()

    kept = account(running, E164.format(ani))
    promised = _of(running, ani)
    assert ("kept", 1) == (promised.state, promised.tries)
    assert "*" in promised.number
    said = ["callback-greeting", "recording-notice", "recording-staying", "connecting"]
    assert [f"pl:{prompt}" for prompt in said] == ear.keys()[: len(said)]
    assert "pl:goodbye" == ear.keys()[-1]
    assert ("Oddzwonienie Emerytury i renty pl none", E164.format(ani)) == (shown.name, shown.user)
    assert ("topic=pensions;lang=pl;level=none;callback=yes",) == header
    assert "none" == kept.row.auth_level
    assert [True] == [consent.given for consent in kept.consents]
    (visit,) = kept.visits
    assert (promised.call_id, "answered", promised.enqueued_at) == (visit.callback, visit.outcome, visit.enqueued_at)
    (part,) = kept.parts
    assert is_heard(recorded(running, part.caller_file), tones.CALLER_VOICE)
    assert is_heard(recorded(running, part.agent_file), tones.CONSULTANT_VOICES[0])


def test_a_number_is_tried_three_times(network: Network, numbers: Callable[[], str]) -> None:
    """Busy, a mailbox that presses nothing, busy again: the consultant hears it each time, and then it is over."""
    running, ani = network.live, numbers()
    network.outside.reactions[ani] = [Refuse(486), Answer(), Refuse(486)]
    with _all_busy(running, numbers) as busy:
        _asks(running, ani)
        _stands(running, ani)
        busy[0].end()
        network.outside.wait_for(ani, 2).wait_ended(PATIENCE)
        _is(running, ani, "not_reached")

    assert 3 == _of(running, ani).tries
    heard = [tones.Ear(call, running.table).keys() for desk in DESKS for call in running.desks[desk].incoming]
    assert 3 == sum("pl:callback-unreached" in keys for keys in heard)
    assert () == account(running, E164.format(ani)).parts


def test_redialling_cancels_and_gives_the_place_back(network: Network, numbers: Callable[[], str]) -> None:
    """The caller hears that a callback is to come, cancels it, and stands before somebody who came meanwhile."""
    running, ani, late = network.live, numbers(), numbers()
    with _all_busy(running, numbers) as busy:
        _asks(running, ani)
        _stands(running, ani)
        last = _waits(running, late)
        call, ear = running.dial(ani)
        for prompt, key in (
            ("callback-awaits", "2"),
            ("callback-cancelled", ""),
            ("welcome", "0"),
            ("choose-topic", "2"),
        ):
            ear.wait_for(f"pl:{prompt}")
            press(call, key)
        call.wait_until(lambda: hears_music(call), PATIENCE, "music")
        wait_for(lambda: _of(running, ani).line_at is None, "the line to have left the queue")
        busy[0].end()
        answered(running, ani, call, ear).end()
        answered(running, late, *last).end()

    assert "cancelled" == _of(running, ani).state
    assert [] == network.outside.called(ani)


def test_another_number_is_keyed_and_its_caller_sent_on(network: Network, numbers: Callable[[], str]) -> None:
    """A premium number is refused, the other one is called, and its caller sent on to another group as in any call."""
    running, ani = network.live, numbers()
    with _all_busy(running, numbers) as busy:
        keys = (
            ("callback-choice", "2"),
            ("callback-number", PREMIUM + "#"),
            ("callback-refused", ANOTHER_NUMBER + "#"),
        )
        _asks(running, ani, *keys)
        busy[0].end()
        call, _ = _picks_up(network, ANOTHER_NUMBER)
        desk = _consultant_hears(running, ANOTHER_NUMBER)
        press(desk, f"*2{SENT_TO}")
        desk.wait_ended(PATIENCE)
        helper = _consultant_hears(running, ANOTHER_NUMBER)
        call.hang_up()
        helper.wait_ended(PATIENCE)

    assert [] == network.outside.called(ani)
    first, second = account(running, E164.format(ANOTHER_NUMBER)).visits
    assert (_of(running, ANOTHER_NUMBER).call_id, None) == (first.callback, second.callback)
    assert [("pensions", "answered"), ("technical", "answered")] == [
        (one.queue, one.outcome) for one in (first, second)
    ]
    assert 2 == len(account(running, E164.format(ANOTHER_NUMBER)).parts)
    log = (running.station.home / "ivr-0.log").read_text("utf-8")
    assert ANOTHER_NUMBER not in log
    assert PREMIUM not in log


@contextmanager
def _hours_at(running: Live, moment: str) -> Iterator[None]:
    """For the IVR it is always that time."""
    usual = running.station.hours_at
    _restart_node(running, moment)
    try:
        yield
    finally:
        _restart_node(running, usual)


def _restart_node(running: Live, hours_at: str | None) -> None:
    node(running, 0).stop()
    running.station.hours_at = hours_at
    running.station.start_node(0)


def _is_for_tomorrow(running: Live, ani: str) -> None:
    """Its line has left the queue, no try was counted, and the next one is at the next opening."""
    wait_for(lambda: _of(running, ani).line_at is None, f"the line of {ani} to have left the queue")
    found = _of(running, ani)
    assert ("waiting", 0) == (found.state, found.tries)
    assert found.next_try_at is not None
    assert found.next_try_at - datetime.now(UTC) > UNTIL_MORNING


def test_nobody_is_called_after_closing(network: Network, numbers: Callable[[], str]) -> None:
    """Whose consultant is free a moment too late is called another day, and the consultant hears why."""
    running, ani = network.live, numbers()
    with _all_busy(running, numbers) as busy, _hours_at(running, LAST_MOMENT):
        _asks(running, ani)
        _stands(running, ani)
        closed_at = (_of(running, ani).line_at or datetime.now(UTC)) + BEFORE_CLOSING + timedelta(seconds=1)
        wait_for(lambda: datetime.now(UTC) >= closed_at, "closing time")
        busy[0].end()
        _is_for_tomorrow(running, ani)

    heard = [tones.Ear(call, running.table).keys() for desk in DESKS for call in running.desks[desk].incoming]
    assert 1 == sum("pl:callback-closed" in keys for keys in heard)
    assert [] == network.outside.called(ani)


def test_what_rings_at_closing_time_rings_on(network: Network, numbers: Callable[[], str]) -> None:
    """Who is being called may still answer; who stands in the queue is called another day, and it was no try."""
    running, early, late = network.live, numbers(), numbers()
    network.outside.reactions[early] = [Ring()]
    with _all_busy(running, numbers) as busy:
        for ani in (early, late):
            _asks(running, ani)
            _stands(running, ani)
        busy[0].end()
        ringing = network.outside.wait_for(early)
        with _hours_at(running, AFTER_CLOSING):
            _is_for_tomorrow(running, late)
            ringing.answer()
            call, _ = _picks_up(network, early)
            _consultant_hears(running, early).hang_up()
            call.wait_ended(PATIENCE)
            _is(running, early, "kept")

    assert [] == network.outside.called(late)


def _change_menus(running: Live, text: str) -> None:
    trial = running.station.menus.with_name("trial.yaml")
    trial.write_text(text, "utf-8")
    flow = load_menus(trial).flow
    running.learn(flow, " (new)")
    trial.replace(running.station.menus)
    running.station.render()
    assert running.station.asterisk is not None
    for command in RELOAD:
        running.station.asterisk.rx(command)
    log = running.station.home / "ivr-0.log"
    published = re.compile(rf'"menus published".*"{flow.version}"|"{flow.version}".*"menus published"')
    wait_for(lambda: published.search(log.read_text("utf-8")), "the menus to be published")


def _logs_in(running: Live, there: Talk) -> None:
    """Whoever was called back is asked by the consultant's code, and both are joined again."""
    asks(there)
    there.consultant.wait_until(lambda: hears_music(there.consultant), PATIENCE, "music")
    keys_both(there)
    told(running, there, FULL)


def test_whoever_was_called_back_logs_in(network: Network, numbers: Callable[[], str]) -> None:
    """As in any call; what is recorded leaves the login out, on both sides, and with it every key."""
    running, ani = network.live, numbers()
    with _all_busy(running, numbers) as busy:
        _asks(running, ani)
        busy[0].end()
        call, ear = _picks_up(network, ani)
        desk = _consultant_hears(running, ani)
        there = Talk(call, ear, desk, "")
        _talk(desk)
        _logs_in(running, there)
        _talk(desk)
        desk.hang_up()
        call.wait_ended(PATIENCE)

    kept = account(running, E164.format(ani))
    (part,), (visit,) = kept.parts, kept.visits
    assert ("full", "answered") == (kept.row.auth_level, visit.outcome)
    began, ended = (float(second) for second in part.pauses.split("-"))
    talked = (part.ended_at - part.started_at).total_seconds() - (ended - began)
    for hertz, name in sides_of(part.caller_file, part.agent_file):
        sound = recorded(running, name)
        heard = levels(sound, hertz)
        assert (True, True) == (any(heard[:10]), any(heard[-10:]))
        assert {"unknown"} >= {one.key.partition(":")[0] for one in tones.decode(sound, running.table)}
        assert talked == pytest.approx(len(sound) / tones.RATE, abs=1)


def test_who_logs_in_with_a_colleague_or_is_left_alone_is_served_on(
    network: Network, numbers: Callable[[], str]
) -> None:
    """The code reaches the caller from the colleague's bridge, too; a consultant who goes meanwhile is made up for."""
    running, ani = network.live, numbers()
    with _all_busy(running, numbers) as busy:
        _asks(running, ani)
        busy[0].end()
        call, ear = _picks_up(network, ani)
        desk = _consultant_hears(running, ani)
        asked = _is_asked(network, desk)
        desk.hang_up()
        _hear(asked, tones.CALLER_VOICE)
        asks(Talk(call, ear, asked, ""))
        asked.wait_until(lambda: hears_music(asked), PATIENCE, "music")
        asked.hang_up()
        keys_both(Talk(call, ear, asked, ""))
        ear.wait_for("pl:conversation-cut-off", timeout=PATIENCE)
        third = _consultant_hears(running, ani)
        third.hang_up()
        call.wait_ended(PATIENCE)

    kept = account(running, E164.format(ani))
    assert ("full", "completed") == (kept.row.auth_level, kept.row.cause)
    assert ["answered", "cut_off", "answered"] == [one.outcome for one in kept.visits]
    header = f"topic=technical;lang=pl;level=full;callback=yes;identifier={IDENTIFIER}"
    assert (header,) == third.headers.all("X-Centrala")


def test_what_was_promised_is_kept_when_callbacks_are_no_more(network: Network, numbers: Callable[[], str]) -> None:
    """The menus of now know none, and Asterisk is told so; who was promised one is tried and greeted all the same."""
    running, ani = network.live, numbers()
    usual = running.station.menus.read_text("utf-8")
    network.outside.reactions[ani] = [Refuse(486)]
    try:
        with on_a_break(running, *DESKS):
            _asks(running, ani)
            _stands(running, ani)
            _change_menus(running, without_callbacks(usual))
        call, _ = _picks_up(network, ani, times=2)
        desk = _consultant_hears(running, ani)
        desk.hang_up()
        call.wait_ended(PATIENCE)
        _is(running, ani, "kept")
    finally:
        _change_menus(running, usual)

    assert "Oddzwonienie Emerytury i renty pl none" == desk.remote.name


def _is_asked(network: Network, desk: IncomingCall) -> IncomingCall:
    """A colleague of the other group, whom the consultant asks: the two hear each other."""
    helper = network.live.desks[HELPER]
    before = len(helper.incoming)
    press(desk, f"*3{SENT_TO}")
    desk.wait_until(lambda: len(helper.incoming) > before and helper.incoming[-1].up, PATIENCE, "a colleague")
    asked = helper.incoming[-1]
    desk.play(sounds.tone(FIRST_VOICE))
    asked.play(sounds.tone(COLLEAGUE_VOICE))
    _hear(asked, FIRST_VOICE)
    _hear(desk, COLLEAGUE_VOICE)
    return asked


def _hear(call: Call, *voices: int) -> None:
    call.wait_until(lambda: all(hears(call, hertz) for hertz in voices), PATIENCE, f"the voices {voices}")


def test_a_colleague_takes_over_whoever_was_called_back(network: Network, numbers: Callable[[], str]) -> None:
    """As in any call: music meanwhile, then the colleague, who sends the caller on again; everything is kept."""
    running, ani = network.live, numbers()
    with _all_busy(running, numbers) as busy:
        _asks(running, ani)
        busy[0].end()
        call, _ = _picks_up(network, ani)
        desk = _consultant_hears(running, ani)
        asked = _is_asked(network, desk)
        call.wait_until(lambda: hears_music(call), PATIENCE, "music")
        desk.hang_up()
        _hear(asked, tones.CALLER_VOICE)
        _hear(call, COLLEAGUE_VOICE)
        _talk(asked)
        press(asked, "*22")
        asked.wait_ended(PATIENCE)
        third = _consultant_hears(running, ani)
        third.hang_up()
        call.wait_ended(PATIENCE)

    kept = account(running, E164.format(ani))
    first, second, last = kept.visits
    assert ("topic=pensions;lang=pl;level=none;callback=yes",) == asked.headers.all("X-Centrala")
    assert [("pensions", "answered"), ("technical", "answered"), ("pensions", "answered")] == [
        (one.queue, one.outcome) for one in kept.visits
    ]
    assert (HELPER, first.left_at) == (second.agent, second.enqueued_at)
    assert [one.agent for one in kept.visits] == [part.agent for part in kept.parts]
    assert is_heard(recorded(running, kept.parts[0].caller_file), tones.CALLER_VOICE)
    assert is_heard(recorded(running, kept.parts[1].agent_file), COLLEAGUE_VOICE)
    assert (1, "completed") == (len(kept.consents), kept.row.cause)
    assert (_of(running, ani).call_id, "kept") == (first.callback, _of(running, ani).state)
    assert last.agent in DESKS


def test_a_colleague_is_asked_once_there_is_somebody_to_ask_about(network: Network, numbers: Callable[[], str]) -> None:
    """Not while it rings at the number; later they talk to both, go, and the caller stays with who is left."""
    running, ani = network.live, numbers()
    network.outside.reactions[ani] = [Ring()]
    helped = len(running.desks[HELPER].incoming)
    with _all_busy(running, numbers) as busy:
        _asks(running, ani)
        busy[0].end()
        ringing = network.outside.wait_for(ani)
        early = running.consultant_of(E164.format(ani))
        assert early is not None
        press(early, f"*3{SENT_TO}")
        early.wait_until(lambda: not early.pressing, PATIENCE, "the keys to be sent")
        ringing.answer()
        call, _ = _picks_up(network, ani)
        desk = _consultant_hears(running, ani)
        assert helped == len(running.desks[HELPER].incoming)
        asked = _is_asked(network, desk)
        press(desk, "*3")
        _hear(call, FIRST_VOICE, COLLEAGUE_VOICE)
        _hear(asked, FIRST_VOICE, tones.CALLER_VOICE)
        desk.hang_up()
        asked.wait_until(lambda: not hears(asked, FIRST_VOICE), PATIENCE, "the two to be alone")
        call.hang_up()
        asked.wait_ended(PATIENCE)

    kept = account(running, E164.format(ani))
    assert [("pensions", "answered"), ("technical", "answered")] == [(one.queue, one.outcome) for one in kept.visits]
    assert 2 == len(kept.parts)


def test_a_callback_survives_the_death_of_asterisk_and_of_the_ivr(network: Network, numbers: Callable[[], str]) -> None:
    """Both are killed while a callback stands in its queue; once they are back it stands there again and is kept."""
    running, ani = network.live, numbers()
    with on_a_break(running, *DESKS):
        _asks(running, ani)
        _stands(running, ani)
        _die_and_come_back(running)
    call, _ = _picks_up(network, ani)
    desk = _consultant_hears(running, ani)
    desk.hang_up()
    call.wait_ended(PATIENCE)

    _is(running, ani, "kept")
    assert 1 == len(network.outside.called(ani))


def _die_and_come_back(running: Live) -> None:
    asterisk = running.station.asterisk
    assert asterisk is not None
    os.killpg(asterisk.pid, signal.SIGKILL)
    node(running, 0).kill()
    running.station.start_asterisk()
    running.station.start_node(0)
    for desk in running.desks.values():
        assert 200 == desk.register()


def test_who_is_called_back_withdraws_as_any_caller(network: Network, ani: str, numbers: Callable[[], str]) -> None:
    """Recording is stopped at the line, where it is made; both sides' files are closed while the two go on talking."""
    running = network.live
    with _all_busy(running, numbers) as busy:
        _asks(running, ani)
        _stands(running, ani)
        busy[0].end()
        call, _ = _picks_up(network, ani)
        desk = _consultant_hears(running, ani)
        press(desk, "*9")
        tones.Ear(desk, running.table).wait_end_of("pl:code-unrecorded")
        row = row_of(running, E164.format(ani))
        assert row is not None
        files = recorded_files(running, row.id)
        for name in files:
            recorded(running, name)
        assert (2, True, True) == (len(files), desk.up, call.up)
        desk.hang_up()
        call.wait_ended(PATIENCE)

    kept = account(running, E164.format(ani))
    assert 1 == kept.events.count(ConsentWithdrawn())
    assert [True] == [one.withdrawn_at is not None for one in kept.consents]
