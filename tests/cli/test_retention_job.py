"""`retention_job.py`: what it destroys, what it refuses, and how it says so."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.triggers.cron import CronTrigger
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import retention_job
from centrala.context import SERVICE_ZONE
from centrala.settings import Retention
from recordings import runs, tombstones
from recordings.overview import Status, entries
from storage.installation import open_installation
from tests.cli.keeping import JOB, environment, job, opened, table
from tests.cli.terminal import Terminal
from tests.recordings.kept import DUE, ENDED, a_recording, id_of, keep, left_of, put_aside, quarantined, whole

DAY = timedelta(days=1)
NIGHT = f"{DUE}T03:30"
EVERYTHING = ("--allow-share", "1")


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """The job makes what it writes private; the tests that follow in this process are not its own."""
    umask = os.umask(0o022)
    yield
    os.umask(umask)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation with a recording that is due and one that has a day left."""
    folder = tmp_path / "home"
    with opened(folder) as places:
        keep(places, a_recording(1), a_recording(2, ENDED + DAY))
    return folder


def left(home: Path, number: int) -> list[str]:
    """What there is of a recording."""
    with opened(home) as places:
        return left_of(places, id_of(number))


@pytest.mark.parametrize("name", ["centrala.db", "keys/recording-keys.db"])
def test_a_locked_database_is_told_and_the_next_run_goes_on(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """By somebody who writes for longer than anybody waits: nothing is lost, and nothing done twice."""
    monkeypatch.setattr("storage.database.SQLITE_BUSY_SECONDS", 0.1)
    monkeypatch.setenv("CENTRALA_HOME", str(home))
    with closing(sqlite3.connect(home / name, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = CliRunner().invoke(retention_job.main, ["--once", "--now", NIGHT, *EVERYTHING])
        (told,) = done.stderr.splitlines()
        assert (2, True) == (done.exit_code, f"/{name}" in told and told.endswith("database is locked")), told
    # Whether or not it was decided by then.
    assert whole(id_of(1))[1:] == left(home, 1)[1:]
    second = job(home, "--once", "--now", NIGHT, *EVERYTHING)
    assert (0, "1", "1") == (second.returncode, *(table(second)[name] for name in ("destroyed", "tombstones")))
    assert [] == left(home, 1)


def contents(home: Path) -> dict[str, bytes]:
    """Every file of an installation."""
    return {str(path.relative_to(home)): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


def test_a_run_destroys_what_is_due(home: Path) -> None:
    """And ends with a table; the same night again there is nothing to do."""
    done = job(home, "--once", "--now", NIGHT, *EVERYTHING)
    assert (0, "") == (done.returncode, done.stderr)
    told = table(done)
    assert (str(DUE), "1", "0", "1", "ended") == tuple(
        told[name] for name in ("day", "destroyed", "held", "tombstones", "run")
    )
    assert ([], whole(id_of(2))) == (left(home, 1), left(home, 2))
    with opened(home) as places, places.database.reading() as connection:
        stone = tombstones.find(connection, id_of(1))
    # The day was given; the record says when it was really done.
    assert stone is not None
    assert abs(datetime.now(UTC) - stone.purged_at) < DAY
    again = job(home, "--once", "--now", NIGHT, *EVERYTHING)
    assert (0, "had ended before; what was decided since is done") == (again.returncode, table(again)["run"])


def test_whoever_watches_sees_how_far_it_is(home: Path) -> None:
    """On a terminal; what is printed last is the table."""
    terminal = Terminal([*JOB, "--once", "--now", NIGHT, *EVERYTHING], environment(home))
    terminal.wait_for("destroying")
    screen, code = terminal.finish()
    assert (0, True, True) == (code, "100%" in screen, screen.rstrip().endswith("ended"))


def test_a_dry_run_writes_nothing_at_all(home: Path) -> None:
    """No byte of any file; it tells what a run would do."""
    before = contents(home)
    done = job(home, "--once", "--dry-run", "--now", NIGHT, *EVERYTHING)
    told = table(done)
    assert (0, "1", "1", "2") == (done.returncode, told["due"], told["consultant_call: 3 years"], told["recordings"])
    assert before == contents(home)


def test_what_has_lain_in_the_quarantine_for_its_time_goes(home: Path) -> None:
    """It is counted, foreseen, and listed no longer; what has a day left stays."""
    with opened(home) as places:
        over, stays = put_aside(places, 2001, DUE - DAY), put_aside(places, 2002, DUE)
    foreseen = job(home, "--once", "--dry-run", "--now", NIGHT, *EVERYTHING)
    done = job(home, "--once", "--now", NIGHT, *EVERYTHING)
    again = job(home, "--once", "--now", NIGHT, *EVERYTHING)
    assert ["1", "1", "1"] == [table(one)["quarantine ended"] for one in (foreseen, done, again)]
    with opened(home) as places, places.database.reading() as connection:
        assert [(False, 0), (True, 2)] == [quarantined(places, id) for id in (over, stays)]
        listed = [one.id for one in entries(connection, DUE) if one.status is Status.QUARANTINED]
    assert [stays] == listed


def test_a_dry_run_makes_no_installation(tmp_path: Path) -> None:
    """Where there is none it says so, and there is none afterwards."""
    done = job(tmp_path / "none", "--once", "--dry-run")
    assert (2, True) == (done.returncode, "there is no database" in done.stderr)
    assert not (tmp_path / "none").exists()


def test_where_no_recording_ever_was_there_is_nothing_to_do(tmp_path: Path) -> None:
    """Neither keys nor an archive are needed for that."""
    done = job(tmp_path / "new", "--once")
    assert (0, "0") == (done.returncode, table(done)["destroyed"])


def test_too_many_at_once_stop_it_with_1(home: Path) -> None:
    """A dry run as well; both say how much, and nothing was decided."""
    for words in (("--once",), ("--once", "--dry-run")):
        done = job(home, *words, "--now", NIGHT)
        assert (1, 1) == (done.returncode, len(done.stderr.splitlines()))
        assert done.stderr.startswith("centrala: 1 of 2 recordings are due, 50 % of all")
    assert whole(id_of(1)) == left(home, 1)


def test_a_clock_that_was_set_back_stops_it_with_3(home: Path) -> None:
    """A dry run as well."""
    assert 0 == job(home, "--once", "--now", f"{DUE + DAY}T03:30", *EVERYTHING).returncode
    for words in (("--once",), ("--once", "--dry-run")):
        done = job(home, *words, "--now", NIGHT)
        assert (3, True) == (done.returncode, "the clock was set back" in done.stderr)


def test_while_another_runs_it_ends_with_75(home: Path) -> None:
    """As cron and systemd know it: try again later."""
    with opened(home) as places, runs.alone(places.database):
        done = job(home, "--once", "--now", NIGHT, *EVERYTHING)
    assert (75, "centrala: another process runs the job now\n") == (done.returncode, done.stderr)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--once", "--now", "yesterday"), '"yesterday" is not a time'),
        (("--once", "--now", "9999-01-01"), "9999 is out of reach"),
        (("--once", "--now", "2026-11-25T25:00"), "is not a time"),
        (("--once", "--allow-share", "0"), "0.0 is not in the range"),
        (("--once", "--allow-share", "5"), "5.0 is not in the range"),
        (("--dry-run",), "need --once"),
        (("--now", NIGHT), "need --once"),
        (("--often",), "No such option"),
    ],
)
def test_wrong_words_end_it_with_2(words: tuple[str, ...], told: str) -> None:
    """With what is wrong about them."""
    done = CliRunner().invoke(retention_job.main, words)
    assert (2, True) == (done.exit_code, told in done.stderr), done.stderr


def test_a_share_that_is_no_number_allows_nothing(home: Path) -> None:
    """NaN is a number to Python."""
    assert 1 == job(home, "--once", "--now", NIGHT, "--allow-share", "nan").returncode
    assert whole(id_of(1)) == left(home, 1)


def test_a_home_that_cannot_be_is_told(tmp_path: Path) -> None:
    """In a line, with exit code 2."""
    (tmp_path / "file").write_text("in the way")
    for words in (("--once",), (), ("--once", "--dry-run")):
        done = job(tmp_path / "file" / "home", *words)
        assert (2, 1) == (done.returncode, len(done.stderr.splitlines()))


def test_missing_keys_are_not_taken_for_destroyed_ones(home: Path) -> None:
    """Their database is missing, or lies elsewhere: nothing is destroyed, nothing is made in its place."""
    keys = home / "keys" / "recording-keys.db"
    keys.rename(home / "keys.db")
    done = job(home, "--once", "--now", NIGHT, *EVERYTHING)
    assert (2, True) == (done.returncode, "recordings' keys are missing" in done.stderr)
    looked = job(home, "--once", "--dry-run", "--now", NIGHT, *EVERYTHING)
    assert (2, done.stderr) == (looked.returncode, looked.stderr)
    assert not keys.exists()
    named = job(home, "--once", "--now", NIGHT, *EVERYTHING, CENTRALA_KEYS_URL=f"sqlite:///{home / 'keys.db'}")
    assert (0, "1") == (named.returncode, table(named)["destroyed"])


def test_what_can_be_heard_no_more_goes_all_the_same(home: Path) -> None:
    """Where the keys that wrap are lost: nothing is unwrapped to be destroyed, and none is made."""
    wrapping = home / "secrets" / "recording-keys"
    wrapping.rename(home / "lost")
    done = job(home, "--once", "--now", NIGHT, *EVERYTHING)
    assert (0, "1", False) == (done.returncode, table(done)["destroyed"], wrapping.exists())


@pytest.mark.parametrize(
    "address", ["nonsense", "sqlite:////nowhere/at/all/keys.db", "postgresql://a:geheim@127.0.0.1:1/k"]
)
def test_keys_that_cannot_be_reached_are_told(home: Path, address: str) -> None:
    """Without a password, and with nothing done."""
    done = job(home, "--once", "--now", NIGHT, *EVERYTHING, CENTRALA_KEYS_URL=address)
    assert (2, 1, False) == (done.returncode, len(done.stderr.splitlines()), "geheim" in done.stderr)
    assert whole(id_of(1)) == left(home, 1)


def test_a_file_that_cannot_be_destroyed_is_told(home: Path) -> None:
    """By its name; once it is mended the next run goes on, on the same day."""
    with opened(home) as places:
        file = places.archive.path(id_of(1))
    file.unlink()
    (file / "in the way").mkdir(parents=True)
    done = job(home, "--once", "--now", NIGHT, *EVERYTHING)
    assert (2, 1, True) == (done.returncode, len(done.stderr.splitlines()), str(file) in done.stderr)
    (file / "in the way").rmdir()
    file.rmdir()
    assert (0, "1") == ((done := job(home, "--once", "--now", NIGHT, *EVERYTHING)).returncode, table(done)["destroyed"])


@pytest.mark.parametrize("year", range(2020, 2029))
def test_around_every_new_year_nothing_goes_early_and_nothing_late(tmp_path: Path, year: int) -> None:
    """What ended in the last second of a year is kept through 31 December; in the next second through 1 January."""
    home, last = tmp_path / "home", datetime(year, 12, 31, 23, 59, 59, tzinfo=SERVICE_ZONE)
    with opened(home) as places:
        keep(places, a_recording(1, last), a_recording(2, last + timedelta(seconds=1)))
    nights = (
        f"{year + 3}-12-31T23:59:59",
        f"{year + 4}-01-01T00:00",
        f"{year + 4}-01-01T23:59:59",
        f"{year + 4}-01-02T00:00",
    )
    gone = []
    for night in nights:
        _run_at(home, night)
        gone.append([number for number in (1, 2) if not left(home, number)])
    assert [[], [1], [1], [1, 2]] == gone


def _run_at(home: Path, moment: str) -> None:
    done = CliRunner(env=environment(home)).invoke(retention_job.main, ["--once", "--now", moment, *EVERYTHING])
    assert 0 == done.exit_code, done.output


def test_a_leap_day_is_kept_through_the_last_of_february(tmp_path: Path) -> None:
    """And goes on the first of March."""
    home = tmp_path / "home"
    with opened(home) as places:
        keep(places, a_recording(1, datetime(2024, 2, 29, 12, tzinfo=SERVICE_ZONE)))
    _run_at(home, "2027-02-28T23:59:59")
    assert whole(id_of(1)) == left(home, 1)
    _run_at(home, "2027-03-01T00:00")
    assert [] == left(home, 1)


@given(
    st.times().map(lambda time: f"{time:%H:%M}").filter(lambda text: text >= "03:00"),
    st.integers(2026, 2035),
)
def test_each_day_has_one_night(at: str, year: int) -> None:
    """Whatever the clocks do: around both changes of a year the job fires once for each day."""
    trigger = retention_job.nightly(Retention(at=at))
    for month in (3, 10):
        first, last = (datetime(year, month, day, tzinfo=SERVICE_ZONE) for day in (24, 31))
        fired = list(_nights(trigger, first, last))
        assert [date(year, month, day) for day in range(24, 31)] == fired


def _nights(trigger: CronTrigger, first: datetime, last: datetime) -> Iterator[date]:
    before, moment = None, trigger.get_next_fire_time(None, first)
    while moment < last:
        yield moment.date()
        before, moment = moment, trigger.get_next_fire_time(moment, moment + timedelta(microseconds=1))
        assert before < moment


def test_it_stays_and_catches_up_at_its_start(tmp_path: Path) -> None:
    """What became due while nothing ran goes at once; SIGTERM ends it in order."""
    home = tmp_path / "home"
    with opened(home) as places:
        long_ago = a_recording(1, ENDED - 900 * DAY)
        keep(places, long_ago, *(a_recording(number, ENDED + 9000 * DAY) for number in range(2, 25)))
    process = subprocess.Popen(JOB, env=environment(home), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        events = (json.loads(line) for line in process.stderr)
        run = next(event for event in events if event["event"] == "the retention job has run")
        assert ("1", []) == (run["destroyed"], left(home, 1))
    finally:
        process.send_signal(signal.SIGTERM)
    assert 0 == process.wait(60)


def test_the_database_is_told_to_be_older(home: Path) -> None:
    """A dry run migrates nothing."""
    installation = open_installation(environment(home))
    with installation.database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0013'")
    installation.database.close()
    done = job(home, "--once", "--dry-run")
    assert (2, True) == (done.returncode, "made by another version (schema 0013)" in done.stderr)
