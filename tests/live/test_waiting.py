"""Waiting for a consultant: what callers are told, in which order they are answered, how they leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

import provision
from demo.phone.outgoing import OutgoingCall
from routing import waiting
from routing.caller_wake import KEY
from tests.live import tones
from tests.live.callers import PATIENCE, Talk, account, answered, press, talk_at_once, to_topic
from tests.live.stations import Live, hears_music, live, menus_with

NEWS_SECONDS = 5


@pytest.fixture(scope="module")
def patient(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The shipped service, where those who wait are told news often."""
    folder = tmp_path_factory.mktemp("patient")
    queues = {"wrap_up_seconds": 0, "news_seconds": NEWS_SECONDS}
    with live(
        folder / "home", menus_with(folder, ("  timeout: 6\n", "  timeout: 2\n")), settings={"queues": queues}
    ) as running:
        running.staff()
        yield running


def test_whoever_waits_is_told_the_place_and_then_that_it_is_better(patient: Live, numbers: Callable[[], str]) -> None:
    """Two talk and two wait. Who was second becomes first and is told so, without ever leaving the queue."""
    with _all_busy(patient, numbers) as busy:
        third, fourth = numbers(), numbers()
        first_call, first_ear = _waiting(patient, third)
        second_call, second_ear = _waiting(patient, fourth)
        busy[0].end()
        next_talk = answered(patient, third, first_call, first_ear)
        second_ear.wait_for("pl:place-1", timeout=PATIENCE)
        second_call.wait_until(lambda: hears_music(second_call), what="music again")
        next_talk.end()
        answered(patient, fourth, second_call, second_ear).end()

    assert "pl:place-1" in set(first_ear.keys())
    told = _told(patient, fourth)
    assert [2, 1] == [one.estimate.place for one in told]
    assert 1 == second_ear.keys().count("pl:place-1"), "news are told once"
    assert 1 == len(account(patient, fourth).visits)


def test_a_key_leaves_the_queue_and_the_place_is_kept(patient: Live, numbers: Callable[[], str]) -> None:
    """Back from the menu the caller stands before somebody who came later, and is answered first."""
    with _all_busy(patient, numbers) as busy:
        early, late = numbers(), numbers()
        call, ear = _waiting(patient, early)
        other_call, other_ear = _waiting(patient, late)
        press(call, "*")
        ear.wait_for("pl:place-is-kept")
        press(call, "0")
        ear.wait_for("pl:place-1", times=2)
        call.wait_until(lambda: hears_music(call), what="music")
        busy[0].end()
        answered(patient, early, call, ear).end()
        answered(patient, late, other_call, other_ear).end()

    kept = account(patient, early)
    assert ["returned_to_ivr", "answered"] == [visit.outcome for visit in kept.visits]
    assert 1 == len({visit.enqueued_at for visit in kept.visits})


def test_whoever_was_cut_off_and_calls_again_has_the_old_place(patient: Live, numbers: Callable[[], str]) -> None:
    """Answered before somebody who came after the first call and before the second one."""
    with _all_busy(patient, numbers) as busy:
        cut_off, late = numbers(), numbers()
        call, _ = _waiting(patient, cut_off)
        other_call, other_ear = _waiting(patient, late)
        call.hang_up()
        before = account(patient, cut_off)
        again, ear = _waiting(patient, cut_off)
        busy[0].end()
        answered(patient, cut_off, again, ear).end()
        answered(patient, late, other_call, other_ear).end()

    after = account(patient, cut_off)
    assert before.row.id != after.row.id
    assert "pl:place-1" in set(ear.keys())
    assert [visit.enqueued_at for visit in before.visits] == [visit.enqueued_at for visit in after.visits]


def test_who_waits_first_is_told_when_a_consultant_is_free(patient: Live, numbers: Callable[[], str]) -> None:
    """By a key that nobody has: it gives the caller the consultant at once and leads nowhere else."""
    with _all_busy(patient, numbers) as busy, _keys_noted(patient) as noted:
        early, late = numbers(), numbers()
        call, ear = _waiting(patient, early)
        other_call, other_ear = _waiting(patient, late)
        assert 0 == noted().count(f"'{KEY}'")
        busy[0].end()
        answered(patient, early, call, ear).end()
        answered(patient, late, other_call, other_ear).end()

    ends = [line.split("on ")[1] for line in noted().splitlines() if f"end '{KEY}' received" in line]
    assert 2 == len(set(ends)), "each of the two"
    for ani in (early, late):
        assert ["answered"] == [visit.outcome for visit in account(patient, ani).visits]


@contextmanager
def _keys_noted(running: Live) -> Iterator[Callable[[], str]]:
    """Asterisk notes every key for a while, which it never does otherwise; what it has noted so far."""
    assert running.station.asterisk is not None
    rx, name = running.station.asterisk.rx, "keys"
    rx(f"logger add channel {name} dtmf")
    try:
        yield (running.station.home / "asterisk" / "log" / name).read_text
    finally:
        rx(f"logger remove channel {name}")


@contextmanager
def _all_busy(running: Live, numbers: Callable[[], str]) -> Iterator[list[Talk]]:
    """Both consultants of a group talk."""
    talks = list(talk_at_once(running, {numbers(): "5", numbers(): "5"}).values())
    yield talks
    for one in talks:
        one.end()


def _waiting(running: Live, ani: str) -> tuple[OutgoingCall, tones.Ear]:
    """A caller in the queue of that group."""
    call, ear = to_topic(running, ani, "5")
    ear.wait_for("pl:leaving-the-queue")
    call.wait_until(lambda: hears_music(call), what="music")
    return call, ear


def _told(running: Live, ani: str) -> tuple[waiting.Told, ...]:
    call_id = account(running, ani).row.id
    with running.database.reading() as connection:
        return waiting.of_call(connection, call_id)
