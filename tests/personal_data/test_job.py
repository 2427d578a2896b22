"""The job over every class: one after another, by the terms on record, and whole again after a kill at any step."""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from audit import verification
from auth_pin.profiles import State
from personal_data import decisions, ledger
from personal_data.decisions import Decision
from personal_data.job import Done
from personal_data.kinds import Kind
from personal_data.records import retention_expiries
from personal_data.rules import RULES
from recordings import runs
from recordings.purge import Places, Step
from recordings.records import retention_runs
from recordings.retention import parse_term
from recordings.runs import Busy, Limits, TooMany
from storage.upsert import upsert
from tests.personal_data.made import (
    DEFAULTS,
    NIGHT,
    TODAY,
    a_call,
    a_failure,
    a_hold,
    a_mandate,
    a_message,
    a_profile,
    a_score,
    an_entry,
    changes_state,
    days,
    hanging,
    left,
)
from tests.personal_data.processes import once, run_and_die
from tests.personal_data.test_nameless import OVER, in_turn, lies
from tests.recordings.kept import a_recording, id_of, keep, left_of, put_aside, quarantined
from tests.recordings.processes import PATIENCE, context, ended

GONE = dict.fromkeys((*RULES, Kind.AUDIT, Kind.ORPHANS), 2)


def everything(places: Places, day: date, round: int) -> tuple[str, str]:
    """Two of every class whose term is over on that day, and a call that has a day left: the two calls."""
    database, night = places.database, NIGHT + (day - TODAY)
    first = 10 * round
    over, recorded = f"over {round}", id_of(1000 + first)
    for id in (over, recorded):
        a_call(database, id, night - days(2400))
    keep(places, a_recording(first, night - days(2400)))
    a_call(database, f"kept {round}", night - days(10))
    for number in (1, 2):
        changes_state(database, f"{round}{number}", "logged_out", night - days(2400 - number))
        an_entry(database, night - days(2400))
        a_score(database, f"{round}", number, night - days(2400))
        a_hold(database, f"{round}{number}", night - days(2400), lifted_at=night - days(2400))
        a_mandate(database, f"{round}{number}", day - days(60))
        a_profile(database, f"new {round}{number}", State.UNCONFIRMED, night - days(60))
        a_failure(database, f"{round}{number}", night - days(60))
        a_message(database, f"{round}{number}", night - days(120))
        lies(places.spool / f"{round}-{number}.wav", night - days(90))
    return over, recorded


def test_a_run_keeps_every_class_to_its_term(places: Places) -> None:
    """A call that was recorded goes in the same night, behind its recording; a second run does nothing."""
    over, recorded = everything(places, TODAY, 1)
    done = once(places, TODAY)
    # Of each consultant there is a change, and what they do now.
    assert GONE | {Kind.AGENT_CHANGES: 4} == done.gone
    assert ([], [], []) == (
        hanging(places.database, over),
        hanging(places.database, recorded),
        left_of(places, id_of(10)),
    )
    assert ["kept 1"] == left(places.database, Kind.CALLS)
    again = once(places, TODAY)
    assert (True, done.gone, ()) == (again.run.was_done, again.gone, again.run.stuck)


@pytest.mark.timeout(900)
def test_a_run_killed_at_any_step_is_finished_by_the_next(places: Places, tmp_path: Path, database_url: str) -> None:
    """A process is killed at its first step, the next at its second ... until one lives: each thing is counted once."""
    moment, day, code = 0, TODAY, -9
    while code == -9:
        moment, day = moment + 1, day + timedelta(days=1)
        over, recorded = everything(places, day, moment)
        process = context.Process(target=run_and_die, args=(database_url, tmp_path, day, moment))
        process.start()
        code = ended(process)
        assert f"kept {moment}" in left(places.database, Kind.CALLS)
        done = _once_free(places, day)
        assert GONE | {Kind.AGENT_CHANGES: 4} == done.gone
        assert ([], []) == (hanging(places.database, over), hanging(places.database, recorded))
        assert (code == 0) == done.run.was_done
    assert moment > 2 * len(RULES)
    with places.database.reading() as connection:
        c = retention_expiries.c
        counted = connection.execute(select(c["class"], func.sum(c.number)).group_by(c["class"]))
        totals = {Kind(row[0]): row[1] for row in counted}
        assert verification.verify(connection).whole
    assert {kind: number * moment for kind, number in (GONE | {Kind.AGENT_CHANGES: 4}).items()} == totals


def _once_free(places: Places, day: date) -> Done:
    """Run the job as soon as the server has noticed that who had the lock is dead."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return once(places, day)
        except Busy:
            assert time.monotonic() < deadline, "the lock of a dead process stays"


def test_the_terms_on_record_are_in_force_and_not_the_settings(places: Places) -> None:
    """A shorter setting destroys nothing, a longer one keeps nothing; both are told."""
    once(places, TODAY - days(1))
    a_call(places.database, "young", NIGHT - days(900))
    a_call(places.database, "old", NIGHT - days(1200))
    wanted = dict(DEFAULTS) | {Kind.CALLS: parse_term("1 year"), Kind.CONSENTS: parse_term("9 years")}
    done = once(places, TODAY, wanted)
    assert (["young"], ["young"]) == (left(places.database, Kind.CALLS), left(places.database, Kind.CONSENTS))
    assert {Kind.CALLS, Kind.CONSENTS} == {one.kind for one in done.undecided}
    with places.database.writing() as connection:
        decisions.decide(connection, Decision(Kind.CALLS, parse_term("1 year"), NIGHT, "anna", "a new law"))
    done = once(places, TODAY + days(1), wanted)
    assert ([], [Kind.CONSENTS]) == (left(places.database, Kind.CALLS), [one.kind for one in done.undecided])


@pytest.mark.parametrize("kind", [Kind.CALLS, Kind.CALLBACKS], ids=str)
def test_too_large_a_share_of_any_class_stops_the_run(places: Places, kind: Kind) -> None:
    """Before anything is decided, of whatever class; it is said of which, and how to allow it."""
    far = {Kind.CALLS: 1200, Kind.CALLBACKS: 100}[kind]
    for number in range(30):
        a_call(places.database, f"call {number}", NIGHT - days(far if number < 15 else 1))
    aside, limits = put_aside(places, 1, TODAY - days(1)), Limits(0.05, 500)
    settings = (
        dict(DEFAULTS)
        if kind is Kind.CALLBACKS
        else {one: parse_term("9 years") for one in DEFAULTS} | {Kind.CALLS: DEFAULTS[Kind.CALLS]}
    )
    with pytest.raises(TooMany, match=rf"15 of 30 {kind} are due, 50 % of all.*--allow-share 0\.51"):
        once(places, TODAY, settings, limits)
    assert (30, (True, 2)) == (len(left(places.database, kind)), quarantined(places, aside))
    once(places, TODAY, settings, Limits(0.51, 500))
    assert 15 == len(left(places.database, kind))


def test_files_of_the_archive_without_names_have_no_fortnight_s_part(places: Places) -> None:
    """Files elsewhere are no excuse, and where another has run for the day it is the same; what is allowed goes."""
    keep(places, *(a_recording(number, NIGHT, id=in_turn(number)) for number in range(1, 39)))
    files = [lies(places.archive.path(in_turn(number)), OVER) for number in range(91, 96)]
    for number in range(200):
        lies(places.spool / f"{number}.wav", NIGHT)
    for _ in range(2):
        with pytest.raises(TooMany, match=r"5 of 43 files of the archive are due, 11\.6 % of all, and at most 5 %"):
            once(places, TODAY, limits=Limits(0.05, 500))
        assert [True] * 5 == [file.exists() for file in files]
        with places.database.writing() as connection:
            run = {"business_date": TODAY, "node": "there", "began_at": NIGHT, "ended_at": NIGHT}
            counts = dict.fromkeys(("purged", "held", "unquarantined", "chain_number"), 0)
            connection.execute(upsert(connection, retention_runs, key=("business_date",), changing=()), run | counts)
    assert 5 == once(places, TODAY, limits=Limits(0.12, 500)).gone[Kind.ORPHANS]
    assert [False] * 5 == [file.exists() for file in files]


def test_a_share_says_nothing_of_a_handful_nor_of_a_fortnight_s_work(places: Places) -> None:
    """Of twenty all may go; and after two weeks without a run so may what is kept for ninety days."""
    for number in range(20):
        a_call(places.database, f"call {number}", NIGHT - days(1200))
    once(places, TODAY, limits=Limits(0.05, 500))
    assert [] == left(places.database, Kind.CALLS)
    for number in range(90):
        a_call(places.database, f"day {number}", NIGHT - days(13 + number))
    once(places, TODAY + days(1), limits=Limits(0.05, 500))
    assert 77 == len(left(places.database, Kind.CALLBACKS))


def test_a_file_in_the_quarantine_that_cannot_be_destroyed_is_named_and_the_rest_goes(places: Places) -> None:
    """It stays quarantined by its row, and the next day's run ends it."""
    stuck, goes = put_aside(places, 1, TODAY - days(1)), put_aside(places, 2, TODAY - days(1))
    a_call(places.database, "over", NIGHT - days(1200))
    file = sorted(places.home.quarantine.glob(f"{stuck}*"))[0]
    file.unlink()
    (file / "in the way").mkdir(parents=True)
    run = once(places, TODAY).run
    assert ((str(file),), 1, False) == (tuple(str(one.path) for one in run.stuck), run.unquarantined, run.was_done)
    assert [(True, 1), (False, 0)] == [quarantined(places, id) for id in (stuck, goes)]
    assert [] == left(places.database, Kind.CALLS)
    (file / "in the way").rmdir()
    file.rmdir()
    run = once(places, TODAY + days(1)).run
    assert (((), 1), (False, 0)) == ((run.stuck, run.unquarantined), quarantined(places, stuck))


def test_each_machine_destroys_its_own_nameless_files(places: Places) -> None:
    """Where another has run for the day, too; they are counted with it."""
    once(places, TODAY)
    file = lies(places.spool / "a.wav", NIGHT - days(90))
    done = once(places, TODAY)
    assert (True, {Kind.ORPHANS: 1}, False) == (done.run.was_done, done.gone, file.exists())
    lies(file, NIGHT - days(91)).write_bytes(b"another")
    lies(file, NIGHT - days(91))
    with runs.alone(places.database), pytest.raises(Busy):
        once(places, TODAY + days(1))
    assert not file.exists()


def test_a_new_last_day_is_what_the_same_run_goes_by(places: Places) -> None:
    """A decision that a killed process did not carry out is carried out first."""
    keep(places, a_recording(1, NIGHT - days(500)))
    with places.database.writing() as connection:
        decided = Decision(Kind.CONSULTANT_CALL, parse_term("1 year"), NIGHT, "anna", "a new law", also_kept=True)
        decisions.decide(connection, decided)
    seen: list[Step] = []
    done = once(places, TODAY, watch=lambda step, number: seen.append(step))
    assert (1, Step.LAST_DAYS_GIVEN) == (done.run.purged, seen[0])
    with places.database.reading() as connection:
        assert {} == ledger.counted(connection, TODAY)
