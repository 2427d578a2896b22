"""The database is locked, full or gone for a while: no caller is dropped, and what is kept is whole."""

from __future__ import annotations

import resource
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import make_url

from tests.live.callers import Account, recorded_files
from tests.live.relay import Relay
from tests.live.stations import Live, hears_music
from tests.live.stories import Caller, is_up, node, notes, nothing_stays, stand_up, unfinished, wait_for

Numbers = Callable[[], str]


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
