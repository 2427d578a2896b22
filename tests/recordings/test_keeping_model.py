"""Whatever happens to recordings in whatever order: what must stay stays, and what must go goes, on that very day."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recordings import holds, purge, runs, tombstones
from recordings.holds import Hold
from recordings.purge import Places, unwatched
from recordings.wanted import Wanted
from storage.database import Database
from storage.installation import open_installation
from tests.recordings.conftest import NOW
from tests.recordings.kept import a_recording, at_noon, id_of, keep, left_of, places_in, whole
from tests.recordings.processes import ALL

BEGIN = date(2026, 12, 29)
NUMBERS = (1, 2, 3)


@dataclass(slots=True)
class Expected:
    """What should become of a recording. `holds` are cases and last days; there is none until it is lifted."""

    last_day: date
    holds: list[tuple[str, date | None]] = field(default_factory=list)
    withdrawn: bool = False
    decided: bool = False
    gone: bool = False

    def is_held(self, today: date) -> bool:
        """Whether a hold keeps it."""
        return any(until is None or today <= until for _, until in self.holds)

    def runs(self, today: date) -> None:
        """The job runs."""
        due = self.withdrawn or self.last_day < today
        self.gone = self.gone or self.decided or (due and not self.is_held(today))

    def is_withdrawn(self, today: date) -> None:
        """Consent is withdrawn."""
        self.withdrawn = True
        self.decided = self.decided or not self.is_held(today)


cases = st.sampled_from(["A", "B"])
numbers = st.sampled_from(NUMBERS)
steps = st.one_of(
    st.tuples(st.just("run")),
    st.tuples(st.just("night passes")),
    st.tuples(st.just("hold"), numbers, cases, st.none() | st.integers(0, 3)),
    st.tuples(st.just("lift"), cases),
    st.tuples(st.just("withdraw"), numbers),
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a new installation."""
    home = tmp_path_factory.mktemp("empty")
    open_installation({"CENTRALA_HOME": str(home)}).database.close()
    return home / "centrala.db"


@contextmanager
def copied(empty: Path) -> Iterator[Places]:
    """A new installation's places."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(empty, folder)
        places = places_in(Path(folder), Database(f"sqlite:///{folder}/centrala.db"))
        yield places
        places.archive.keys.close()
        places.database.close()


@settings(max_examples=60)
@given(st.lists(st.integers(-2, 5), min_size=len(NUMBERS), max_size=len(NUMBERS)), st.lists(steps, max_size=25))
def test_what_must_stay_stays_and_what_must_go_goes(
    empty: Path, ages: list[int], happening: list[tuple[object, ...]]
) -> None:
    """Retention, holds and withdrawal around a new year, against three lines of what should be."""
    with copied(empty) as places:
        expected = {number: _kept(places, number, age) for number, age in zip(NUMBERS, ages, strict=True)}
        today = BEGIN
        for step in happening:
            today = _happens(places, expected, today, step)
            for number, one in expected.items():
                left = left_of(places, id_of(number))
                assert one.gone == (not left)
                assert one.gone or left[1:] == whole(id_of(number))[1:]
        with places.database.reading() as connection:
            chain = tombstones.verify(connection, runs.heads(connection))
        assert (True, sum(one.gone for one in expected.values())) == (chain.whole, chain.head.number)


def _kept(places: Places, number: int, age: int) -> Expected:
    ended = datetime(BEGIN.year - 3, BEGIN.month, BEGIN.day, 12, tzinfo=UTC) + timedelta(days=age)
    made = a_recording(number, ended)
    keep(places, made)
    return Expected(made.keep_until)


def _happens(places: Places, expected: dict[int, Expected], today: date, step: tuple[object, ...]) -> date:
    """Let it happen, and say which day it is then: the job runs once a day."""
    match step:
        case ("run",):
            runs.once(places, today, "here", at_noon(today), ALL, unwatched)
            for one in expected.values():
                one.runs(today)
            return today + timedelta(days=1)
        case ("night passes",):
            return today + timedelta(days=1)
        case ("hold", int(number), str(case), days):
            until = today + timedelta(days=days) if isinstance(days, int) else None
            _hold(places, number, case, until)
            if not expected[number].decided and not expected[number].gone:
                expected[number].holds.append((case, until))
        case ("lift", str(case)):
            with places.database.writing() as connection:
                holds.lift(connection, case, "jan", NOW)
            for one in expected.values():
                one.holds = [(of, until) for of, until in one.holds if of != case]
        case ("withdraw", int(number)):
            with places.database.writing() as connection:
                purge.withdraw(connection, [id_of(number)], today)
            expected[number].is_withdrawn(today)
    return today


def _hold(places: Places, number: int, case: str, until: date | None) -> None:
    with places.database.writing() as connection:
        count = len(holds.everything(connection))
        made = Hold(f"{count}", case, "a complaint", "anna", NOW, until)
        holds.place(connection, made, Wanted(id=id_of(number)))
