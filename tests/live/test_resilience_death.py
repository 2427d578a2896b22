"""An IVR process is killed in the middle of calls: every caller goes on where they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select

from auth_pin.attempts import auth_attempts
from centrala.following import LEASE
from ivr.events import Reentered
from recordings import consents
from routing import agent_states, members
from routing.asterisk.plan import RESTART_SECONDS
from storage.leases import leases
from tests.live.callers import PATIENCE, Account, recorded_files, row_of
from tests.live.conftest import LASTING, LONG
from tests.live.stations import Live, hears_music
from tests.live.stories import (
    IDENTIFIER,
    PIN,
    Caller,
    Story,
    at_once,
    is_up,
    node,
    on_a_break,
    stand_up,
    tell,
    unfinished,
    wait_for,
)

Numbers = Callable[[], str]
Tale = Callable[[Caller], Story]


@pytest.fixture
def on_sqlite(breakable: Live) -> Live:
    """The service on SQLite with both processes up."""
    stand_up(breakable)
    return breakable


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def service(request: pytest.FixtureRequest) -> Live:
    """The service on either database with both processes up."""
    name = {"sqlite": "breakable", "postgresql": "breakable_on_postgresql"}[request.param]
    running: Live = request.getfixturevalue(name)
    stand_up(running)
    return running


# What happens to whom: each story yields where the process dies.


def at_a_menu(caller: Caller) -> Story:
    """The same menu is heard again, and its keys work."""
    caller.dials()
    caller.comes_to(("main", "0"))
    caller.hears("topics")
    yield
    caller.hears("topics", times=2)
    caller.keys("*")
    caller.hears("main", times=2)
    caller.hangs_up()


def at_the_identifier(caller: Caller) -> Story:
    """What was keyed of it is forgotten, it is asked for again, and the login works."""
    caller.dials()
    caller.comes_to(("main", "2"), ("identifier", IDENTIFIER[:3]))
    yield
    caller.hears("identifier", times=2)
    caller.keys(f"{IDENTIFIER}#")
    caller.comes_to(("pin", PIN))
    caller.hears("authenticated")
    caller.hangs_up()


def at_the_pin(caller: Caller) -> Story:
    """The PIN is asked for again, the identifier is not, and one attempt was made."""
    caller.dials()
    caller.comes_to(("main", "2"), ("identifier", f"{IDENTIFIER}#"), ("pin", PIN[:3]))
    yield
    caller.hears("pin", times=2)
    caller.keys(PIN)
    caller.hears("authenticated")
    caller.hangs_up()


def at_the_postal_code(caller: Caller) -> Story:
    """It is asked for again, and the office is found."""
    caller.dials()
    caller.comes_to(("main", "3"), ("postal-code", "00"))
    yield
    caller.hears("postal-code", times=2)
    caller.keys("00001")
    caller.hears("office-found")
    caller.hangs_up()


def in_the_queue(caller: Caller) -> Story:
    """The music plays on, and a consultant answers."""
    with on_a_break(caller.live, "1201", "1202"):
        caller.dials()
        caller.comes_to(("main", "0"), ("topics", "2"))
        caller.call.wait_until(lambda: hears_music(caller.call), what="music")
        yield
        caller.listens(0.5)
        assert hears_music(caller.call)
    caller.talks().end()


def in_conversation(caller: Caller) -> Story:
    """The two talk on and notice nothing; the caller is thanked afterwards."""
    caller.dials()
    caller.comes_to(("main", "0"), ("topics", "1"))
    there = caller.talks()
    yield
    there.wait(1)
    there.end()


PLACES: dict[Tale, tuple[str, str]] = {
    at_a_menu: ("main", "caller"),
    at_the_identifier: ("authentication", "caller"),
    at_the_pin: ("authentication", "caller"),
    at_the_postal_code: ("offices", "caller"),
    in_the_queue: ("goodbye", "completed"),
    in_conversation: ("goodbye", "completed"),
}


def _stories(live: Live, numbers: Numbers) -> dict[Tale, Caller]:
    return {story: Caller(live, numbers()) for story in PLACES}


def test_the_second_process_takes_every_call_over(service: Live, numbers: Numbers) -> None:
    """The process that has all calls is killed; the other one goes on with each at its place."""
    callers = _stories(service, numbers)

    def die() -> None:
        node(service, 0).kill()

    tell((story(caller) for story, caller in callers.items()), die)

    _check(service, {story: caller.account() for story, caller in callers.items()})


def test_the_only_process_is_started_again(on_sqlite: Live, numbers: Numbers) -> None:
    """No other process runs; the callers hear music until the one that was killed is back."""
    node(on_sqlite, 1).kill()
    callers = _stories(on_sqlite, numbers)

    def die_and_come_back() -> None:
        node(on_sqlite, 0).kill()
        on_sqlite.station.start_node(0)

    with _waiting_for_a_restart(on_sqlite, PATIENCE):
        tell((story(caller) for story, caller in callers.items()), die_and_come_back)
    assert not is_up(on_sqlite, 1)

    _check(on_sqlite, {story: caller.account() for story, caller in callers.items()})


@contextmanager
def _waiting_for_a_restart(live: Live, seconds: float) -> Iterator[None]:
    """Callers are left to the music for longer than usual: how fast a process starts is the machine's affair."""
    assert live.station.asterisk is not None
    live.station.asterisk.rx(f"dialplan set global RESTART_SECONDS {seconds:.0f}")
    try:
        yield
    finally:
        live.station.asterisk.rx(f"dialplan set global RESTART_SECONDS {RESTART_SECONDS}")


def _check(live: Live, accounts: dict[Tale, Account]) -> None:
    for story, kept in accounts.items():
        assert PLACES[story] == (kept.row.ended_where, kept.row.cause), story.__name__
        assert list(range(1, len(kept.turns) + 1)) == [turn.seq for turn in kept.turns]
        taken_over = sum(isinstance(event, Reentered) for event in kept.events)
        assert (0 if story in (in_the_queue, in_conversation) else 1) == taken_over, story.__name__
    for story in (in_the_queue, in_conversation):
        kept = accounts[story]
        (visit,), (part,), (consent,) = kept.visits, kept.parts, kept.consents
        assert ("answered", True) == (visit.outcome, consent.given)
        assert sorted([part.caller_file, part.agent_file]) == recorded_files(live, kept.row.id)
    for story in (at_the_identifier, at_the_pin):
        assert "full" == accounts[story].row.auth_level
        assert 1 == _attempts(live, accounts[story].row.id)
    assert [] == unfinished(live)


def _attempts(live: Live, call_id: str) -> int:
    with live.database.reading() as connection:
        query = select(func.count()).select_from(auth_attempts).where(auth_attempts.c.call_id == call_id)
        return int(connection.execute(query).scalar_one())


def test_what_cannot_be_cut_short_is_heard_again_from_its_beginning(on_sqlite: Live, numbers: Numbers) -> None:
    """A process dies while a caller hears the notice; who is being connected or thanked notices nothing."""
    agreeing, connecting, thanked = (Caller(on_sqlite, numbers()) for _ in range(3))
    _ask(thanked)
    thanked.keys("1")
    there = thanked.talks()
    at_once(lambda caller=caller: _ask(caller) for caller in (agreeing, connecting))  # type: ignore[misc]
    with on_a_break(on_sqlite, "1301", "1302", "1401", "1402"):
        connecting.keys("4")
        connecting.hears("connecting")
        agreeing.keys("3")
        agreeing.hears("recording-notice")
        there.consultant.hang_up()
        thanked.hears("goodbye")
        node(on_sqlite, 0).kill()
        assert not _consented(on_sqlite, agreeing)
        agreeing.hears("recording-notice", times=2)
        thanked.call.wait_ended()
        connecting.call.wait_until(lambda: hears_music(connecting.call), what="music")
    at_once(lambda caller=caller: caller.talks().end() for caller in (agreeing, connecting))  # type: ignore[misc]

    assert [("goodbye", False)] == _last_heard(thanked, 1)
    notices = [one for one in _last_heard(agreeing, 12) if one[0].startswith("recording-")]
    assert [("recording-notice", True), ("recording-notice", False), ("recording-staying", False)] == notices
    assert ("connecting", False) in _last_heard(connecting, 12)
    for caller in (agreeing, connecting, thanked):
        kept = caller.account()
        (visit,), (consent,) = kept.visits, kept.consents
        assert ("goodbye", "completed", "answered") == (kept.row.ended_where, kept.row.cause, visit.outcome)
        assert 2 == len(recorded_files(on_sqlite, kept.row.id))
        assert consent.given
    assert [] == unfinished(on_sqlite)


def _last_heard(caller: Caller, count: int) -> list[tuple[str, bool]]:
    """The newest prompts, and whether they were cut off."""
    heard = caller.ear.heard()[-count:]
    return [
        (one.key.removeprefix("pl:"), one.end - one.start < LASTING - 0.1 if one.key[3:] in LONG else one.cut)
        for one in heard
    ]


def _ask(caller: Caller) -> None:
    caller.dials()
    caller.comes_to(("main", "0"))
    caller.hears("topics")


def _consented(live: Live, caller: Caller) -> bool:
    row = row_of(live, caller.ani)
    assert row is not None
    with live.database.reading() as connection:
        return bool(consents.of_call(connection, row.id))


def test_who_follows_agents_is_followed(on_sqlite: Live, numbers: Numbers) -> None:
    """The process that leads is killed during a conversation: the other one goes on, and each change counts once.

    What begins while nobody leads is found when everything is read again.
    """
    caller = Caller(on_sqlite, numbers())
    caller.dials()
    caller.comes_to(("main", "0"), ("topics", "4"))
    there = caller.talks()
    wait_for(lambda: _states(on_sqlite, there.extension)[-1:] == [members.ON_CALL], "the conversation on record")
    before = len(_states(on_sqlite, there.extension))
    (leader,) = [number for number in (0, 1) if _leads(on_sqlite, number)]
    node(on_sqlite, leader).kill()
    with on_a_break(on_sqlite, "1101"):
        wait_for(lambda: _states(on_sqlite, "1101")[-1:] == [members.ON_BREAK], "the break on record")
        assert _leads(on_sqlite, 1 - leader)
    there.end()
    wait_for(lambda: _states(on_sqlite, there.extension)[before:] == [members.AVAILABLE], "the end on record")
    assert "completed" == caller.account().row.cause
    assert 1 == _states(on_sqlite, "1101").count(members.ON_BREAK)


def _leads(live: Live, number: int) -> bool:
    with live.database.reading() as connection:
        holder = connection.execute(select(leases.c.holder).where(leases.c.name == LEASE)).scalar_one_or_none()
    return f":{live.station.addresses.nodes[number]}/" in (holder or "")


def _states(live: Live, extension: str) -> list[str]:
    """The states that an agent came into."""
    table = agent_states.agent_changes.c
    with live.database.reading() as connection:
        return list(
            connection.execute(select(table.state).where(table.agent == extension).order_by(table.id)).scalars()
        )
