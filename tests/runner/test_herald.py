"""Telling those who wait: at first on the way, then news, each once, and nothing that nobody needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.herald import Herald, Sight
from ivr.library import Library
from ivr.lookups import Said
from ivr.runner import Runner, hang_up
from routing import waiting
from storage.database import Database
from tests.menu_files import SHIPPED, load_text
from tests.runner.conftest import Clock, Line

INTERVAL = 30
BUSY = Sight(ready=0, logged_in=2, waiting=9)


@pytest.fixture
def library(database: Database, clock: Clock) -> Library:
    """The shipped service, published."""
    made = Library(database)
    made.publish(load_text(SHIPPED.read_text("utf-8")), clock())
    return made


MakeHerald = Callable[[], Herald]


@pytest.fixture
def make_herald(database: Database, library: Library, clock: Clock, tmp_path: Path) -> MakeHerald:
    """Heralds of several processes."""

    def write(said: Said, path: Path) -> None:
        path.write_text(" ".join(prompt.name for prompt in said), "ascii")

    def make() -> Herald:
        return Herald(database, library, folder=tmp_path / "news", write=write, wrap_up=0, interval=INTERVAL, now=clock)

    return make


@pytest.fixture
def herald(make_herald: MakeHerald) -> Herald:
    """The herald of one process."""
    return make_herald()


def joins(line: Line, runner: Runner) -> Line:
    """Dial and go to the queue of the second topic."""
    line.arrives(runner)
    line.keys(runner, "0", "2")
    line.hears_out(runner)
    return line


@pytest.fixture
def first(database: Database, runner: Runner, clock: Clock) -> Line:
    """Somebody who waits."""
    line = joins(Line(database, "600100201"), runner)
    clock.wait(seconds=1)
    return line


@pytest.fixture
def second(first: Line, database: Database, runner: Runner) -> Line:
    """Somebody behind."""
    return joins(Line(database, "600100202"), runner)


def told(herald: Herald, line: Line, sight: Sight | None = BUSY) -> list[str]:
    """What is told on the way to the queue."""
    return [prompt.name for prompt in herald.joining(line.now, "pensions", sight).prompts]


def news(tmp_path: Path) -> dict[str, str]:
    """What lies there to be played, by call."""
    return {path.parent.name: path.read_text("ascii") for path in (tmp_path / "news").glob("*/news.wav")}


def test_place_and_wait_and_key_are_told_on_the_way(herald: Herald, second: Line, database: Database) -> None:
    """And kept, with what they were made from."""
    place, wait, key = told(herald, second)
    assert ("place-2", "leaving-the-queue") == (place, key)
    with database.reading() as connection:
        (kept,) = waiting.of_call(connection, second.id)
    assert wait == f"wait-{kept.estimate.low}-{kept.estimate.high}"
    assert (2, 0, 2) == (kept.estimate.place, kept.number, kept.pace.consultants)


def test_nothing_is_told_to_whoever_need_not_wait(herald: Herald, second: Line, database: Database) -> None:
    """A consultant is ready: no announcement stands in the way."""
    assert [] == told(herald, second, Sight(ready=2, logged_in=2, waiting=1))
    assert herald.joining(second.now, "pensions", None).priority == waiting.priority(second.visits[0].enqueued_at)


def test_callers_whom_asterisk_does_not_know_stand_before_nobody(herald: Herald, second: Line) -> None:
    """The end of the one before has not been told of yet."""
    assert "place-1" == told(herald, second, Sight(ready=0, logged_in=2, waiting=0))[0]


def test_news_are_told_once_and_only_good_ones(
    herald: Herald, make_herald: MakeHerald, first: Line, second: Line, runner: Runner, clock: Clock, tmp_path: Path
) -> None:
    """By one process, not before an interval is over, and gone when the interval after it is."""
    told(herald, first), told(herald, second)
    clock.wait(seconds=INTERVAL)
    assert (0, {}) == (herald.tell(), news(tmp_path))
    hang_up(runner, first.now)
    assert (1, 0) == (herald.tell(), make_herald().tell())
    assert "place-1" in news(tmp_path)[f"pl_{second.id}"]
    clock.wait(seconds=INTERVAL)
    assert 0 == herald.tell()


def test_nothing_stays_of_whoever_has_left(
    herald: Herald, first: Line, second: Line, runner: Runner, clock: Clock, tmp_path: Path
) -> None:
    """Their folder goes with them."""
    told(herald, second)
    clock.wait(seconds=INTERVAL)
    hang_up(runner, first.now)
    herald.tell()
    assert news(tmp_path)
    hang_up(runner, second.now)
    herald.tell()
    assert [] == list((tmp_path / "news").iterdir())


def test_whoever_was_told_nothing_and_waits_after_all_is_told(
    herald: Herald, second: Line, clock: Clock, tmp_path: Path
) -> None:
    """The consultant who was ready did not answer."""
    told(herald, second, Sight(ready=2, logged_in=2, waiting=1))
    clock.wait(seconds=INTERVAL)
    herald.tell()
    assert "place-2" in news(tmp_path)[f"pl_{second.id}"]
