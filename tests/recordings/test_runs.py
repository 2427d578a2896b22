"""The job: once a day over all nodes, nothing early, nothing late; killed at any step it is finished by the next."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, update

from recordings import consents, holds, parts, purge, runs, tombstones, withdrawal
from recordings.catalogue import Purpose
from recordings.catalogue import recordings as table
from recordings.consents import Consent
from recordings.holds import Hold
from recordings.purge import Places, Step, Watch, uncounted, unwatched
from recordings.records import retention_runs
from recordings.records import tombstones as stones
from recordings.runs import Busy, Limits, Refused, Run, TooMany
from recordings.wanted import Wanted
from storage.database import Database
from tests.recordings.conftest import NOW
from tests.recordings.kept import (
    DUE,
    ENDED,
    a_recording,
    at_noon,
    id_of,
    keep,
    left_of,
    places_in,
    put_aside,
    quarantined,
    whole,
)
from tests.recordings.processes import ALL, PATIENCE, context, ended, run_and_die, run_together, started

DAY = timedelta(days=1)
PER_DAY = 5


@pytest.fixture
def places(tmp_path: Path, database: Database) -> Iterator[Places]:
    """Where recordings lie."""
    made = places_in(tmp_path, database)
    yield made
    made.archive.keys.close()


def once(places: Places, today: date = DUE, limits: Limits = ALL, watch: Watch = unwatched) -> Run:
    """Run the job."""
    return runs.once(places, today, "here", at_noon(today), limits, watch)


def once_free(places: Places, today: date) -> Run:
    """Run the job as soon as the server has noticed that who had the lock is dead."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return once(places, today)
        except Busy:
            assert time.monotonic() < deadline, "the lock of a dead process stays"


def hold(places: Places, number: int) -> None:
    """Hold a recording until further notice."""
    with places.database.writing() as connection:
        made = Hold(f"hold {number}", f"case {number}", "a complaint", "anna", NOW)
        holds.place(connection, made, Wanted(id=id_of(number)))


def test_a_run_takes_what_is_due_and_nothing_else(places: Places) -> None:
    """What is held is counted; what has a day left is whole."""
    keep(places, *(a_recording(number) for number in (1, 2, 3, 4)), a_recording(5, ENDED + DAY))
    hold(places, 4)
    run = once(places)
    assert (3, 1, 3, False) == (run.purged, run.held, run.chain.number, run.was_done)
    assert [[], [], []] == [left_of(places, id_of(number)) for number in (1, 2, 3)]
    assert [whole(id_of(4)), whole(id_of(5))] == [left_of(places, id_of(number)) for number in (4, 5)]


def test_a_day_is_run_once(places: Places) -> None:
    """Whatever becomes due or free later that day waits for the next one."""
    keep(places, a_recording(1))
    first = once(places)
    keep(places, a_recording(2))
    again = once(places)
    assert (first.purged, first.chain, True) == (again.purged, again.chain, again.was_done)
    assert whole(id_of(2)) == left_of(places, id_of(2))
    assert (1, []) == (once(places, DUE + DAY).purged, left_of(places, id_of(2)))


def test_what_is_withdrawn_after_the_run_of_the_day_goes_with_the_next(places: Places) -> None:
    """On the same day, its key with it; what the first one is said to have done stays as it was."""
    keep(places, a_recording(1), a_recording(2, ENDED + DAY))
    first, aside = once(places), put_aside(places, 3, DUE + DAY)
    with places.database.writing() as connection:
        for call_id in (id_of(1002), id_of(3)):
            consents.store(connection, Consent(call_id, Purpose.CONSULTANT_CALL, ENDED, True, "2026-1", "pl"))
            consents.withdraw(connection, call_id, NOW)
    again = once(places)
    assert ([], (False, 0)) == (left_of(places, id_of(2)), quarantined(places, aside))
    assert replace(first, was_done=True) == again
    assert replace(first, was_done=True) == once(places)


def test_what_others_finish_is_counted_with_a_run_that_goes_on(places: Places) -> None:
    """And with none that has ended."""
    keep(places, a_recording(1), a_recording(2, ENDED + DAY), a_recording(3, ENDED + DAY))

    def finish(number: int) -> None:
        with places.database.writing() as connection:
            purge.withdraw(connection, [id_of(number)], DUE)
        with places.database.reading() as connection:
            left = withdrawal.unfinished(connection, 10)
        assert (id_of(number),) == left
        purge.destroy(places, left, at_noon(DUE), 10, unwatched, runs.counting(DUE))

    def meanwhile(step: Step, number: int) -> None:
        if step is Step.DECIDED and number:
            finish(2)

    first = once(places, watch=meanwhile)
    finish(3)
    assert (2, 2) == (first.purged, once(places).purged)
    assert [[], [], []] == [left_of(places, id_of(number)) for number in (1, 2, 3)]


def test_after_days_without_a_run_what_is_due_goes(places: Places) -> None:
    """All of it, in as many batches as it takes."""
    keep(places, *(a_recording(number, ENDED + number * DAY) for number in range(1, 8)))
    assert 7 == once(places, DUE + 30 * DAY).purged


def test_a_clock_that_was_set_back_is_refused(places: Places) -> None:
    """Nothing is destroyed, and it is said which day the ledger knows."""
    once(places, DUE + DAY)
    keep(places, a_recording(1))
    with pytest.raises(Refused, match=f"today is {DUE} by the clock, and the job has run on {DUE + DAY}"):
        once(places)
    assert whole(id_of(1)) == left_of(places, id_of(1))


def test_too_large_a_share_stops_before_anything_is_decided(places: Places) -> None:
    """It is said how much it would be and how to allow it; the day is not used up by it."""
    keep(places, a_recording(1), *(a_recording(number, ENDED + DAY) for number in range(2, 20)))
    with pytest.raises(TooMany, match=r"1 of 19 recordings are due, 5\.26 % of all.*--allow-share 0\.06") as told:
        once(places, limits=Limits(0.05, 500))
    assert "at most 5 % may go" in str(told.value)
    assert whole(id_of(1)) == left_of(places, id_of(1))
    with places.database.reading() as connection:
        assert [] == connection.execute(select(retention_runs)).all()
    assert 1 == once(places, limits=Limits(0.06, 500)).purged


def test_what_is_held_is_no_part_of_the_share(places: Places) -> None:
    """It does not go."""
    keep(places, a_recording(1), a_recording(2))
    hold(places, 1)
    hold(places, 2)
    run = once(places, limits=Limits(0.01, 500))
    assert (0, 2) == (run.purged, run.held)


def test_nothing_to_do_is_a_run(places: Places) -> None:
    """An empty catalogue, too."""
    assert (0, 0, 0) == (once(places).purged, once(places).held, once(places).chain.number)


def test_a_run_killed_at_any_step_is_finished_by_the_next(places: Places, tmp_path: Path, database_url: str) -> None:
    """A process is killed at its first step, the next at its second ... until one lives: each time all is well."""
    moment, day, code = 0, DUE, -9
    while code == -9:
        moment, day = moment + 1, day + DAY
        first = PER_DAY * moment
        due, held, early = (first, first + 1, first + 2), first + 3, first + 4
        ended_at = ENDED + moment * DAY
        keep(
            places,
            *(a_recording(number, ended_at) for number in (*due, held)),
            a_recording(early, ended_at + 900 * DAY),
        )
        hold(places, held)
        aside, stays = put_aside(places, 3000 + first, day - DAY), put_aside(places, 3001 + first, day + 900 * DAY)
        code = ended(started(run_and_die, database_url, tmp_path, day, moment))
        _nothing_went_early_or_unseen(places, due, (held, early))
        run = once_free(places, day)
        assert [[], [], []] == [left_of(places, id_of(number)) for number in due]
        assert [whole(id_of(number)) for number in (held, early)] == [left_of(places, id_of(n)) for n in (held, early)]
        assert (3, moment, 1, code == 0) == (run.purged, run.held, run.unquarantined, run.was_done)
        assert [(False, 0), (True, 2)] == [quarantined(places, id) for id in (aside, stays)]
        _each_is_buried_once(places, 3 * moment)
    assert code == 0
    assert moment > 2 * purge.Step.ROWS_FORGOTTEN


def test_each_machine_clears_its_own_quarantine(places: Places) -> None:
    """Where another has run for the day, and where one runs just now."""
    last_day = DUE - DAY
    aside = put_aside(places, 1, last_day)
    once(places)
    put_aside(places, 1, last_day)
    assert (False, 2) == quarantined(places, aside)
    assert once(places).was_done
    assert (False, 0) == quarantined(places, aside)
    put_aside(places, 1, last_day)
    with runs.alone(places.database), pytest.raises(Busy):
        once(places, DUE + DAY)
    assert (False, 0) == quarantined(places, aside)


def test_a_refused_run_leaves_the_quarantine_alone(places: Places) -> None:
    """Nothing is destroyed by a clock that is wrong."""
    keep(places, a_recording(1))
    aside = put_aside(places, 1, DUE - DAY)
    with pytest.raises(TooMany):
        once(places, limits=Limits(0.05, 500))
    assert (True, 2) == quarantined(places, aside)


def _nothing_went_early_or_unseen(places: Places, due: tuple[int, ...], kept: tuple[int, ...]) -> None:
    assert [whole(id_of(number)) for number in kept] == [left_of(places, id_of(number)) for number in kept]
    with places.database.reading() as connection:
        for number in due:
            buried = tombstones.find(connection, id_of(number)) is not None
            # Who has a tombstone is gone, and of whom anything is left there is a row to find it by.
            left = left_of(places, id_of(number))
            assert buried == (not left)
            assert not left or left[0] in ("kept", "purging")


def _each_is_buried_once(places: Places, number: int) -> None:
    with places.database.reading() as connection:
        chain = tombstones.verify(connection, runs.heads(connection))
        counted = connection.execute(select(func.sum(retention_runs.c.purged))).scalar()
    assert (True, number, number) == (chain.whole, chain.head.number, counted)


def test_of_processes_that_begin_together_one_runs(places: Places, tmp_path: Path, database_url: str) -> None:
    """The others find it running or done."""
    keep(places, *(a_recording(number) for number in range(1, 8)))
    start, told = context.Barrier(4), context.Queue()
    processes = [started(run_together, database_url, tmp_path, DUE, start, told) for _ in range(4)]
    said = sorted(told.get(timeout=PATIENCE) for _ in processes)
    assert [0, 0, 0, 0] == [ended(process) for process in processes]
    assert ["purged 7"] == [text for text in said if text.startswith("purged")]
    assert {"busy", "found done", "purged 7"} >= set(said)
    _each_is_buried_once(places, 7)


def test_while_one_runs_nobody_else_does(places: Places) -> None:
    """Who comes second is told so at once, and may run when the first has ended."""
    with runs.alone(places.database) as still_alone:
        still_alone()
        with pytest.raises(Busy, match=r"another (node|process) runs the job"):
            once(places)
    assert 0 == once(places).purged


def test_a_purge_that_is_carried_out_twice_at_once_is_done_once(places: Places) -> None:
    """Who wrote the row out first has buried it, and the other counts nothing."""
    keep(places, a_recording(1))
    purge.decide(places.database, DUE, 2, unwatched)
    counted: list[int] = []

    def meanwhile(step: purge.Step, number: int) -> None:
        if step is purge.Step.SPOOL_CLEARED and not counted:
            counted.append(0)
            counted[0] = purge.carry_out(places, lambda: NOW, 2, unwatched, uncounted)

    late = purge.carry_out(places, lambda: NOW, 2, meanwhile, uncounted)
    assert ([1], 0) == (counted, late)


def test_the_ledger_notices_a_chain_that_was_cut_off(places: Places) -> None:
    """A run's head is kept with it."""
    keep(places, a_recording(1), a_recording(2))
    once(places)
    with places.database.writing() as connection:
        connection.execute(stones.delete().where(stones.c.number == 2))
    with places.database.reading() as connection:
        assert tombstones.verify(connection).whole
        assert 2 == tombstones.verify(connection, runs.heads(connection)).broken


def test_a_file_that_cannot_be_destroyed_stops_the_run(places: Places) -> None:
    """Its row stays; the next run finishes it, and the run is not told as done before."""
    keep(places, a_recording(1))
    file = places.archive.path(id_of(1))
    file.unlink()
    (file / "in the way").mkdir(parents=True)
    with pytest.raises(OSError):
        once(places)
    assert "purging" == left_of(places, id_of(1))[0]
    (file / "in the way").rmdir()
    file.rmdir()
    assert (1, False) == ((run := once(places)).purged, run.was_done)


def test_a_part_whose_name_leads_elsewhere_destroys_nothing_there(places: Places, tmp_path: Path) -> None:
    """Only files in the spool are the spool's."""
    keep(places, a_recording(1))
    other = tmp_path / "other.wav"
    other.write_bytes(b"another's")
    with places.database.writing() as connection:
        connection.execute(update(parts.recording_parts).values(caller_file="../other.wav", agent_file=""))
    assert 1 == once(places).purged
    assert b"another's" == other.read_bytes()


def test_what_goes_leaves_nothing_of_the_caller(places: Places) -> None:
    """No row that has the number, nor its bytes in an SQLite file, however SQLite was built."""
    if places.database.engine.dialect.name == "sqlite":
        places.database.close()
        event.listen(places.database.engine, "connect", _keep_what_is_deleted)
    keep(places, *(a_recording(number, caller="48600123987") for number in range(1, 60)))
    assert 59 == once(places).purged
    with places.database.reading() as connection:
        assert 0 == connection.execute(select(func.count()).select_from(table)).scalar()
    if places.database.engine.dialect.name == "sqlite":
        file = Path(str(places.database.engine.url.database))
        files = [path for path in file.parent.iterdir() if path.name.startswith(file.name)]
        assert [] == [path.name for path in files if b"48600123987" in path.read_bytes()]


def _keep_what_is_deleted(connection: sqlite3.Connection, record: object) -> None:
    connection.execute("PRAGMA secure_delete = OFF")


def test_a_clock_gives_the_moment_of_destruction(places: Places) -> None:
    """By which its tombstone tells when it was."""
    keep(places, a_recording(1))
    once(places)
    with places.database.reading() as connection:
        stone = tombstones.find(connection, id_of(1))
    assert stone is not None
    assert (at_noon(DUE)(), "retention: consultant_call: 3 years") == (stone.purged_at, stone.decision)
