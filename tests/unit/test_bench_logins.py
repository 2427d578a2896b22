"""The benchmark of logins judges and tells honestly, and simulates guessing as the limits mean it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_pin import identifiers, pin_policy
from auth_pin.limits import FREE_FAILURES, WAITS, Limits
from bench import guessing, importing, people, refusals
from bench.askers import POSTGRESQL, SQLITE, Asking, Crowds
from bench.busy_hour import Beside
from bench.figures import Aim
from bench.guessing import DAY, HOUR, Attack, Guesses
from bench.importing import Import, Importing, Tables
from bench.keypress import Sample
from bench.logins import Logins, LoginsReport, aims, disturbance, written
from bench.processor import Usage
from bench.program import Cost
from bench.refusals import Refusals
from storage.database import Database
from tests.unit.test_bench_recordings import MACHINE, MB

KEY = bytes(range(32))
QUIET = Usage(10.0, {}, 0.1)
# The free ones, the first waits one after another, then one each time that the longest is over.
A_DAY = FREE_FAILURES + len(WAITS) + int((DAY - sum(wait.total_seconds() for wait in WAITS[:-1])) // HOUR)


def cost(seconds: float, megabytes: int) -> Cost:
    """What a process cost."""
    return Cost(seconds, seconds, megabytes * MB)


def beside(times: int, others: float, usage: Usage = QUIET) -> Beside:
    """A hundred keys of others, which all waited so many seconds, and as many logins as there were."""
    logins = Sample((0.04,) * times, times, 0)
    return Beside(times, Sample((others,) * 100, 50, 0), logins, (usage,))


def measured(*hour: Beside, most: int = 29) -> Logins:
    """A run with this hour."""
    asking = (
        Asking(4, SQLITE, 400, 10.0, cost(10, 110)),
        Asking(128, SQLITE, 390, 10.0, cost(10, 121)),
        Asking(32, POSTGRESQL, 300, 10.0, cost(10, 500)),
    )
    tables = Importing(
        Import(1000, cost(2, 80), cost(2, 80)),
        Import(10_000, cost(20, 84), cost(10, 84)),
        Import(100, cost(4, 120), cost(4, 120)),
    )
    guesses = (Guesses(Attack("at random", 30, 3, 3), 90, 60, most), Guesses(Attack("spray", 30, 3, 30, 1), 30, 30, 1))
    refused = Refusals((30.0, 30.0, 90.0), (33.0, 33.0, 34.0))
    return Logins(Crowds(2, 50.0, asking), hour, refused, guesses, tables)


def told(logins: Logins) -> LoginsReport:
    """The report of a run."""
    return LoginsReport(datetime(2026, 11, 29, tzinfo=UTC), MACHINE, logins, quick=False)


def by_beginning(logins: Logins) -> dict[str, Aim]:
    """The aims by the first word that tells them apart."""
    return {" ".join(aim.what.split()[:3]): aim for aim in aims(logins)}


def test_others_are_compared_with_those_beside_no_logins() -> None:
    """Beside the busy hour's; what ten times as many do is told and not judged."""
    found = by_beginning(measured(beside(0, 0.010), beside(1, 0.011), beside(10, 0.5)))["p99 of the"]
    assert pytest.approx(1.1) == found.measured
    assert found.met


def test_an_hour_that_was_not_measured_is_not_met() -> None:
    """Nothing is claimed of it, and nothing raises."""
    found = by_beginning(measured(beside(0, 0.010)))["p99 of the"]
    assert (None, False) == (found.measured, found.met)


def test_the_worst_attack_counts() -> None:
    """Of one identifier, whatever the others' means are."""
    assert by_beginning(measured(most=59))["guesses let through"].met
    assert not by_beginning(measured(most=60))["guesses let through"].met


def test_growth_and_distance_are_ratios() -> None:
    """Of SQLite's crowds, of tables of hashes, and of both kinds of identifiers whichever is slower."""
    found = by_beginning(measured())
    crowd, table, again = (found[name].measured for name in ("memory with 128", "memory to import", "time to import"))
    assert (1.1, 1.05, 0.5) == (crowd, table, again)
    assert pytest.approx(1.1) == found["p50 until unknown"].measured


def test_tables_are_whole_and_what_is_missing_is_told() -> None:
    """Every row has as many cells as its heading; nobody logged in where there were no logins."""
    _, text, _ = written(told(measured(beside(0, 0.010), beside(1, 0.011))))
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert [1] * 5 == [len({row.count("|") for row in table}) for table in tables]
    assert "| none | 100 | 10 ms | 10 ms | 0 | - | - | - | 0 |" in text
    assert "| the busy hour's | 100 | 11 ms | 11 ms | 1 | 40 ms | 40 ms | 40 ms | 0 |" in text
    assert "Others on the machine" not in text


def test_a_disturbed_hour_is_told_as_such() -> None:
    """Whoever reads a p99 knows what else ran."""
    noisy = beside(1, 0.011, Usage(10.0, {}, 8.0))
    text, _, _ = written(told(measured(beside(0, 0.010), noisy)))
    assert 0.8 == disturbance(noisy)
    assert "Others on the machine used 0.8 cores meanwhile." in text


def test_json_holds_everything_summed_up() -> None:
    """Thousands of waits are a few figures."""
    _, _, text = written(told(measured(beside(0, 0.010), beside(1, 0.011))))
    kept = json.loads(text)
    assert {"number": 1, "p50": 40, "p99": 40, "longest": 40, "failed": 0} == kept["busy_hour"][1]["logins"]
    assert 3 == len(kept["crowds"]["asking"])
    assert [20, 1] == [one["mean"] for one in kept["guesses"]]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whoever_is_patient_gets_what_the_waits_leave(database: Database) -> None:
    """All waits are used up, and a day has no more guesses; whoever calls at random gets fewer."""
    patient = guessing.simulated(database, KEY, Attack("patient", 100, 100, 1, seconds=0, patient=True))
    assert A_DAY - 1 <= patient.most <= A_DAY
    assert patient.made > patient.let_through


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_spray_is_held_by_the_whole_service(database: Database) -> None:
    """One guess at each identifier, all at once, from numbers enough."""
    spray = guessing.simulated(database, KEY, Attack("spray", 400, 400, 400, tries=1, seconds=0.5))
    assert (400, Limits().service.capacity, 1) == (spray.made, spray.let_through, spray.most)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_owners_make_no_guesses(database: Database) -> None:
    """Who has the right PIN clears the failures, and is not counted among those who guess."""
    found = guessing.simulated(database, KEY, Attack("nobody", 0, 1, 3, owners=2))
    assert (0, 0, 0) == (found.made, found.let_through, found.most)


@given(st.integers(1, 50))
def test_people_that_are_made_up_can_have_profiles(number: int) -> None:
    """Always the same ones, each with an identifier of their own, and a PIN that is not theirs."""
    made = people.made_up(number)
    assert made == people.made_up(number)
    assert number == len({one.identifier for one in made})
    for one in made:
        identifiers.check(one.identifier)
        pin_policy.check_shape(one.pin)
        pin_policy.check_shape(one.wrong)
        assert one.pin != one.wrong


def test_tables_are_imported_whole_and_once_more(tmp_path: Path) -> None:
    """Hashes and plain PINs; a row that was bad would fail the command."""
    found = importing.measure(tmp_path / "importing", Tables(20, 40, 3), lambda _: None)
    assert [20, 40, 3] == [one.rows for one in (found.few, found.many, found.pins)]
    assert found.memory_growth > 0


def test_both_kinds_of_identifiers_are_refused(tmp_path: Path) -> None:
    """As often as is said, and every time is taken."""
    found = refusals.measure(tmp_path / "refusals", 3)
    assert [3, 3] == [len(kind) for kind in (found.known, found.unknown)]
    assert found.apart >= 1
