"""Several processes, and both databases: a call is one whoever answers, and each turn happens once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from demo.carrier.twiml import Verb
from ivr import calls
from ivr.gateways.terminal import Clock
from ivr.library import Library
from ivr.menus.loading import Loaded
from storage.installation import Installation
from tests.carried import carried
from tests.conformance.by_terminal import MORNING
from tests.twilio.conftest import Desk

AT_ONCE = 8


@pytest.fixture
def desks(installation: Installation, shipped: Loaded) -> Iterator[tuple[Desk, Desk]]:
    """Two processes of one installation."""
    library, clock = Library(installation.database), Clock(MORNING)
    library.publish(shipped, MORNING)
    with carried(installation, library) as one, carried(installation, library) as other:
        made = Desk(one, clock), Desk(other, clock)
        for desk in made:
            desk.another_process()
        yield made


def asked_at_once(desks: tuple[Desk, Desk], sid: str, path: str, **told: str) -> set[tuple[Verb, ...]]:
    """What is answered to the same webhook, asked many times at the same moment, by turns of each process."""

    def ask(number: int) -> tuple[Verb, ...]:
        desk = desks[number % len(desks)]
        call = desk.call()
        call.sid = sid
        url = f"{desk.carried.base}{path}"
        return call.ask(url, told)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return set(pool.map(ask, range(AT_ONCE)))


def test_a_call_begins_once_and_each_turn_happens_once(desks: tuple[Desk, Desk]) -> None:
    """Whichever process is quicker; the others tell the same turn again."""
    sid = f"CA{'a' * 32}"
    database = desks[0].carried.installation.database
    asked_at_once(desks, sid, "/twilio/voice")
    with database.reading() as connection:
        (row,) = calls.newest(connection, 10)
    for turn, key in enumerate(("1", "2", "*", "0"), start=1):
        asked_at_once(desks, sid, f"/twilio/calls/{row.id}/{turn}", Digits=key)
        with database.reading() as connection:
            assert turn + 1 == len(calls.turns_of(connection, row.id))
