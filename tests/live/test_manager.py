"""What Asterisk's manager interface tells: what agents do, which calls are lost, and nothing that was keyed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import provision
from demo.phone import Answer
from ivr import calls
from routing import agent_states, company, members, visits
from routing.ami import Ami
from routing.asterisk.plan import manager_password
from routing.visits import Visit
from tests.live.callers import desks_react, row_of, talk, to_topic
from tests.live.conftest import SHORT_TIMEOUT
from tests.live.manager_tap import ManagerTap
from tests.live.relay import TcpRelay
from tests.live.stations import Live, hears_music, live, menus_with
from tests.live.stories import (
    IDENTIFIER,
    PIN,
    Caller,
    Story,
    node,
    nothing_stays,
    on_a_break,
    tell,
    unfinished,
    wait_for,
)

Numbers = Callable[[], str]
RING_SECONDS, WRAP_UP_SECONDS = 3, 2
# Longer than those whose call seems to have no channel are given.
WHILE = 4.0


@dataclass(frozen=True, slots=True)
class Watched:
    """A service whose IVR process reaches Asterisk's manager by a wire that can be cut."""

    live: Live
    wire: TcpRelay


@pytest.fixture(scope="module")
def watched(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Everybody is at a telephone; there is wrap-up after each call."""
    folder = tmp_path_factory.mktemp("watched")
    queues = {"ring_seconds": RING_SECONDS, "wrap_up_seconds": WRAP_UP_SECONDS}
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT), nodes=0, settings={"queues": queues}) as running:
        assert running.station.addresses.ami is not None
        with TcpRelay(running.station.addresses.ami) as wire:
            # Asterisk's own port is in its configuration already.
            reader = {"ami": {"listen": f"127.0.0.1:{wire.port}"}}
            running.station.settings = {"queues": queues, "asterisk": reader}
            running.station.write_settings()
            running.station.centrala("profiles", "add", stdin=f"{IDENTIFIER}\n{PIN}\n")
            running.station.start_node(0)
            running.staff()
            wait_for(lambda: not _others(running, members.AVAILABLE), "everybody to be seen")
            yield Watched(running, wire)


def _state(running: Live, extension: str) -> tuple[str, str]:
    """What is kept of what an agent does."""
    with running.database.reading() as connection:
        found = {row.agent: (row.state, row.reason) for row in agent_states.current(connection)}
    return found.get(extension, ("", ""))


def _others(running: Live, state: str) -> set[str]:
    """Whoever is at a telephone and not in this state."""
    return {extension for extension in running.desks if _state(running, extension)[0] != state}


def _history(running: Live, extension: str) -> list[str]:
    """The states that an agent came into."""
    with running.database.reading() as connection:
        query = agent_states.agent_changes.select().order_by(agent_states.agent_changes.c.id)
        return [row.state for row in connection.execute(query) if row.agent == extension]


def _log(running: Live, words: str) -> int:
    """How many lines of the IVR's log hold these words."""
    return node(running, 0).log.read_text("utf-8").count(words)


def test_a_call_leads_an_agent_through_the_states(watched: Watched, ani: str) -> None:
    """Ringing, on the call, wrap-up, free again; each with the time at which it happened."""
    running = watched.live
    before = len(_history(running, "1201"))
    with on_a_break(running, "1202"):
        with desks_react(running, Answer(after=1.5), "1201"):
            call, _ = to_topic(running, ani, "2")
            wait_for(lambda: _state(running, "1201") == (members.RINGING, ""), "ringing")
            assert (members.ON_BREAK, "") == _state(running, "1202")
        call.wait_until(lambda: running.consultant_of(ani), what="an answer")
        wait_for(lambda: _state(running, "1201") == (members.ON_CALL, ""), "a conversation")
        call.hang_up()
        wait_for(lambda: _state(running, "1201") == (members.WRAP_UP, ""), "wrap-up")
        wait_for(lambda: _state(running, "1201") == (members.AVAILABLE, ""), "the end of wrap-up")

    once = [members.RINGING, members.ON_CALL, members.WRAP_UP, members.AVAILABLE]
    assert once == _history(running, "1201")[before:]
    wait_for(lambda: _state(running, "1202")[0] == members.AVAILABLE, "the end of the break")


def test_a_telephone_that_goes_takes_its_agent_along(watched: Watched) -> None:
    """And brings them back."""
    running = watched.live
    assert 200 == running.desks["1502"].register(expires=0)
    wait_for(lambda: _state(running, "1502") == (members.LOGGED_OUT, members.UNREACHABLE), "being gone")
    assert 200 == running.desks["1502"].register()
    wait_for(lambda: _state(running, "1502")[0] == members.AVAILABLE, "being back")


def test_nothing_that_was_keyed_is_told(watched: Watched, ani: str) -> None:
    """Everything that the manager's user is sent during a login and a transfer, byte for byte.

    Who has proven who they are is named on the consultant's display; Asterisk's own word for it is the connected line.
    """
    running, heard = watched.live, bytearray()
    with ManagerTap(running, heard):
        caller = Caller(running, ani)
        caller.dials()
        caller.comes_to(("main", "2"), ("identifier", f"{IDENTIFIER}#"), ("pin", PIN))
        caller.hears("authenticated")
        caller.comes_to(("personal", "0"), ("topics", "4"))
        caller.talks().end()
        wait_for(lambda: b"Event: AgentComplete" in heard, "the end of the conversation")
    told = heard.decode()
    assert [] == [words for words in ("DTMF", "Digit", "AGI", PIN) if words in told]
    headers = [line.partition(": ") for line in told.splitlines()]
    assert {"system,all", "agent,all", "call,all"} == {value for name, _, value in headers if name == "Privilege"}
    displays = {"ConnectedLineName", "DestConnectedLineName", "CallerIDName", "DestCallerIDName"}
    assert {name for name, _, value in headers if IDENTIFIER in value} <= displays


def _values(text: str, name: str) -> list[str]:
    """The values of a setting of Asterisk's."""
    return [value.strip() for key, _, value in (one.partition("=") for one in text.splitlines()) if key.strip() == name]


def test_what_is_followed_is_let_through_and_what_is_keyed_is_never_made(watched: Watched) -> None:
    """For any user, whatever it may read; ours may read little and do next to nothing."""
    text = (watched.live.station.home / "asterisk" / "etc" / "manager.conf").read_text("utf-8")
    filters = [line for line in text.splitlines() if line.startswith("eventfilter")]
    told = {line.partition("name(")[2].partition(")")[0] for line in filters}
    (never,) = _values(text, "disabledevents")
    assert (["system,agent,call"], ["reporting,call,originate"]) == (_values(text, "read"), _values(text, "write"))
    assert {*members.EVENTS, *company.EVENTS, "FullyBooted"} <= told
    assert not told & set(never.split(","))
    assert {"DTMFBegin", "DTMFEnd", "AGIExecStart", "AGIExecEnd"} <= set(never.split(","))


def test_without_a_manager_keys_are_not_even_told_within_asterisk(watched: Watched, tmp_path: Path) -> None:
    """It can be turned off."""
    station = watched.live.station
    usual, station.settings = station.settings, {"asterisk": {"ami": None}}
    try:
        station.write_settings()
        station.centrala("asterisk", "render", str(tmp_path))
    finally:
        station.settings = usual
        station.write_settings()
    assert ["no"] == _values((tmp_path / "manager.conf").read_text("utf-8"), "enabled")
    declined = _values((tmp_path / "stasis.conf").read_text("utf-8"), "decline")
    assert {"ast_channel_dtmf_begin_type", "ast_channel_dtmf_end_type", "agi_exec_end_type"} <= set(declined)


@pytest.mark.parametrize(
    ("action", "headers"),
    [
        ("Command", {"Command": "core show version"}),
        ("QueuePause", {"Interface": "PJSIP/1101", "Paused": "true"}),
        ("ModuleLoad", {"LoadType": "unload", "Module": "app_queue.so"}),
        ("DBPut", {"Family": "agents", "Key": "1101", "Val": "1"}),
        ("UpdateConfig", {"SrcFilename": "extensions.conf", "DstFilename": "extensions.conf"}),
    ],
)
def test_the_user_may_ask_and_handle_calls_and_nothing_else(
    watched: Watched, action: str, headers: dict[str, str]
) -> None:
    """Callbacks are put in queues, callers told to look; no command, configuration or database is within reach."""
    running = watched.live
    secret = manager_password(running.installation.key("sip"), "centrala")
    with Ami(("127.0.0.1", running.station.addresses.ami or 0), "centrala", secret) as ami:
        wait_for(lambda: ami.connected, "a connection")
        with pytest.raises(Exception, match="Permission denied"):
            ami.send(action, **headers)


def test_a_cut_wire_loses_no_call_and_no_state(watched: Watched, numbers: Numbers) -> None:
    """Calls begin, go on and end meanwhile; afterwards everything is read again, and nobody is taken for lost."""
    running = watched.live
    lasting, brief = Caller(running, numbers()), Caller(running, numbers())
    outages = _log(running, "no connection to Asterisk's manager")
    with nothing_stays(running):
        lasting.dials()
        lasting.comes_to(("main", "0"), ("topics", "3"))
        there = lasting.talks()
        wait_for(lambda: _state(running, there.extension)[0] == members.ON_CALL, "a conversation")
        watched.wire.cut()
        brief.dials()
        brief.comes_to(("main", "0"), ("topics", "5"))
        brief.talks().end()
        with on_a_break(running, "1101"):
            wait_for(lambda: _log(running, "no connection to Asterisk's manager") > outages, "the outage to be logged")
            watched.wire.mend()
            wait_for(lambda: _state(running, "1101")[0] == members.ON_BREAK, "the break to be seen")
        wait_for(lambda: _state(running, "1101")[0] == members.AVAILABLE, "the end of the break")
        assert members.ON_CALL == _state(running, there.extension)[0]
        there.wait(WHILE)
        there.end()
    assert outages + 1 == _log(running, "no connection to Asterisk's manager")
    for caller in (lasting, brief):
        kept = caller.account()
        assert ("completed", ["answered"]) == (kept.row.cause, [visit.outcome for visit in kept.visits])
    wait_for(lambda: not _others(running, members.AVAILABLE), "everybody to be free")


def at_a_menu(caller: Caller) -> Story:
    """Who is asked something."""
    caller.dials()
    caller.comes_to(("main", "0"))
    caller.hears("topics")
    yield


def in_the_queue(caller: Caller) -> Story:
    """Who waits."""
    with on_a_break(caller.live, "1201", "1202"):
        caller.dials()
        caller.comes_to(("main", "0"), ("topics", "2"))
        caller.call.wait_until(lambda: hears_music(caller.call), what="music")
        yield
        # Asterisk is a new one.
        wait_for(lambda: _state(caller.live, "1201")[0] == members.AVAILABLE, "nobody to be on a break")


def in_conversation(caller: Caller) -> Story:
    """Who talks."""
    talk(caller.live, caller.ani, "1")
    wait_for(lambda: [visit for visit in _visits(caller) if visit.answered_at], "the answer to be known")
    yield


def _visits(caller: Caller) -> tuple[Visit, ...]:
    """The stays in queues of a call that lasts."""
    row = row_of(caller.live, caller.ani)
    assert row is not None
    with caller.live.database.reading() as connection:
        return visits.of_call(connection, row.id)


def test_calls_of_an_asterisk_that_died_are_ended_when_it_is_back(watched: Watched, numbers: Numbers) -> None:
    """Within seconds, wherever they stood; a call that comes meanwhile stays."""
    running = watched.live
    callers = {story: Caller(running, numbers()) for story in (at_a_menu, in_the_queue, in_conversation)}
    late = Caller(running, numbers())

    def die_and_come_back() -> None:
        assert running.station.asterisk is not None
        os.killpg(running.station.asterisk.pid, signal.SIGKILL)
        running.station.start_asterisk()
        for desk in running.desks.values():
            assert 200 == desk.register()
        late.dials()
        late.comes_to(("main", "0"))

    tell((story(caller) for story, caller in callers.items()), die_and_come_back)
    for caller in callers.values():
        wait_for(lambda ani=caller.ani: _is_over(running, ani), "the end of a call")  # type: ignore[misc]

    assert {"lost"} == {caller.account().row.cause for caller in callers.values()}
    assert {at_a_menu: [], in_the_queue: ["failed"], in_conversation: ["answered"]} == {
        story: [visit.outcome for visit in caller.account().visits] for story, caller in callers.items()
    }
    assert not _is_over(running, late.ani)
    late.comes_to(("topics", "4"))
    late.talks().end()
    assert "completed" == late.account().row.cause
    wait_for(lambda: not _others(running, members.AVAILABLE), "everybody to be free")
    assert [] == unfinished(running)


def _is_over(running: Live, ani: str) -> bool:
    row: calls.CallRow | None = row_of(running, ani)
    return row is not None and row.ended_at is not None
