"""Who leads of several processes, and when it stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import OperationalError

from centrala.leadership import Leadership, Pace, Term
from storage import leases
from storage.database import Database
from tests.ami.peers import wait_for

PACE = Pace(lease=1.5, renew=0.1, act=0.7)


class Cuttable(Database):
    """A process's own way to the database, which can be cut."""

    away = False

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """As ever, while there is a way."""
        self._reach()
        with super().writing() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """As ever, while there is a way."""
        self._reach()
        with super().reading() as connection:
            yield connection

    def _reach(self) -> None:
        if self.away:
            raise OperationalError("", {}, ConnectionError("the way is cut"))


class Process:
    """One that could lead: what it has done, by the clock that nobody sets."""

    def __init__(self, url: str, node: str) -> None:
        self.database = Cuttable(url)
        self.node = node
        self.able, self.works = True, True
        self.begun: list[float] = []
        self.left: list[float] = []
        self.term: Term
        self.leadership = Leadership(
            self.database,
            "asterisk",
            node,
            lambda: datetime.now(UTC),
            able=lambda: self.able,
            lead=self._lead,
            pace=PACE,
        )

    @property
    def leads(self) -> bool:
        """Whether it acts now."""
        return len(self.begun) > len(self.left)

    @contextmanager
    def _lead(self, term: Term) -> Iterator[Callable[[], bool]]:
        self.term = term
        self.begun.append(time.monotonic())
        try:
            yield lambda: self.works
        finally:
            self.left.append(time.monotonic())


@pytest.fixture
def pair(environment: dict[str, str], database: Database) -> Iterator[tuple[Process, Process]]:
    """Two processes that take part; the first leads already."""
    one, two = (Process(environment["CENTRALA_DATABASE_URL"], name) for name in ("one", "two"))
    with one.leadership:
        wait_for(lambda: one.leads, "a leader")
        with two.leadership:
            yield one, two
    # One after another, never both.
    assert len(one.begun) == len(one.left)
    assert len(two.begun) == len(two.left)
    terms = sorted(zip([*one.begun, *two.begun], [*one.left, *two.left], strict=True))
    assert all(before[1] <= after[0] for before, after in pairwise(terms))
    wait_for(lambda: _held(database) == 0, "every lease given back")
    for process in (one, two):
        process.database.close()


def _held(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(leases.leases)).scalar_one())


def test_who_leads_goes_on_leading(pair: tuple[Process, Process]) -> None:
    """For longer than a lease lasts, though another would."""
    one, two = pair
    until = time.monotonic() + PACE.lease * 1.5
    wait_for(lambda: time.monotonic() > until, "time to pass")
    assert (1, 0, []) == (len(one.begun), len(one.left), two.begun)


def test_who_stops_is_followed_at_once(pair: tuple[Process, Process]) -> None:
    """The lease is given back and need not end."""
    one, two = pair
    one.leadership.__exit__(None, None, None)
    with two.database.writing() as connection:
        is_free = leases.is_free(connection, "asterisk", datetime.now(UTC))
        assert is_free or leases.is_held(connection, "asterisk", two.node)
    wait_for(lambda: two.leads, "the other one to lead")
    with two.database.writing() as connection:
        assert [False, True] == [process.term.holds(connection) for process in (one, two)]


def test_who_cannot_reach_the_database_stops_before_another_begins(pair: tuple[Process, Process]) -> None:
    """And comes to lead again when it is back and the other one stops."""
    one, two = pair
    one.database.away = True
    wait_for(lambda: two.leads, "the other one to lead")
    assert not one.leads
    one.database.away = False
    two.leadership.__exit__(None, None, None)
    wait_for(lambda: one.leads, "the first one to lead again")
    assert (2, 1) == (len(one.begun), len(two.begun))


def test_who_led_before_is_not_who_leads_again(pair: tuple[Process, Process]) -> None:
    """What the first term has left to write is not written in the second one."""
    one, two = pair
    first = one.term
    two.able = False
    one.database.away = True
    wait_for(lambda: not one.leads, "an end")
    one.database.away = False
    wait_for(lambda: one.leads, "leading again")
    with one.database.writing() as connection:
        assert [False, True] == [term.holds(connection) for term in (first, one.term)]


def test_who_is_not_able_leaves_it_to_others(pair: tuple[Process, Process]) -> None:
    """Once it is able it takes part."""
    one, two = pair
    two.able = False
    one.leadership.__exit__(None, None, None)
    assert threading.Event().wait(PACE.renew * 3) is False
    assert [] == two.begun
    two.able = True
    wait_for(lambda: two.leads, "the other one to lead")


def test_who_leads_in_vain_lets_others_try(pair: tuple[Process, Process]) -> None:
    """One that reaches what it needs no more, though it thought so."""
    one, two = pair
    one.works = False
    wait_for(lambda: two.leads, "the other one to lead")
    assert not one.leads
