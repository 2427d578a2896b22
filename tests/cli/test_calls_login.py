"""`centrala calls login`, where no process reads Asterisk's manager interface, or one that a test plays."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from audit import entries
from ivr.events import HungUp
from ivr.runner import Arrival, Live, Runner
from routing import requests
from routing.requests import LOGIN, Request
from storage.installation import Installation
from tests.ami.peers import wait_for
from tests.cli.conftest import Run

AGENT = ("--agent", "11")


def kept(opened: Installation) -> tuple[Request, ...]:
    """The requests that are kept."""
    with opened.database.reading() as connection:
        return requests.everything(connection)


@contextmanager
def taken_up(opened: Installation, then: Callable[[Request], object]) -> Iterator[None]:
    """A process takes the request up, and does something with it."""

    def take() -> None:
        wait_for(lambda: kept(opened), "a request")
        (one,) = kept(opened)
        then(one)

    thread = threading.Thread(target=take)
    thread.start()
    yield
    thread.join()


def test_it_ends_once_the_caller_is_asked(run: Run, opened: Installation, runner: Runner, talking: Live) -> None:
    """By whatever process; nothing is left of the request."""

    def act(one: Request) -> None:
        with opened.database.writing() as connection:
            requests.remove(connection, one)
        runner.log_in(Arrival(one.call_id, "asterisk", "", ""), talking.seq, one.agent, again=False)

    with taken_up(opened, act):
        done = run("calls", "login", talking.call_id, *AGENT)
    told = f"call {talking.call_id}: the caller is asked for identifier and PIN\n"
    assert (0, told, ()) == (done.exit_code, done.stdout, kept(opened))
    again = run("calls", "login", talking.call_id, *AGENT)
    assert (2, ()) == (again.exit_code, kept(opened))
    assert "the caller is logging in already; see centrala calls show" in again.stderr


def test_the_audit_tells_who_asked_for_it(run: Run, opened: Installation, talking: Live) -> None:
    """Whatever came of it; what is not asked for at all is not told."""
    asked = "calls", "login", talking.call_id, *AGENT, "--wait", "0.1"
    done = [run(*asked, "--by", "maria").exit_code, run("calls", "login", "unknown", *AGENT).exit_code]
    assert [2, 2] == done
    with opened.database.reading() as connection:
        told = [(one.actor, one.action, one.object, one.details) for one in entries.everything(connection)]
    assert [("maria", "login asked for", f"call:{talking.call_id}", "consultant 11")] == told


def test_why_it_was_refused_is_told(run: Run, opened: Installation, talking: Live) -> None:
    """In the words of who could not carry it out."""

    def act(one: Request) -> None:
        with opened.database.writing() as connection:
            requests.refuse(connection, one, "this consultant is not in the call")

    with taken_up(opened, act):
        done = run("calls", "login", talking.call_id, "--agent", "12")
    assert (2, ()) == (done.exit_code, kept(opened))
    assert "this consultant is not in the call; the consultant can key *4" in done.stderr


def test_what_nobody_takes_up_is_withdrawn(run: Run, opened: Installation, talking: Live) -> None:
    """So that nobody is asked who does not expect it any more."""
    done = run("calls", "login", talking.call_id, *AGENT, "--wait", "0.3")
    assert (2, ()) == (done.exit_code, kept(opened))
    assert "no process that reads Asterisk's manager interface has taken it up; is centrala serve" in done.stderr


def test_where_asterisk_was_told_in_vain_it_says_so(run: Run, opened: Installation, talking: Live) -> None:
    """The consultant may have hung up in that moment."""

    def act(one: Request) -> None:
        with opened.database.writing() as connection:
            requests.remove(connection, one)

    with taken_up(opened, act):
        done = run("calls", "login", talking.call_id, *AGENT, "--wait", "1")
    assert (2, True) == (done.exit_code, "Asterisk was told, and the caller is not asked" in done.stderr)


def test_a_call_in_which_nobody_talks_is_refused(run: Run, opened: Installation, runner: Runner, talking: Live) -> None:
    """Unknown, over, or no call's id at all; and what is no number of a consultant."""
    runner.advance(talking, HungUp())
    tried = [run("calls", "login", call, *AGENT) for call in (talking.call_id, str(uuid4()), "600100200")]
    tried.append(run("calls", "login", talking.call_id, "--agent", "11,SHELL(id)"))
    assert [2, 2, 2, 2] == [one.exit_code for one in tried]
    for words, one in zip(
        ("the call has ended", *["there is no such call"] * 2, "is not the number"), tried, strict=True
    ):
        assert words in one.stderr
    assert () == kept(opened)


def test_a_caller_who_waits_talks_to_nobody(run: Run, opened: Installation, waiting: Live) -> None:
    """Not even if the consultant is about to answer."""
    done = run("calls", "login", waiting.call_id, *AGENT)
    assert (2, True) == (done.exit_code, "nobody talks to the caller; see centrala calls show" in done.stderr)


def test_without_a_manager_interface_it_cannot_be(
    run: Run, talking: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says what can be done instead."""
    settings = tmp_path / "settings.yaml"
    settings.write_text("asterisk:\n  ami: null\n", "utf-8")
    monkeypatch.setenv("CENTRALA_SETTINGS", str(settings))
    done = run("calls", "login", talking.call_id, *AGENT)
    assert (2, True) == (done.exit_code, "asterisk: ami: null" in done.stderr)
    assert LOGIN not in done.stdout
