"""Leases in the database: one holder at a time, whoever asks and whenever."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from storage import leases
from storage.database import Database

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LEASE = 10
NAME = "asterisk"


def at(seconds: float) -> datetime:
    """So many seconds into the story."""
    return START + timedelta(seconds=seconds)


def take(database: Database, holder: str, second: float, name: str = NAME) -> bool:
    """Try to take the lease, or to put off its end."""
    with database.writing() as connection:
        return leases.take(connection, name, holder, at(second), at(second + LEASE))


def give_back(database: Database, holder: str, name: str = NAME) -> None:
    """Give the lease back."""
    with database.writing() as connection:
        leases.give_back(connection, name, holder)


def held(database: Database, holder: str, name: str = NAME) -> bool:
    """Whether the lease has gone to nobody else."""
    with database.writing() as connection:
        return leases.is_held(connection, name, holder)


def test_whoever_comes_first_has_it_to_the_last_moment(database: Database) -> None:
    """The next one has it from then on, and the first one knows."""
    assert take(database, "one", 0)
    assert [False, False, True] == [take(database, "two", second) for second in (0, LEASE - 0.000001, LEASE)]
    assert [False, True] == [held(database, holder) for holder in ("one", "two")]
    assert not take(database, "one", LEASE + 1)


def test_the_end_is_put_off_as_long_as_the_holder_wants(database: Database) -> None:
    """By less than its length each time; a holder who slept too long finds it free, if nobody took it."""
    assert [True] * 4 == [take(database, "one", second) for second in (0, 6, 12, 40)]
    assert not take(database, "two", 49)
    assert take(database, "two", 50)


def test_what_is_given_back_is_free_at_once(database: Database) -> None:
    """By its holder only."""
    take(database, "one", 0)
    give_back(database, "two")
    assert not take(database, "two", 1)
    give_back(database, "one")
    assert take(database, "two", 1)


def test_leases_of_other_names_are_others(database: Database) -> None:
    """Each thing has a leader of its own."""
    assert take(database, "one", 0)
    assert take(database, "two", 0, "retention")


def test_whether_it_is_free_is_seen_without_taking_it(database: Database) -> None:
    """Before anybody had it, while it is held, at its end."""
    with database.reading() as connection:
        assert leases.is_free(connection, NAME, at(0))
    take(database, "one", 0)
    with database.reading() as connection:
        assert [False, True] == [leases.is_free(connection, NAME, at(second)) for second in (9, LEASE)]


def test_of_many_who_want_it_at_once_one_has_it(database: Database) -> None:
    """When it is new, and each time that it has ended."""
    holders = [f"node-{number}" for number in range(8)]
    for round_ in range(10):
        together = threading.Barrier(len(holders))

        def want(holder: str, second: int = round_ * LEASE, together: threading.Barrier = together) -> bool:
            together.wait()
            return take(database, holder, second)

        with ThreadPoolExecutor(len(holders)) as pool:
            assert 1 == sum(pool.map(want, holders))
    with database.reading() as connection:
        assert 1 == connection.execute(select(func.count()).select_from(leases.leases)).scalar_one()


def test_nobody_takes_it_while_its_holder_writes(database: Database) -> None:
    """What was written under a lease that was held is written before the next one begins."""
    take(database, "one", 0)
    written, taken = threading.Event(), threading.Event()

    def overtake() -> None:
        assert take(database, "two", LEASE)
        assert written.is_set()
        taken.set()

    with database.writing() as connection:
        assert leases.is_held(connection, NAME, "one")
        other = threading.Thread(target=overtake)
        other.start()
        assert not taken.wait(0.2)
        written.set()
    other.join()
    assert taken.is_set()


STEPS = st.lists(
    st.tuples(st.sampled_from(["one", "two", "three"]), st.sampled_from(["take", "give back"]), st.integers(0, 12)),
    max_size=30,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_two_never_hold_it_at_once(database: Database, steps: list[tuple[str, str, int]]) -> None:
    """Whatever happens in whatever order: it is had by whom nobody else's time excludes, and by nobody else."""
    name, holder, until, second = uuid.uuid4().hex, "", 0, 0
    for actor, step, pause in steps:
        second += pause
        if step == "take":
            free = holder in ("", actor) or until <= second
            assert free is take(database, actor, second, name)
            holder, until = (actor, second + LEASE) if free else (holder, until)
        else:
            give_back(database, actor, name)
            holder = "" if holder == actor else holder
        assert [holder == one for one in ("one", "two", "three")] == [
            held(database, one, name) for one in ("one", "two", "three")
        ]
