"""Limits on guessing, as they hold between threads, processes and restarts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from auth_pin import pins
from auth_pin.attempts import Outcome, auth_attempts
from auth_pin.authentication import Authenticator
from auth_pin.buckets import auth_buckets
from auth_pin.failures import auth_failures
from auth_pin.limits import Bucket, Failures, Limits
from auth_pin.verdicts import Accepted, Delayed, Refused, Verdict
from storage import database as storage_database
from storage.database import Database
from tests.auth_pin.conftest import KEYS, NOON
from tests.auth_pin.counting import Watched
from tests.auth_pin.people import BLOCKED, EWA, STRANGER, Person

WRONG = "926600"
THREADS, PROCESSES = 10, 4
LET_THROUGH = 3
ROOT = Path(__file__).parent.parent.parent
# What one of several processes does: it says that it stands, waits for a word, and guesses at once by many threads.
GUESSING = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from auth_pin.authentication import Authenticator
from storage.database import Database
from tests.auth_pin.conftest import KEYS
url, identifier, pin, at, name, threads = json.loads(sys.argv[1])
database = Database(url)
authenticator = Authenticator(database, KEYS, print)
claim = authenticator.claim(identifier)
def guess(number):
    found = authenticator.verify(
        claim, pin, call_id=f"{name}-{number}", seq=1, at=datetime.fromisoformat(at), caller=f"60010{name}{number:03}"
    )
    return type(found).__name__
print("ready", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(threads) as pool:
    print(json.dumps(list(pool.map(guess, range(threads)))))
database.close()
"""


@pytest.mark.parametrize("person", [EWA, STRANGER], ids=["known", "unknown"])
def test_many_at_once_get_no_more_guesses_than_one(
    populated: Database, authenticator: Authenticator, person: Person
) -> None:
    """Ten calls in one process key a wrong PIN at the same instant."""
    together = Barrier(THREADS)

    def guess(number: int) -> Verdict:
        together.wait()
        return _tries(authenticator, person, WRONG, call_id=f"{number}", caller=f"{number}")

    with ThreadPoolExecutor(THREADS) as pool:
        verdicts = list(pool.map(guess, range(THREADS)))
    assert LET_THROUGH == verdicts.count(Refused())
    assert THREADS - LET_THROUGH == verdicts.count(Delayed(30))
    assert {Outcome.REFUSED: LET_THROUGH, Outcome.LIMITED: THREADS - LET_THROUGH} == _outcomes(populated)
    assert Failures(LET_THROUGH, NOON) == _failures(populated, authenticator, person)


@pytest.mark.parametrize("person", [EWA, STRANGER], ids=["known", "unknown"])
def test_many_processes_get_no_more_guesses_than_one(
    populated: Database, authenticator: Authenticator, database_url: str, person: Person
) -> None:
    """Four processes with ten calls each; then one that begins when they have ended."""
    orders = [_order(database_url, person, name, THREADS) for name in range(PROCESSES)]
    guessing = [_process(order) for order in orders]
    for process in guessing:
        assert process.stdout is not None
        assert "ready\n" == process.stdout.readline()
    ends = [process.communicate("now\n") for process in guessing]
    assert [0] * PROCESSES == [process.returncode for process in guessing], ends
    verdicts = [verdict for out, _ in ends for verdict in json.loads(out)]
    assert LET_THROUGH == verdicts.count("Refused")
    assert PROCESSES * THREADS - LET_THROUGH == verdicts.count("Delayed")

    out, _ = _process(_order(database_url, person, PROCESSES, 1)).communicate("now\n")
    assert ["Delayed"] == json.loads(out.removeprefix("ready\n"))
    assert Failures(LET_THROUGH, NOON) == _failures(populated, authenticator, person)


def _order(url: str, person: Person, name: int, threads: int) -> str:
    return json.dumps([url, person.identifier, WRONG, NOON.isoformat(), name, threads])


def _process(order: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", GUESSING, order],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_an_attempt_that_a_process_died_over_counts_as_a_failure(
    authenticator: Authenticator, populated: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, also when it is asked again; and whoever has their process die each time gets no guess for nothing."""
    with monkeypatch.context() as dying:
        dying.setattr(pins, "ARGON2ID", Watched(_die))
        for call in ("one", "two", "three"):
            with pytest.raises(_ProcessDied):
                _tries(authenticator, EWA, WRONG, call_id=call)
    assert {Outcome.PENDING: 3} == _outcomes(populated)

    another = Authenticator(populated, KEYS, pytest.fail)
    assert Delayed(30) == _tries(another, EWA, WRONG, call_id="four")
    assert Refused() == _tries(another, EWA, WRONG, call_id="three")
    assert Failures(3, NOON) == _failures(populated, authenticator, EWA)
    assert Delayed(30) == _tries(another, EWA, EWA.pin, call_id="four")
    assert {Outcome.PENDING: 2, Outcome.REFUSED: 1, Outcome.LIMITED: 1} == _outcomes(populated)


def test_another_identifier_in_the_same_turn_is_another_attempt(
    authenticator: Authenticator, populated: Database
) -> None:
    """Nobody gets a guess for nothing by keying another identifier where a process died."""
    _tries(authenticator, EWA, WRONG)
    _tries(authenticator, STRANGER, WRONG)
    assert Failures(1, NOON) == _failures(populated, authenticator, EWA)
    assert Failures(1, NOON) == _failures(populated, authenticator, STRANGER)


def test_what_was_right_before_a_crash_and_is_wrong_behind_it_is_a_failure(
    authenticator: Authenticator, populated: Database
) -> None:
    """The process dies after a success is known; the PIN is asked for again."""
    assert isinstance(_tries(authenticator, EWA, EWA.pin), Accepted)
    assert Refused() == _tries(authenticator, EWA, WRONG)
    assert Failures(1, NOON) == _failures(populated, authenticator, EWA)


def test_a_success_clears_all_failures(authenticator: Authenticator, populated: Database) -> None:
    """The next mistakes are free again."""
    for call in ("one", "two"):
        assert Refused() == _tries(authenticator, EWA, WRONG, call_id=call)
    assert isinstance(_tries(authenticator, EWA, EWA.pin, call_id="three"), Accepted)
    assert None is _failures(populated, authenticator, EWA)
    for call in ("four", "five", "six"):
        assert Refused() == _tries(authenticator, EWA, WRONG, call_id=call)


def test_the_right_pin_of_a_profile_that_may_not_be_used_clears_nothing(
    authenticator: Authenticator, populated: Database
) -> None:
    """It is refused like any other."""
    _tries(authenticator, BLOCKED, BLOCKED.pin)
    assert Failures(1, NOON) == _failures(populated, authenticator, BLOCKED)


def test_the_victim_of_others_guesses_gets_in_after_the_wait_that_they_are_told(
    authenticator: Authenticator,
) -> None:
    """Without anybody's help, although others were refused meanwhile; one second earlier they do not."""
    for number in range(6):
        at = NOON + timedelta(hours=number)
        assert Refused() == _tries(authenticator, EWA, WRONG, call_id=f"{number}", at=at)
    last = NOON + timedelta(hours=5)
    told = _tries(authenticator, EWA, EWA.pin, call_id="victim", at=last + timedelta(minutes=10))
    assert Delayed(3000) == told
    for second in range(0, 3000, 300):
        found = _tries(
            authenticator, EWA, WRONG, call_id=f"later {second}", at=last + timedelta(minutes=10, seconds=second)
        )
        assert Delayed(3000 - second) == found
    an_hour_on = last + timedelta(hours=1)
    early = _tries(authenticator, EWA, EWA.pin, call_id="early", at=an_hour_on - timedelta(seconds=1))
    assert Delayed(1) == early
    assert isinstance(_tries(authenticator, EWA, EWA.pin, call_id="on time", at=an_hour_on), Accepted)


def test_a_clock_that_was_set_back_makes_nobody_wait_for_longer(authenticator: Authenticator) -> None:
    """By a day: the wait begins anew by that clock, once."""
    for call in ("one", "two", "three"):
        _tries(authenticator, EWA, WRONG, call_id=call)
    yesterday = NOON - timedelta(days=1)
    assert Delayed(30) == _tries(authenticator, EWA, EWA.pin, call_id="four", caller="four", at=yesterday)
    ten_on, thirty_on = (yesterday + timedelta(seconds=number) for number in (10, 30))
    assert Delayed(20) == _tries(authenticator, EWA, EWA.pin, call_id="five", caller="five", at=ten_on)
    assert isinstance(_tries(authenticator, EWA, EWA.pin, call_id="six", caller="six", at=thirty_on), Accepted)


def test_a_caller_has_so_many_tries_at_whatever_identifiers(populated: Database) -> None:
    """Another number has its own, those who hide theirs share one, and each call of a number is the number's."""
    tight = Limits(caller=Bucket(2, timedelta(minutes=1)))
    authenticator = Authenticator(populated, KEYS, pytest.fail, tight)
    people = (STRANGER, BLOCKED, EWA)
    first = [_tries(authenticator, one, one.pin, call_id=one.identifier, caller="600100200") for one in people]
    assert [Refused(), Refused(), Delayed(60)] == first
    assert isinstance(_tries(authenticator, EWA, EWA.pin, call_id="other", caller="600100201"), Accepted)
    hidden = [_tries(authenticator, EWA, EWA.pin, call_id=f"hidden {number}", caller="") for number in range(3)]
    assert Delayed(60) == hidden[-1]


def test_the_whole_service_has_so_many_tries(populated: Database) -> None:
    """From whatever numbers; whoever waits as long as they are told is let through."""
    tight = Limits(service=Bucket(2, timedelta(seconds=5)))
    authenticator = Authenticator(populated, KEYS, pytest.fail, tight)
    verdicts = [_tries(authenticator, STRANGER, WRONG, call_id=f"{number}", caller=f"{number}") for number in range(2)]
    assert [Refused()] * 2 == verdicts
    assert Delayed(5) == _tries(authenticator, EWA, EWA.pin, call_id="late", caller="9")
    later = NOON + timedelta(seconds=5)
    assert isinstance(_tries(authenticator, EWA, EWA.pin, call_id="later", caller="9", at=later), Accepted)


def test_no_pin_is_looked_at_while_nobody_may_try(
    authenticator: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the right one, known identifier or not."""
    for person in (EWA, STRANGER):
        for call in ("one", "two", "three"):
            _tries(authenticator, person, WRONG, call_id=person.identifier + call)
    watched = Watched()
    monkeypatch.setattr(pins, "ARGON2ID", watched)
    for person in (EWA, STRANGER):
        assert Delayed(30) == _tries(authenticator, person, EWA.pin, call_id=person.identifier)
    assert ([], 0) == (watched.verified, watched.hashed)


@pytest.mark.parametrize("keyed", ["", "1", "12345", "1" * 10_000, "abc", "\udc80", "'; DROP TABLE profiles"])
def test_whatever_is_keyed_as_an_identifier_has_the_same_limits(authenticator: Authenticator, keyed: str) -> None:
    """Of any length and shape."""
    claim = authenticator.claim(keyed)
    verdicts = [
        authenticator.verify(claim, WRONG, call_id=f"{number}", seq=1, at=NOON, caller=keyed) for number in range(4)
    ]
    assert [Refused(), Refused(), Refused(), Delayed(30)] == verdicts


def test_no_number_of_a_caller_is_kept(authenticator: Authenticator, populated: Database) -> None:
    """Its bucket is known by a pseudonym, which is no identifier's either."""
    number = "600123987"
    _tries(authenticator, EWA, WRONG, caller=number)
    with populated.reading() as connection:
        names = set(connection.execute(select(auth_buckets.c.name)).scalars())
    assert 2 == len(names)
    assert {number, authenticator.claim(number)}.isdisjoint(names)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_while_the_database_is_locked_no_pin_is_looked_at(
    populated: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be counted is not tried."""
    monkeypatch.setattr(storage_database, "SQLITE_BUSY_SECONDS", 0)
    watched = Watched()
    monkeypatch.setattr(pins, "ARGON2ID", watched)
    another = Database(database_url)
    with populated.writing(), pytest.raises(OperationalError, match="locked"):
        _tries(Authenticator(another, KEYS, pytest.fail), EWA, EWA.pin)
    another.close()
    assert [] == watched.verified


class _ProcessDied(BaseException):
    pass


def _die() -> None:
    raise _ProcessDied


def _tries(
    authenticator: Authenticator,
    person: Person,
    pin: str,
    *,
    call_id: str = "call",
    caller: str = "600100200",
    at: datetime = NOON,
) -> Verdict:
    claim = authenticator.claim(person.identifier)
    return authenticator.verify(claim, pin, call_id=call_id, seq=1, at=at, caller=caller)


def _outcomes(database: Database) -> dict[str, int]:
    query = select(auth_attempts.c.outcome, func.count().label("number")).group_by(auth_attempts.c.outcome)
    with database.reading() as connection:
        return {row.outcome: row.number for row in connection.execute(query)}


def _failures(database: Database, authenticator: Authenticator, person: Person) -> Failures | None:
    query = select(auth_failures).where(auth_failures.c.claim == authenticator.claim(person.identifier))
    with database.reading() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else Failures(row.failures, row.last_at)
