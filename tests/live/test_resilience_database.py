"""The database is locked, full or gone for a while: no caller is dropped, and what is kept is whole."""

from __future__ import annotations

import resource
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import make_url

from tests.live.callers import PATIENCE, Account, recorded_files
from tests.live.relay import Relay
from tests.live.stations import Live, hears_music
from tests.live.stories import Caller, is_up, node, notes, nothing_stays, on_a_break, stand_up, unfinished, wait_for

Numbers = Callable[[], str]
LOCKED_SECONDS = 10


@pytest.fixture
def service(breakable: Live) -> Live:
    """The service on SQLite with both processes up."""
    stand_up(breakable)
    return breakable


@contextmanager
def _locked(live: Live) -> Iterator[None]:
    """Nobody else writes for a while."""
    connection = sqlite3.connect(str(make_url(live.installation.home.database_url).database), isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def test_a_locked_database_delays_what_is_heard_next(service: Live, numbers: Numbers) -> None:
    """A key pressed while another program holds the database for seconds counts, once, as soon as that lets go."""
    caller = Caller(service, numbers())
    with nothing_stays(service):
        caller.dials()
        caller.hears("main")
        with _locked(service):
            caller.keys("0")
            threading.Event().wait(2)
            assert "topics" not in caller.heard()
        caller.hears("topics")
        caller.hangs_up()
        kept = caller.account()

    assert ["welcome", "uk:main-uk", "en:main-en", "main", "choose-topic", "topics"] == caller.heard()
    assert ("topics", "caller", 3) == (kept.row.ended_where, kept.row.cause, len(kept.turns))


def test_ten_seconds_without_the_database_lose_no_caller_and_no_count(service: Live, numbers: Numbers) -> None:
    """One is on the way to a queue, one waits and is answered meanwhile, one's conversation ends meanwhile."""
    coming, waiting, talking = (Caller(service, numbers()) for _ in range(3))
    with nothing_stays(service):
        with on_a_break(service, "1201", "1202"):
            waiting.dials()
            waiting.comes_to(("main", "0"), ("topics", "2"))
            waiting.call.wait_until(lambda: hears_music(waiting.call), what="music")
            talking.dials()
            talking.comes_to(("main", "0"), ("topics", "4"))
            conversation = talking.talks()
            coming.dials()
            coming.comes_to(("main", "0"))
            coming.hears("topics")
            began = datetime.now(UTC)
            with _locked(service):
                coming.keys("3")
                assert service.station.asterisk is not None
                service.station.asterisk.rx("queue unpause member PJSIP/1201")
                answered = waiting.talks()
                conversation.consultant.hang_up()
                threading.Event().wait(LOCKED_SECONDS - (datetime.now(UTC) - began).total_seconds())
            ended = datetime.now(UTC)
        talking.call.wait_ended(PATIENCE)
        answered.end()
        coming.talks().end()
        stays = [caller.account().visits for caller in (coming, waiting, talking)]

    assert [["answered"]] * 3 == [[visit.outcome for visit in own] for own in stays]
    assert ["13", "12", "14"] == [str(own[0].agent)[:2] for own in stays]
    (visit,) = stays[1]
    assert visit.answered_at is not None
    assert began <= visit.answered_at <= ended
    assert "goodbye" == talking.heard()[-1]
    assert [] == unfinished(service)


@contextmanager
def _full_disk(live: Live, *numbers: int) -> Iterator[None]:
    """These processes can write no file any more, their logs included."""
    limits = {node(live, number).process.pid: resource.RLIMIT_FSIZE for number in numbers}
    before = {pid: resource.prlimit(pid, limit) for pid, limit in limits.items()}
    for pid, limit in limits.items():
        resource.prlimit(pid, limit, (0, before[pid][1]))
    try:
        yield
    finally:
        for pid, limit in limits.items():
            resource.prlimit(pid, limit, before[pid])


def test_a_full_disk_ends_no_call(service: Live, numbers: Numbers) -> None:
    """One process can write nothing: the other takes the call. Neither can: a consultant does, and it is told later."""
    caller = Caller(service, numbers())
    with nothing_stays(service):
        caller.dials()
        caller.hears("main")
        with _full_disk(service, 0):
            caller.keys("0")
            caller.hears("main", times=2)
            with _full_disk(service, 1):
                _goes_on_alone(caller)
        wait_for(lambda: notes(service) == 0, "the note taken in")

    assert [True, True] == [is_up(service, number) for number in (0, 1)]
    _check_account(service, caller.account())


def _goes_on_alone(caller: Caller) -> None:
    """A key that cannot be kept leads to music, to a consultant, and to the thanks."""
    caller.keys("0")
    caller.call.wait_until(lambda: hears_music(caller.call), what="music")
    caller.hears("connecting")
    caller.talks().end()
    assert "goodbye" == caller.heard()[-1]
    wait_for(lambda: notes(caller.live) == 1, "a note about the call")


def _check_account(live: Live, kept: Account) -> None:
    (visit,) = kept.visits
    assert ("main", "no-ivr", "answered") == (kept.row.ended_where, kept.row.cause, visit.outcome)
    assert list(range(1, len(kept.turns) + 1)) == [turn.seq for turn in kept.turns]
    assert ((), []) == (kept.consents, recorded_files(live, kept.row.id))
    assert [] == unfinished(live)


@pytest.mark.postgresql
def test_a_database_that_is_gone_ends_no_call(breakable_on_postgresql: Live, wire: Relay, numbers: Numbers) -> None:
    """PostgreSQL goes and comes back: the menu is heard again. It goes for longer: a consultant, and a note of it."""
    service, caller = breakable_on_postgresql, Caller(breakable_on_postgresql, numbers())
    stand_up(service)
    with nothing_stays(service):
        caller.dials()
        caller.hears("main")
        wire.cut()
        caller.keys("0")
        caller.call.wait_until(lambda: hears_music(caller.call), what="music")
        wire.mend()
        caller.hears("main", times=2)
        wire.cut()
        try:
            _goes_on_alone(caller)
        finally:
            wire.mend()
        wait_for(lambda: notes(service) == 0, "the note taken in")

    _check_account(service, caller.account())
