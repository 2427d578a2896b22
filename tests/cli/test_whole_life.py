"""A recording's whole life: taken in, kept for three years, destroyed, and proven to be gone, whatever dies."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import pytest

from recordings.identity import id_of, of_call
from recordings.intake import Step
from storage.installation import open_installation
from tests.cli.conftest import Run, lines
from tests.cli.keeping import job, table
from tests.recordings.places import CALL, Place, place
from tests.recordings.processes import ended, killed_taking_in, run_and_die, started

LAST_DAY = date(2029, 11, 28)
DAY = timedelta(days=1)
STEPS = (0, *Step)


@pytest.fixture
def here(run: Run, keys: dict[str, str], tmp_path: Path) -> Iterator[Place]:
    """The installation of the commands."""
    with closing((opened := open_installation({"CENTRALA_HOME": str(tmp_path / "home")})).database):
        yield place(opened)


def take_in(run: Run) -> dict[str, int]:
    """What `recordings intake` has done."""
    done = run("recordings", "intake", "--json")
    assert 0 == done.exit_code, done.stderr
    return dict(json.loads(done.stdout))


def destroyed(here: Place, day: date, keys: dict[str, str]) -> str:
    """How many the job has destroyed on a day."""
    done = job(here.home.path, "--once", "--now", f"{day}T03:30", "--allow-share", "1", **keys)
    assert 0 == done.returncode, done.stderr
    return table(done)["destroyed"]


def proves(run: Run, id: str) -> bool:
    """Whether there is a certificate of deletion."""
    proof = run("recordings", "prove", id)
    assert proof.exit_code == (0 if proof.stdout.startswith("CERTIFICATE OF DELETION") else 1)
    return not proof.exit_code


def test_a_recording_is_kept_for_three_years_and_no_day_longer(here: Place, run: Run, keys: dict[str, str]) -> None:
    """Then it is proven to be gone, and does not come back: not even where its plain files do."""
    id = id_of(of_call(CALL, 4))
    here.records()
    assert {"taken_in": 1} == take_in(run)
    assert ("0", False) == (destroyed(here, LAST_DAY, keys), proves(run, id))
    assert ("1", True) == (destroyed(here, LAST_DAY + DAY, keys), proves(run, id))
    assert {"taken_in": 0} == take_in(run)
    here.records(consent=None)
    assert {"taken_in": 0, "destroyed": 1} == take_in(run)
    assert ([], [], True) == (here.plain, here.sealed, proves(run, id))
    assert ["purged"] == [told["status"] for told in lines(run("recordings", "list", "--json"))]


def test_killed_anywhere_on_the_way_it_ends_so(here: Place, run: Run, keys: dict[str, str]) -> None:
    """The intake is killed at each of its steps in turn, the job at its first, its second ... until one lives."""
    code, url = -signal.SIGKILL, here.home.database_url
    for moment in count(1):
        id, day = id_of(of_call(CALL, moment)), LAST_DAY + moment * DAY
        # Consent goes with the last recording that it was for, so that it is given anew.
        here.records(seq=moment)
        killed_taking_in({"CENTRALA_HOME": str(here.home.path)}, STEPS[moment % len(STEPS)])
        take_in(run)
        code = ended(started(run_and_die, url, here.home.path, day, moment))
        destroyed(here, day, keys)
        assert (True, {"taken_in": 0}, []) == (proves(run, id), take_in(run), here.plain)
        if not code:
            break
    assert moment > len(STEPS)
