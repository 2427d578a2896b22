"""The FastAGI server among peers that are slow, rude, too many, or not Asterisk at all."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr import calls
from ivr.events import Keyed
from ivr.gateways.agi import protocol
from ivr.gateways.agi.server import Server
from storage.installation import Installation
from tests.agi.conftest import IDENTIFIER, PIN, Log, MakeServer, TellOfEnd, address_of, idle
from tests.agi.peers import Peer, Script, answer, introduction, new_call_id, play, variables

Address = tuple[str, int]

NO_INTRODUCTIONS = {
    "nothing": b"",
    "a blank line": b"\n",
    "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) + b"\n\n",
    "SIP": b"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1\r\n\r\n",
    "zeros": b"\x00" * 100 + b"\n\n",
    "no colon": b"agi_request\n\n",
    "a line without an end": b"agi_request: " + b"x" * protocol.MAX_LINE,
    "lines without an end": b"agi_arg_1: x\n" * (protocol.MAX_ENVIRONMENT_LINES + 1),
    "broken UTF-8 alone": b"\xff\xfe\xfd\n\n",
}


@pytest.mark.parametrize("raw", NO_INTRODUCTIONS.values(), ids=NO_INTRODUCTIONS)
def test_who_does_not_introduce_itself_is_turned_away(server: Server, address: Address, log: Log, raw: bytes) -> None:
    """Whatever is no introduction ends the connection, without a traceback, and its place is free again."""
    with Peer(address) as peer:
        peer.send(raw)
        peer.finish()
        assert peer.is_turned_away()

    assert idle(server)
    assert [] == log.tracebacks


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(raw=st.binary(max_size=300))
def test_no_bytes_do_harm(server: Server, address: Address, log: Log, raw: bytes) -> None:
    """Random bytes leave no traceback and no session behind."""
    with Peer(address) as peer:
        peer.send(raw)
        peer.finish()
        assert peer.is_turned_away()

    assert idle(server)
    assert [] == log.tracebacks


@pytest.mark.parametrize("endless", [b"a", b"agi_arg_1: x\n"], ids=["bytes", "lines"])
def test_a_peer_that_drips_is_cut_off(
    server: Server, address: Address, log: Log, monkeypatch: pytest.MonkeyPatch, endless: bytes
) -> None:
    """The whole introduction has its time: a byte now and then buys no more of it."""
    monkeypatch.setattr(protocol, "INTRODUCTION_SECONDS", 0.3)
    with Peer(address) as peer:
        cut = threading.Event()

        def watch() -> None:
            if peer.is_turned_away():
                cut.set()

        threading.Thread(target=watch, daemon=True).start()
        for byte in itertools.islice(itertools.cycle(endless), 2000):
            if cut.wait(0.01):
                break
            peer.drip(byte)
        assert cut.is_set()

    assert idle(server)
    assert ["TimeoutError"] == [line["kind"] for line in log if "kind" in line]


def test_a_peer_that_drips_its_replies_is_cut_off(
    server: Server, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reply has its time, too, whatever comes instead of it."""
    monkeypatch.setattr(protocol, "REPLY_SECONDS", 0.3)
    with Peer(address) as peer:
        peer.send(introduction(new_call_id()))
        assert peer.command() is not None
        cut = threading.Event()

        def watch() -> None:
            if peer.is_turned_away():
                cut.set()

        threading.Thread(target=watch, daemon=True).start()
        for _ in range(2000):
            if cut.wait(0.01):
                break
            peer.drip(ord("2"))
        assert cut.is_set()

    assert idle(server)


def test_a_peer_may_leave_at_any_byte(
    server: Server, address: Address, log: Log, installation: Installation, tell_of_end: TellOfEnd
) -> None:
    """A connection cut after each byte of a whole call leaves no session, no traceback, and no row without its end."""
    said = _whole_call(address)
    assert said.count(b"\n200 ") > 9

    def cut_after(length: int) -> str:
        call_id = new_call_id()
        with Peer(address) as peer:
            peer.send(said.replace(CALL_ID, call_id.encode())[:length])
        return call_id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(cut_after, range(0, len(said), 2)))
    assert idle(server)
    for call_id in ids:
        tell_of_end(call_id, {})

    assert [] == log.tracebacks
    with installation.database.reading() as connection:
        rows = [calls.find(connection, call_id) for call_id in ids]
    assert all(row is not None and row.ended_at is not None for row in rows)
    assert {"main", "office", "start", "to-help"} >= {row.ended_where for row in rows if row is not None}


CALL_ID = new_call_id().encode()


def _whole_call(address: Address) -> bytes:
    """Everything that Asterisk says in a call: menus, a number, a transfer."""
    script, said = Script("3" + "50001" + "2"), introduction(CALL_ID.decode())
    with Peer(address) as peer:
        peer.send(said)
        for command in peer.commands():
            reply = script.reply(command)
            assert reply is not None
            peer.send(reply)
            said += reply.encode() + b"\n"
    return said


WRONG_REPLIES = (
    "510 Invalid or unknown command",
    "520 Invalid command syntax.",
    "520-Invalid command syntax. Proper usage follows:\nUsage: NOOP\n520 End of proper usage.",
    "299 whatever",
    "999",
    "200",
    "200 result",
    "200 result=-1",
    "HANGUP\n200 result=-1",
    "HANGUP\nHANGUP\n511 Command Not Permitted on a dead channel or intercept routine",
    "x" * protocol.MAX_LINE,
    "\x00\x01\x02\n200 result=1",
    "200 result=\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
)


COMMANDS = ("GET DATA", "WAIT FOR DIGIT", "STREAM FILE", "CHANNEL STATUS", "EXEC")


@pytest.mark.parametrize("reply", WRONG_REPLIES, ids=range(len(WRONG_REPLIES)))
def test_no_reply_to_any_command_does_harm(server: Server, address: Address, log: Log, reply: str) -> None:
    """A wrong reply in any place ends the session, or nothing; there is no traceback and no session that stays."""
    for command in COMMANDS:
        with Peer(address) as peer:
            play(peer, introduction(new_call_id()), Script("3" + "50001" + "2", {command: reply}, once=True))

    assert idle(server)
    assert [] == log.tracebacks


def test_callers_beyond_the_bound_are_sent_on_and_places_come_back(serve: MakeServer, log: Log) -> None:
    """With both places taken a third call is turned away at once; after one has left, another is served."""
    server = serve(most_calls=2)
    with Peer(address_of(server)) as first, Peer(address_of(server)) as second, Peer(address_of(server)) as third:
        for peer in (first, second):
            peer.send(introduction(new_call_id()))
            assert peer.command() is not None
        assert third.is_turned_away()
        assert 2 == server.running
        second.close()
        while server.running > 1:
            pass
        with Peer(address_of(server)) as fourth:
            fourth.send(introduction(new_call_id()))
            assert fourth.command() is not None

    assert idle(server)
    assert 1 == log.text.count("one is turned away")


def test_a_crowd_beyond_the_bound_is_served_or_sent_on(serve: MakeServer) -> None:
    """However many come at once, each gets a session or a refusal, and in the end every place is free."""
    server = serve(most_calls=5)

    def attempt(_: int) -> bool:
        with Peer(address_of(server)) as peer:
            commands = play(peer, introduction(new_call_id()), Script("2"))
        return "queue" == variables(commands).get("IVR_NEXT")

    with ThreadPoolExecutor(30) as pool:
        served = list(pool.map(attempt, range(200)))

    assert any(served)
    assert idle(server)
    assert all(attempt(0) for _ in range(5))


def test_a_place_is_free_again_where_no_thread_can_be_had(
    serve: MakeServer, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that has no thread left sends the call on, and serves the next one."""
    server = serve(most_calls=1)
    start = threading.Thread.start
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", _no_thread)
        with Peer(address_of(server)) as peer:
            assert peer.is_turned_away()
    assert start is threading.Thread.start
    with Peer(address_of(server)) as peer:
        peer.send(introduction(new_call_id()))
        assert peer.command() is not None


def _no_thread(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_draining_refuses_the_new_and_finishes_the_old(serve: MakeServer) -> None:
    """From the first moment nobody new is let in; who is in the IVR goes on to the end."""
    server = serve()
    script = Script("2")
    with Peer(address_of(server)) as peer:
        peer.send(introduction(new_call_id()))
        command = peer.command()
        drained = threading.Thread(target=server.drain, args=(10,))
        drained.start()
        while _is_listening(address_of(server)):
            pass
        commands = []
        while command is not None:
            commands.append(command)
            peer.send(script.reply(command) or "")
            command = peer.command()
        drained.join(10)

    assert "queue" == variables(commands)["IVR_NEXT"]
    assert not drained.is_alive()


def test_draining_waits_only_so_long(serve: MakeServer) -> None:
    """A call that does not end is left to the next node when the time is over."""
    server = serve()
    with Peer(address_of(server)) as peer:
        peer.send(introduction(new_call_id()))
        assert peer.command() is not None
        assert not server.drain(0.1)


def _is_listening(address: Address) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(address) == 0


def test_of_two_processes_with_one_call_one_goes_on(serve: MakeServer, installation: Installation) -> None:
    """One call at the same menu in two processes, twenty times: a key is taken by one of them, and counts once."""
    servers = serve(node="one"), serve(node="two")
    for _ in range(20):
        call_id = new_call_id()
        with ThreadPoolExecutor(2) as pool, contextlib.ExitStack() as stack:
            peers = [stack.enter_context(Peer(address_of(server))) for server in servers]
            asked = list(pool.map(lambda peer: _until_asked(peer, call_id), peers))  # noqa: B023
            both = [peer for peer, at_menu in zip(peers, asked, strict=True) if at_menu]
            ends = list(pool.map(lambda peer: _key(peer, "2"), both))

        assert 1 == ends.count("queue")
        with installation.database.reading() as connection:
            turns = calls.turns_of(connection, call_id)
        assert list(range(1, len(turns) + 1)) == [turn.seq for turn in turns]
        assert 1 == sum(Keyed("2") in turn.events for turn in turns)


def _until_asked(peer: Peer, call_id: str) -> bool:
    """Carry the call to its first question; whether this session came there."""
    peer.send(introduction(call_id))
    for command in peer.commands():
        if command.startswith("GET DATA"):
            return True
        peer.send("200 result=1")
    return False


def _key(peer: Peer, key: str) -> str | None:
    """Key something and go on to the end of the session; what it handed over."""
    peer.send(f"200 result={key}")
    return variables(answer(peer, Script())).get("IVR_NEXT")


# What is keyed stays where it is needed


LEAKS = (
    "200 result={pin}",
    "200 result={pin} (timeout)",
    "{pin}",
    "471 155",
    "520 {pin}",
    "520-{pin}\n{pin}\n520 {pin}",
    "510 {pin}",
    "511 {pin}",
    "200 {pin}",
    "HANGUP {pin}\n200 result=-1 ({pin})",
)


@pytest.mark.parametrize("reply", LEAKS)
def test_no_error_says_what_was_keyed(server: Server, address: Address, log: Log, reply: str) -> None:
    """Whatever goes wrong while a PIN is keyed, no log line holds it, not even a part."""
    for keyed in range(1, 7):
        _fail_after(address, IDENTIFIER + "#" + PIN[:keyed], reply.format(pin=PIN))
    assert idle(server)

    assert [] == [part for part in (PIN, IDENTIFIER, PIN[:3], PIN[3:]) if part in _without_names(log.text)]


def _fail_after(address: Address, keys: str, wrong: str) -> None:
    """Log in as far as the keys go; the next key is a wrong reply instead, and the peer goes."""
    script = Script("4" + keys)
    with Peer(address) as peer:
        peer.send(introduction(new_call_id()))
        for command in peer.commands():
            reply = script.reply(command)
            peer.send(wrong if reply is None else reply)
            if reply is None:
                break
        peer.finish()
        list(peer.commands())


def test_a_defect_while_a_pin_is_held_does_not_say_it(serve: MakeServer, log: Log, installation: Installation) -> None:
    """The database fails while a PIN is verified: the log says so, and nothing of what was keyed."""
    server = serve()
    with Peer(address_of(server)) as peer:
        script = Script("4" + IDENTIFIER + "#" + PIN)
        peer.send(introduction(new_call_id()))
        for command in peer.commands():
            if len(script.keys) == 1:
                _break(installation)
            peer.send(script.reply(command) or "HANGUP")
    assert idle(server)

    assert "a call cannot be kept" in log.text
    assert [] == log.tracebacks
    assert [] == [part for part in (PIN, IDENTIFIER) if part in _without_names(log.text)]


def _break(installation: Installation) -> None:
    with installation.database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS auth_attempts")


def _without_names(text: str) -> str:
    """The log without the calls' names, whose digits are random."""
    return "\n".join(line for line in text.split('"') if not _is_call_id(line))


def _is_call_id(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4
