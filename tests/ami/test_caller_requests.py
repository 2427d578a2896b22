"""What commands ask of Asterisk for calls: through a manager interface whose answers a test decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from routing import requests
from routing.ami import Ami, Patience
from routing.caller_requests import CallerRequests
from routing.requests import LEVEL, LOGIN, PAYER, Request
from storage.database import Database
from tests.ami.peers import SECRET, USER, Act, Headers, Manager, Peer, wait_for

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
QUICK = Patience(connect=5, reply=5, first_pause=0.01, longest_pause=0.02)
CALLER, DESK = "PJSIP/trunk-1", "PJSIP/2001-2"
TALKING = {"CALL_ID": "one", "CALLER": CALLER, "WITH": "1201", "AT_1201": DESK, "LEVEL": "none"}


@contextmanager
def carrying_out(database: Database, act: Act, leading: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Requests are carried out through this connection."""
    manager = Manager(act)
    ami = Ami(manager.address, USER, SECRET, QUICK)
    with manager, CallerRequests(ami, database, lambda: NOW, lambda _: leading()), ami:
        yield


def asks(database: Database, kind: str, agent: str = "1201", at: datetime = NOW) -> None:
    """A command asks for it."""
    with database.writing() as connection:
        requests.ask(connection, Request("one", kind, agent, at))


def left(database: Database) -> list[Request]:
    """The requests that are still kept."""
    with database.reading() as connection:
        return list(requests.everything(connection))


def lists(peer: Peer, **variables: str) -> None:
    """Answer which channels there are: the caller's with these variables, the consultant's, and a stranger's."""
    asked = peer.expect("Status")
    peer.answer(asked, EventList="start")
    known = {**TALKING, **variables}
    for channel in (DESK, CALLER):
        peer.send(status(asked["ActionID"], channel, known))
    peer.send(status(asked["ActionID"], "PJSIP/trunk-9", dict.fromkeys(known, "(null)")))
    peer.say({"Event": "StatusComplete", "EventList": "Complete", "ActionID": asked["ActionID"]})


def status(action: str, channel: str, variables: Mapping[str, str]) -> bytes:
    """A channel in the list: one header for each variable, all of one name."""
    told = [("Event", "Status"), ("ActionID", action), ("Channel", channel)]
    told += [("Variable", f"{name}={value}") for name, value in variables.items()]
    return "".join(f"{name}: {value}\r\n" for name, value in told).encode() + b"\r\n"


def does(peer: Peer, *actions: str) -> list[Headers]:
    """Let in whoever asks, tell of the channels, and do these things."""
    done = []
    for action in actions:
        done.append(peer.expect(action))
        peer.answer(done[-1])
    return done


def test_a_login_is_keyed_for_the_consultant(database: Database) -> None:
    """On the channel of whom the caller is with; the request is gone then."""
    keyed: list[Headers] = []

    def act(peer: Peer) -> None:
        peer.let_in()
        lists(peer)
        keyed.extend(does(peer, "PlayDTMF"))
        peer.read()

    asks(database, LOGIN)
    with carrying_out(database, act):
        wait_for(lambda: not left(database), "the request to be carried out")
    assert [(DESK, "A", "true")] == [(one["Channel"], one["Digit"], one["Receive"]) for one in keyed]


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({"WITH": "(null)"}, "no consultant talks to the caller"),
        ({"WITH": "1202"}, "this consultant is not in the call"),
        ({"LEFT_ALONE": "yes"}, "the caller is logging in already"),
        ({"CALL_ID": "another"}, "Asterisk has no such call"),
    ],
)
def test_a_login_that_cannot_be_says_why(database: Database, variables: dict[str, str], why: str) -> None:
    """Nothing is keyed; the command that waits reads it."""

    def act(peer: Peer) -> None:
        peer.let_in()
        lists(peer, **variables)
        peer.expect("Logoff")

    asks(database, LOGIN)
    with carrying_out(database, act):
        wait_for(lambda: left(database)[0].refusal, "a refusal")
    assert [why] == [one.refusal for one in left(database)]


def test_what_asterisk_does_not_do_is_a_refusal(database: Database) -> None:
    """As when the consultant hangs up in that moment."""

    def act(peer: Peer) -> None:
        peer.let_in()
        lists(peer)
        asked = peer.expect("PlayDTMF")
        peer.say({"Response": "Error", "ActionID": asked["ActionID"], "Message": "Channel not found"})
        peer.read()

    asks(database, LOGIN)
    with carrying_out(database, act):
        wait_for(lambda: left(database)[0].refusal, "a refusal")
    assert ["Asterisk did not do it"] == [one.refusal for one in left(database)]


def test_a_level_is_set_with_what_is_said_of_it_and_a_payer_is_taken_away(database: Database) -> None:
    """On the caller's channel, which is what colleagues' telephones are told from; the display is renewed."""
    told: list[Headers] = []

    def act(peer: Peer) -> None:
        peer.let_in()
        lists(peer, WHISPER_AUTHORISED="/prompts/substitute", CAPTION="Pensions", LANG="pl")
        told.extend(does(peer, "Setvar", "Setvar", "Setvar"))
        lists(peer)
        told.extend(does(peer, "Setvar"))
        peer.read()

    asks(database, LEVEL)
    asks(database, PAYER, "", NOW + timedelta(seconds=1))
    with carrying_out(database, act):
        wait_for(lambda: not left(database), "both to be carried out")
    assert [
        (CALLER, "LEVEL", "substitute"),
        (CALLER, "WHISPER", "/prompts/substitute"),
        (DESK, "CONNECTEDLINE(name)", "Pensions pl substitute"),
        (CALLER, "PAYER", ""),
    ] == [(one["Channel"], one["Variable"], one["Value"]) for one in told]


def test_a_higher_level_stays(database: Database) -> None:
    """The caller has logged in meanwhile."""

    def act(peer: Peer) -> None:
        peer.let_in()
        lists(peer, LEVEL="full")
        peer.expect("Logoff")

    asks(database, LEVEL)
    with carrying_out(database, act):
        wait_for(lambda: not left(database), "the request to be gone")


def test_what_is_old_is_not_done_any_more(database: Database) -> None:
    """The command that asked has gone long ago, and so has whoever began with it."""

    def act(peer: Peer) -> None:
        peer.let_in()
        peer.expect("Logoff")

    asks(database, LOGIN, at=NOW - timedelta(minutes=1))
    with carrying_out(database, act):
        wait_for(lambda: not left(database), "the request to be gone")


@pytest.mark.parametrize("kind", [LEVEL, PAYER])
def test_what_is_shown_waits_until_asterisk_can_be_told(database: Database, kind: str) -> None:
    """However long ago it was asked, and although Asterisk failed at it once; it is gone with its call."""

    def act(peer: Peer) -> None:
        peer.let_in()
        asked = peer.expect("Status")
        peer.say({"Response": "Error", "ActionID": asked["ActionID"], "Message": "not now"})
        lists(peer, CALL_ID="another")
        peer.read()

    asks(database, kind, at=NOW - timedelta(hours=1))
    with carrying_out(database, act):
        wait_for(lambda: not left(database), "the request to be gone")


def test_who_does_not_lead_takes_nothing(database: Database) -> None:
    """Until they do."""
    asked: list[str] = []

    def leading() -> bool:
        asked.append("asked")
        return len(asked) > 1

    def act(peer: Peer) -> None:
        peer.let_in()
        lists(peer, LEFT_ALONE="yes")
        peer.read()

    asks(database, LOGIN)
    with carrying_out(database, act, leading):
        wait_for(lambda: asked, "the question whether this leads")
        assert [None] == [one.refusal for one in left(database)]
        wait_for(lambda: left(database)[0].refusal, "a refusal")
    assert 2 == len(asked)
