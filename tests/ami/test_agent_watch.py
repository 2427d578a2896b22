"""Agents' states in the database: what is written when, and what is caught up with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete
from structlog.testing import capture_logs

from routing import agent_states, members
from routing.agent_states import Change, agent_changes
from routing.agent_watch import AgentWatch
from routing.ami import Ami, Patience
from routing.members import Device
from storage.database import Database
from tests.ami.peers import SECRET, USER, Act, Headers, Manager, Peer, wait_for

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
QUICK = Patience(connect=5, reply=5, first_pause=0.01, longest_pause=0.02)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        """The time."""
        return self.now


def desk_of(agent: str) -> str:
    """The telephone at which an agent sits."""
    return agent.replace("1", "2", 1)


def into(agent: str, state: str, reason: str, when: datetime) -> Change:
    """A change of somebody who sits there."""
    return Change(agent, state, reason, when, desk_of(agent))


def at(seconds: float) -> datetime:
    """So many seconds into the story."""
    return START + timedelta(seconds=seconds)


def member(agent: str, device: Device, event: str = "QueueMember", when: float = 0, **headers: object) -> Headers:
    """What Asterisk says of a member."""
    told = {
        "Event": event,
        "Timestamp": f"{at(when).timestamp():.6f}",
        "Queue": "pensions",
        "MemberName": agent,
        "Interface": f"PJSIP/{desk_of(agent)}",
        "Status": int(device),
    }
    return {name: str(value) for name, value in {**told, **headers}.items()}


def lists(peer: Peer, *listed: Headers, before: tuple[Headers, ...] = ()) -> None:
    """Answer QueueStatus; `before` happens while it is being asked."""
    asked = peer.expect("QueueStatus")
    peer.say(*before)
    peer.answer(asked, EventList="start")
    own = {"ActionID": asked["ActionID"]}
    peer.say(*({**one, **own} for one in listed), {"Event": "QueueStatusComplete", "EventList": "Complete", **own})


@contextmanager
def watching(
    database: Database, *acts: Act, clock: Clock | None = None, leading: Callable[[], bool] = lambda: True
) -> Iterator[None]:
    """Agents are followed through these connections, the last of which stays."""
    manager = Manager(*acts)
    ami = Ami(manager.address, USER, SECRET, QUICK)
    watch = AgentWatch(ami, database, clock or Clock(), lambda _: leading())
    with manager, watch, ami:
        yield


def history(database: Database) -> list[Change]:
    """Every change, in order."""
    with database.reading() as connection:
        return list(agent_states.changes(connection, START - timedelta(days=1), START + timedelta(days=1)))


def now(database: Database) -> dict[str, str]:
    """What each agent does."""
    with database.reading() as connection:
        return {row.agent: row.state for row in agent_states.current(connection)}


def test_what_differs_at_the_start_is_logged(database: Database) -> None:
    """Who is as they were is not; who is gone has logged out."""
    before = [
        into("1200", members.AWAITING_RETURN, "", at(-60)),
        into("1201", members.ON_CALL, "", at(-60)),
        into("1202", members.AVAILABLE, "", at(-60)),
        into("1203", members.ON_BREAK, "lunch", at(-60)),
    ]
    with database.writing() as connection:
        agent_states.write(connection, before)
        connection.execute(delete(agent_changes))

    def act(peer: Peer) -> None:
        peer.let_in()
        waits = member("1200", Device.INUSE, InCall=1, Paused=1, PausedReason=members.AWAITING_RETURN)
        lists(peer, waits, member("1201", Device.NOT_INUSE), member("1202", Device.NOT_INUSE))
        peer.read()

    with watching(database, act):
        wait_for(lambda: len(history(database)) == 2, "two changes")
    assert {
        into("1201", members.AVAILABLE, "", START),
        Change("1203", members.LOGGED_OUT, "", START),
    } == set(history(database))
    told = {"1200": "awaiting_return", "1201": "available", "1202": "available", "1203": "logged_out"}
    assert told == now(database)


def test_events_are_written_with_the_times_at_which_they_happened(database: Database) -> None:
    """Whenever it is that they are taken in."""

    def act(peer: Peer) -> None:
        peer.let_in()
        lists(peer, member("1201", Device.NOT_INUSE))
        wraps_up = {"Paused": 1, "PausedReason": members.WRAP_UP}
        status = "QueueMemberStatus"
        peer.say(
            member("1201", Device.NOT_INUSE, "AgentCalled", 1.5),
            member("1201", Device.RINGING, status, 1.75),
            member("1201", Device.BUSY, status, 3.5),
            member("1201", Device.BUSY, "AgentConnect", 3.75),
            member("1201", Device.BUSY, "QueueMemberPause", 60.2, **wraps_up),
            member("1201", Device.NOT_INUSE, status, 60.25, **wraps_up),
            member("1201", Device.NOT_INUSE, "QueueMemberPause", 70),
            member("1202", Device.NOT_INUSE, "QueueMemberAdded", 90),
        )
        peer.read()

    with watching(database, act):
        wait_for(lambda: len(history(database)) == 6, "six changes")
    assert [
        into("1201", members.AVAILABLE, "", at(0)),
        into("1201", members.RINGING, "", at(1.75)),
        into("1201", members.ON_CALL, "", at(3.5)),
        into("1201", members.WRAP_UP, "", at(60.25)),
        into("1201", members.AVAILABLE, "", at(70)),
        into("1202", members.AVAILABLE, "", at(90)),
    ] == history(database)


def test_a_telephone_in_use_before_its_queue_tells_of_the_call_is_called(database: Database) -> None:
    """It has not called anybody itself: whoever does that is on a call some moments later."""

    def act(peer: Peer) -> None:
        peer.let_in()
        lists(peer, member("1201", Device.NOT_INUSE), member("1202", Device.NOT_INUSE))
        peer.say(
            member("1202", Device.INUSE, "QueueMemberStatus", 0.5),
            member("1201", Device.INUSE, "QueueMemberStatus", 1),
            member("1201", Device.INUSE, "AgentCalled", 1.05),
        )
        peer.read()

    clock = Clock()
    with watching(database, act, clock=clock):
        wait_for(lambda: now(database).get("1201") == members.RINGING, "a telephone that rings")
        clock.now = at(1.1)
        wait_for(lambda: now(database).get("1202") == members.ON_CALL, "one in a call of its own")
    ringing, direct = (
        into("1201", members.RINGING, "", at(1.05)),
        into("1202", members.ON_CALL, members.DIRECT, at(0.5)),
    )
    assert {ringing, direct} == {change for change in history(database) if change.state != members.AVAILABLE}


def test_who_leaves_a_queue_and_comes_back_at_once_has_not_logged_out(database: Database) -> None:
    """As one moves to another telephone; who stays away has, from when they left."""
    clock = Clock()

    def act(peer: Peer) -> None:
        peer.let_in()
        lists(peer, member("1201", Device.NOT_INUSE), member("1202", Device.NOT_INUSE))
        wait_for(lambda: len(now(database)) == 2, "both")
        clock.now = at(3)
        peer.say(
            member("1201", Device.NOT_INUSE, "QueueMemberRemoved", 1.5),
            member("1201", Device.NOT_INUSE, "QueueMemberAdded", 1.51),
            member("1202", Device.NOT_INUSE, "QueueMemberRemoved", 1.52),
        )
        peer.read()

    with watching(database, act, clock=clock):
        wait_for(lambda: len(history(database)) == 3, "a change")
    assert [Change("1202", members.LOGGED_OUT, "", at(1.52))] == history(database)[2:]


def test_who_moves_to_another_telephone_is_there_from_then_on(database: Database) -> None:
    """And was never logged out."""
    removed, added = "QueueMemberRemoved", "QueueMemberAdded"

    def act(peer: Peer) -> None:
        peer.let_in()
        lists(peer, member("1201", Device.NOT_INUSE), member("1201", Device.NOT_INUSE, Queue="benefits"))
        peer.say(
            *(member("1201", Device.NOT_INUSE, removed, 5, Queue=queue) for queue in ("pensions", "benefits")),
            member("1201", Device.NOT_INUSE, added, 5.01, Interface="PJSIP/2999"),
            member("1201", Device.NOT_INUSE, added, 5.02, Queue="benefits", Interface="PJSIP/2999"),
        )
        peer.read()

    with watching(database, act):
        wait_for(lambda: len(history(database)) == 2, "the move")
    assert [
        Change("1201", members.AVAILABLE, "", at(0), "2201"),
        Change("1201", members.AVAILABLE, "", at(5.01), "2999"),
    ] == history(database)
    with database.reading() as connection:
        assert history(database)[1:] == list(agent_states.current(connection))


def test_what_is_older_than_the_list_is_in_the_list(database: Database) -> None:
    """An event that was sent while the list was asked for does not undo it."""

    def act(peer: Peer) -> None:
        peer.let_in()
        old = member("1201", Device.NOT_INUSE, "QueueMemberStatus", 0)
        lists(peer, member("1201", Device.BUSY, InCall=1), before=(old,))
        peer.say(member("1202", Device.NOT_INUSE, "QueueMemberAdded", 1))
        peer.read()

    with watching(database, act):
        wait_for(lambda: "1202" in now(database), "the newer event")
    assert [("1201", members.ON_CALL), ("1202", members.AVAILABLE)] == [
        (change.agent, change.state) for change in history(database)
    ]


def test_after_an_outage_everything_is_read_again(database: Database) -> None:
    """What changed meanwhile is logged as of now; what did not is not."""
    mended = threading.Event()
    clock = Clock()

    def first(peer: Peer) -> None:
        peer.let_in()
        lists(peer, member("1201", Device.NOT_INUSE), member("1202", Device.NOT_INUSE))
        wait_for(lambda: len(now(database)) == 2, "both")

    def second(peer: Peer) -> None:
        mended.wait()
        peer.let_in()
        lists(peer, member("1201", Device.NOT_INUSE, Paused=1, PausedReason="lunch"), member("1202", Device.NOT_INUSE))
        peer.read()

    with watching(database, first, second, clock=clock):
        wait_for(lambda: len(now(database)) == 2, "both")
        clock.now = at(30)
        mended.set()
        wait_for(lambda: now(database)["1201"] == members.ON_BREAK, "the break")
    assert [into("1201", members.ON_BREAK, "lunch", at(30))] == history(database)[2:]


def test_a_list_that_never_comes_is_asked_for_again(database: Database) -> None:
    """As long as the connection holds."""

    def act(peer: Peer) -> None:
        peer.let_in()
        asked = peer.expect("QueueStatus")
        peer.say({"Response": "Error", "ActionID": asked["ActionID"], "Message": "not now"})
        lists(peer, member("1201", Device.NOT_INUSE))
        peer.read()

    with watching(database, act):
        wait_for(lambda: now(database) == {"1201": members.AVAILABLE}, "the list")


def test_while_the_database_is_away_nothing_is_lost(database: Database) -> None:
    """Changes are written when it is back, in order and with their times."""
    away, told = threading.Event(), threading.Event()

    def act(peer: Peer) -> None:
        peer.let_in()
        lists(peer, member("1201", Device.NOT_INUSE))
        away.wait()
        for second, device in ((1, Device.INUSE), (2, Device.UNAVAILABLE), (3, Device.NOT_INUSE)):
            peer.say(member("1201", device, "QueueMemberStatus", second))
        told.set()
        peer.read()

    with capture_logs() as logs, watching(database, act):
        wait_for(lambda: now(database) == {"1201": members.AVAILABLE}, "the list")
        _rename(database, "agent_changes", "elsewhere")
        away.set()
        wait_for(lambda: any("behind" in line["event"] for line in logs), "the outage")
        told.wait()
        _rename(database, "elsewhere", "agent_changes")
        wait_for(lambda: len(history(database)) == 4, "the changes")
    assert [
        (members.ON_CALL, members.DIRECT, at(1)),
        (members.LOGGED_OUT, members.UNREACHABLE, at(2)),
        (members.AVAILABLE, "", at(3)),
    ] == [(change.state, change.reason, change.at) for change in history(database)[1:]]


def test_who_does_not_lead_any_more_writes_nothing(database: Database) -> None:
    """Somebody else has read everything meanwhile: what is late would be counted twice."""
    leading, asked, clock = threading.Event(), threading.Event(), Clock()
    leading.set()

    def still() -> bool:
        if not leading.is_set():
            asked.set()
        return leading.is_set()

    def act(peer: Peer) -> None:
        peer.let_in()
        lists(peer, member("1201", Device.NOT_INUSE))
        wait_for(lambda: now(database) == {"1201": members.AVAILABLE}, "the list")
        leading.clear()
        clock.now = at(2)
        peer.say(member("1201", Device.INUSE, "QueueMemberStatus", 1))
        peer.read()

    with watching(database, act, clock=clock, leading=still):
        assert asked.wait(10)
    assert [members.AVAILABLE] == [change.state for change in history(database)]


def _rename(database: Database, old: str, new: str) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")


@pytest.mark.parametrize("agents", [1, 365])
def test_a_whole_centre_is_written_at_once(database: Database, agents: int) -> None:
    """All consultants at the start of a day."""
    listed = [member(f"{1000 + number}", Device.NOT_INUSE) for number in range(agents)]

    def act(peer: Peer) -> None:
        peer.let_in()
        lists(peer, *listed)
        peer.read()

    with watching(database, act):
        wait_for(lambda: len(now(database)) == agents, "everybody")
    assert agents == len(history(database))
